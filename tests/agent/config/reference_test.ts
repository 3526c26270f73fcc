import { assert, assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import { configOptions } from "../../../lib/agent/config/config.ts";
import { decodeConfig } from "../../../lib/agent/config/decode_config.ts";
import { configSchema, keyReferences } from "../../../lib/agent/config/reference.ts";
import { agentUsage, settingFlags } from "../../../lib/cli/agent/agent_flags.ts";
import { serf } from "../../cli/recorded_io.ts";

const keys = keyReferences(settingFlags);

/** A file with one key. */
function fileWith(key: string, value: unknown): unknown {
  const [first, second] = key.split(".");
  return { [first]: second === undefined ? value : { [second]: value } };
}

function isRead(file: unknown): boolean {
  try {
    decodeConfig(new TextEncoder().encode(JSON.stringify(file)));
    return true;
  } catch {
    return false;
  }
}

Deno.test("every key that files may have is listed, with a meaning", () => {
  const known = Object.values(configOptions).flatMap((option) =>
    "key" in option ? [option.key] : []
  );
  assertEquals(keys.map(({ key }) => key).toSorted(), known.toSorted());
  for (const { key, meaning } of keys) assert(/^[A-Z].*\.$/s.test(meaning), key);
});

Deno.test("the default of every key may stand in a file", () => {
  for (const { key, default: value } of keys) assert(isRead(fileWith(key, value)), key);
});

Deno.test("flags and keys have the same values to choose from", () => {
  for (const { key, choices, flag } of keys) {
    const value = flag === undefined ? undefined : agentUsage.flags[flag].value;
    if (value?.includes("|")) assertEquals(value.split("|"), choices, key);
  }
});

Deno.test("the schema takes what files may have, and nothing else", () => {
  const validate = new Ajv2020().compile(configSchema(keys));
  const values = [
    ...["text", "", "5s", "1h2m3.5s", ".5s", "-1s", "0", "5", "s", "1.s", "1us", "1\u00b5s"],
    ...[0, 1, 7946, -1, true, false, [], ["a"], [1], {}, { a: "b" }, { a: 1 }],
  ];
  for (const { key, choices } of keys) {
    for (const value of choices ?? values) {
      const file = fileWith(key, value);
      assertEquals(validate(file), isRead(file), JSON.stringify(file));
    }
  }
  for (
    const file of [{ node_nam: "x" }, { mdns: { x: 1 } }, [], "x", { enable_compression: true }]
  ) {
    assertEquals(validate(file), isRead(file), JSON.stringify(file));
  }
});

Deno.test("serf help config shows all keys in 80 columns, and their schema", async () => {
  const { stdout, exit } = await serf(["help", "config"]);
  assertEquals(exit, 0);
  for (const { key, type } of keys) assert(stdout.includes(`\n  ${key} (${type})`), key);
  for (const line of stdout.split("\n")) assert(line.length <= 80, line);
  for (const args of [["config", "-format=json"], ["-format=json", "config"]]) {
    const json = await serf(["help", ...args]);
    assertEquals(JSON.parse(json.stdout), configSchema(keys));
  }
});
