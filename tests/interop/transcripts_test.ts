/**
 * Every recorded run of Serf 0.8.2, repeated with our program, and with Serf itself: each says the same, or something else
 * for a listed reason.
 *
 * The runs use Serf's default ports: they happen in a network of their own, or, where there can be none, if nobody else
 * uses these ports. Each program is a process of its own (`transcripts/main.ts`), and all run at once: most of the time
 * they wait, as the recorded ones did.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PrivateNetwork, privateNetworkMissing } from "../support/private_network.ts";
import { missingSerf, SERF_VERSIONS, TABLE_VERSIONS } from "../support/serf_versions.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { ourDifferences } from "./transcripts/differences.ts";
import { NAME_SERVER } from "./transcripts/name_server.ts";
import { recordings } from "./transcripts/recording.ts";
import { scenarios } from "./transcripts/scenarios.ts";
import {
  columnOf,
  type Facts,
  formatVersionTable,
  readVersionTable,
  replaceVersionTable,
} from "./transcripts/version_table.ts";

const subjects = ["ours", ...TABLE_VERSIONS] as const;

/** Whose program repeats the runs. */
type Subject = typeof subjects[number];

/** Why the runs cannot be repeated here, if so. */
function missing(subject: Subject): string | undefined {
  if (Deno.build.os !== "linux") return "the runs are those of Linux";
  if (subject !== "ours" && missingSerf(subject) !== undefined) return missingSerf(subject);
  if (privateNetworkMissing === undefined || portsAreFree()) return undefined;
  return `${privateNetworkMissing}, and somebody uses port 7946 or 7373 here`;
}

function portsAreFree(): boolean {
  try {
    for (const port of [7946, 7373]) Deno.listen({ hostname: "0.0.0.0", port }).close();
    return true;
  } catch {
    return false;
  }
}

/** How the runs with one program went. */
interface Result {
  readonly facts: Facts;
  readonly problems: readonly string[];
}

/** Repeats the runs with one program. */
async function repeat(subject: Subject): Promise<Result> {
  using directory = new TemporaryDirectory();
  directory.write({ "resolv.conf": `nameserver ${NAME_SERVER}\n` });
  await using network = privateNetworkMissing === undefined
    ? await PrivateNetwork.create({ resolvConf: directory.file("resolv.conf") })
    : undefined;
  const main = new URL("transcripts/main.ts", import.meta.url).pathname;
  const [program, ...args] = [
    ...network?.through ?? [],
    Deno.execPath(),
    ...["run", "--allow-all", main, subject, ...Deno.args],
  ];
  const resultFile = directory.file("result.json");
  const command = new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1", TRANSCRIPT_RESULT: resultFile },
    stdin: "null",
  });
  await command.spawn().status;
  return JSON.parse(Deno.readTextFileSync(resultFile));
}

const possible = subjects.filter((subject) => missing(subject) === undefined);

/** Begun by the first test, for all. */
let begun: ReadonlyMap<Subject, Promise<Result>> | undefined;

function runs(): ReadonlyMap<Subject, Promise<Result>> {
  return begun ??= new Map(possible.map((subject) => [subject, repeat(subject)]));
}

for (const subject of ["ours", ...SERF_VERSIONS] as const) {
  const reason = missing(subject);
  Deno.test({
    name: `${subject} does what was recorded of Serf 0.8.2${
      reason === undefined ? "" : ` (skipped: ${reason})`
    }`,
    ignore: reason !== undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const { problems } = await runs().get(subject)!;
      assert(problems.length === 0, `It does something else:\n${problems.join("\n")}`);
    },
  });
}

const readme = new URL("README.md", import.meta.url);
const updates = Deno.env.has("UPDATE_VERSION_TABLE");

Deno.test({
  name: "the table of versions says what the programs do",
  ignore: possible.length === 0 || Deno.args.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const columns = new Map<string, Facts>();
    for (const [subject, run] of runs()) columns.set(subject, (await run).facts);
    const text = Deno.readTextFileSync(readme);
    if (!updates) {
      const table = readVersionTable(text);
      for (const [name, facts] of columns) assertEquals(table.get(name), columnOf(facts), name);
      return;
    }
    assertEquals(
      columns.size,
      subjects.length,
      "All versions of Serf are needed to make the table",
    );
    const order = [...TABLE_VERSIONS, "ours"].map((name) => [name, columns.get(name)!] as const);
    Deno.writeTextFileSync(readme, replaceVersionTable(text, formatVersionTable(new Map(order))));
  },
});

Deno.test("the list of differences tells every reason for which a recorded run differs", () => {
  const [, section = ""] = Deno.readTextFileSync(readme).split("\n## Differences from Serf\n");
  const text = section.split("\n## ")[0].replaceAll(/\s+/g, " ");
  for (const { reason } of ourDifferences) assertStringIncludes(text, reason);
});

Deno.test("every recording is repeated by one scenario", () => {
  const repeated = scenarios.flatMap(({ files }) => files);
  assertEquals(repeated.toSorted(), [...recordings.keys()]);
});
