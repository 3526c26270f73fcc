import { assertEquals } from "@std/assert";
import { defaultConfig } from "../../lib/agent/config/config.ts";
import { retryJoin } from "../../lib/agent/retry_join.ts";
import { Address } from "../../lib/base/address.ts";
import { JoinError } from "../../lib/base/errors.ts";

const address = Address.parse("10.0.0.9", 7946);
const config = { ...defaultConfig, retryJoin: ["a", "b"], retryIntervalMs: 5 };
const failure = new JoinError([{ address: "a", reason: "failed to join a: refused" }]);
const failureLines = [
  "[INFO] agent: Joining cluster...(replay: false)",
  "[WARN] agent: Join failed: 1 error occurred:\n\t* failed to join a: refused\n\n, retrying in 5ms",
];

/** Retries joins that fail as often as said and then reach two members. */
async function run(failures: number, retryMaxAttempts: number, controller = new AbortController()) {
  const lines: string[] = [];
  let tries = 0;
  const join = (addresses: readonly string[]) => {
    assertEquals(addresses, ["a", "b"]);
    return ++tries > failures ? Promise.resolve(2) : Promise.reject(failure);
  };
  const log = (level: string, text: string) => {
    lines.push(`[${level}] ${text}`);
  };
  const options = { agent: { address, join }, log, signal: controller.signal };
  const joined = await retryJoin({ ...config, retryMaxAttempts }, options);
  return { joined, lines, tries };
}

Deno.test("a join is retried until it succeeds", async () => {
  const { joined, lines } = await run(2, 0);
  assertEquals(joined, true);
  assertEquals(lines, [
    ...failureLines,
    ...failureLines,
    "[INFO] agent: Joining cluster...(replay: false)",
    "[INFO] agent: Join completed. Synced with 2 initial agents",
  ]);
});

Deno.test("after the first attempt there are as many retries as allowed", async () => {
  const { joined, lines, tries } = await run(9, 2);
  assertEquals([joined, tries], [false, 3]);
  assertEquals(lines.slice(-2), [
    "[INFO] agent: Joining cluster...(replay: false)",
    "[ERR] agent: maximum retry join attempts made, exiting",
  ]);
});

Deno.test("the signal ends the retries at once", async () => {
  const controller = new AbortController();
  const slow = { ...config, retryIntervalMs: 60_000 };
  const join = () => {
    setTimeout(() => controller.abort(), 5);
    return Promise.reject(failure);
  };
  const options = { agent: { address, join }, log: () => {}, signal: controller.signal };
  assertEquals(await retryJoin(slow, options), false);
  assertEquals(await run(9, 0, controller), { joined: false, lines: [], tries: 0 });
});
