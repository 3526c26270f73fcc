/** Serf's command line against our server. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { KeyError } from "../../lib/api/keys.ts";
import { QueryResponse } from "../../lib/api/query.ts";
import { commandLine, interopTest, run } from "../support/program.ts";
import type { SerfVersion } from "../support/serf_versions.ts";
import { member } from "./client/fake_agent.ts";
import { Serving } from "./serve.ts";

/** What `serf COMMAND -rpc-addr=… ARGS` prints and how it ends. */
function commandsOf(version: SerfVersion, { server }: Serving) {
  return async (command: string, ...args: string[]) => {
    const { code, stdout } = await run(version, [
      command,
      `-rpc-addr=${server.address}`,
      ...args,
    ]);
    return { code, stdout };
  };
}

interopTest("serf members lists and filters", async (version) => {
  await using serving = new Serving();
  const serf = commandsOf(version, serving);
  serving.agent.list = [
    member("alpha", { tags: { role: "web" } }),
    member("bravo", { host: "127.0.0.21", status: "failed" }),
  ];
  const bravo = { code: 0, stdout: "bravo  127.0.0.21:7946  failed\n" };
  assertEquals(await serf("members", "-status=failed"), bravo);
  assertEquals(await serf("members", "-name=b.*", "-tag=role="), bravo);
  const detailed = await serf("members", "-tag=role=w.b", "-detailed");
  assertEquals(detailed.stdout.trim().split(/ {2,}/), [
    "alpha",
    "127.0.0.20:7946",
    "alive",
    "role=web",
    "Protocol Version: 5",
    "Available Protocol Range: [2, 5]",
  ]);
  assertEquals(await serf("members", "-name=["), {
    code: 1,
    stdout: "Error retrieving members: client closed\n",
  });
});

interopTest("serf info, event, join, tags, force-leave and leave work", async (version) => {
  await using serving = new Serving();
  const serf = commandsOf(version, serving);
  serving.agent.statistics = { agent: { name: "alpha" }, tags: {}, serf: { members: "1" } };
  assertEquals(await serf("info"), {
    code: 0,
    stdout: "agent:\n\tname = alpha\nserf:\n\tmembers = 1\ntags:\n",
  });
  assertEquals(await serf("event", "deploy", "v1"), {
    code: 0,
    stdout: "Event 'deploy' dispatched! Coalescing enabled: true\n",
  });
  assertEquals(await serf("event", "big", "x".repeat(600)), {
    code: 1,
    stdout:
      "Error sending event: user event exceeds configured limit of 512 bytes before encoding\n",
  });
  assertEquals(await serf("join", "-replay", "127.0.0.21"), {
    code: 0,
    stdout: "Successfully joined cluster by contacting 1 nodes.\n",
  });
  const failed = await serf("join", "127.0.0.29:7999");
  assertEquals(failed.code, 1);
  assertMatch(
    failed.stdout,
    /^Error joining the cluster: 1 error occurred:\n\t\* failed to join 127\.0\.0\.29:7999: .*\n\n\n$/,
  );
  assertEquals(await serf("tags", "-set", "a=1", "-delete", "role"), {
    code: 0,
    stdout: "Successfully updated agent tags\n",
  });
  assertEquals(await serf("force-leave", "-prune", "bravo"), { code: 0, stdout: "" });
  assertEquals(await serf("leave"), { code: 0, stdout: "Graceful leave complete\n" });
  assertEquals(serving.agent.calls, [
    ["event", "deploy", new TextEncoder().encode("v1"), true],
    ["event", "big", new TextEncoder().encode("x".repeat(600)), true],
    ["join", ["127.0.0.21"], true],
    ["join", ["127.0.0.29:7999"], false],
    ["tags", { a: "1" }],
    ["force-leave", "bravo", true],
    ["leave"],
    ["shutdown"],
  ]);
});

interopTest("serf query and reachability receive acks and answers", async (version) => {
  await using serving = new Serving();
  const serf = commandsOf(version, serving);
  serving.agent.queryScript = (records) => {
    records.push({ type: "ack", from: "alpha" });
    const payload = new TextEncoder().encode("1.23\n");
    records.push(new QueryResponse("alpha", payload));
    records.close();
  };
  const query = await serf("query", "-node=alpha", "-timeout=1s", "load", "now");
  assertEquals(query.code, 0);
  // The client prefers neither acks nor answers when both are there.
  assertEquals(query.stdout.split("\n").sort(), [
    "",
    "Ack from 'alpha'",
    "Query 'load' dispatched",
    "Response from 'alpha': 1.23",
    "Total Acks: 1",
    "Total Responses: 1",
  ]);
  const { code, stdout } = await serf("reachability");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Successfully contacted all live nodes");
  assertEquals(await serf("query", "_serf_x"), {
    code: 1,
    stdout: "Error sending query: Queries cannot contain the '_serf_' prefix\n",
  });
});

interopTest("serf keys and rtt work with and without an error", async (version) => {
  await using serving = new Serving();
  const serf = commandsOf(version, serving);
  const result = {
    nodes: 2,
    responses: 2,
    failures: 0,
    messages: new Map(),
    keys: new Map([["a2V5", 2]]),
    primaryKeys: new Map(),
  };
  serving.agent.keyResult = result;
  assertEquals(await serf("keys", "-list"), {
    code: 0,
    stdout: "==> Asking all members for installed keys...\n" +
      "==> Keys gathered, listing cluster keys...\n\na2V5  [2/2]\n",
  });
  const messages = new Map([["bravo", "Requested key is not in the keyring"]]);
  const failure = { ...result, failures: 1, messages };
  serving.agent.keyResult = new KeyError({ ...failure, error: "1/2 nodes reported failure" });
  assertEquals(await serf("keys", "-use=a2V5"), {
    code: 1,
    stdout: "==> Changing primary key on all members...\n" +
      "failed:  bravo  Requested key is not in the keyring\n\n" +
      "Error changing primary key: 1/2 nodes reported failure\n",
  });
  const coordinate = { vec: [0, 0, 0, 0, 0, 0, 0, 0], error: 1.5, adjustment: 0, height: 0.001 };
  serving.agent.coordinates = { alpha: coordinate, bravo: coordinate };
  assertEquals(await serf("rtt", "alpha", "bravo"), {
    code: 0,
    stdout: "Estimated alpha <-> bravo rtt: 2.000 ms\n",
  });
  assertEquals(await serf("rtt", "alpha", "charlie"), {
    code: 1,
    stdout: 'Could not find a coordinate for node "charlie"\n',
  });
});

interopTest("Serf's command line authenticates to our server", async (version) => {
  await using serving = new Serving("s3cret");
  const serf = commandsOf(version, serving);
  const members = (...args: string[]) => serf("members", ...args);
  assertEquals(await members(), {
    code: 1,
    stdout: "Error retrieving members: Authentication required\n",
  });
  assertEquals(await members("-rpc-auth=nope"), {
    code: 1,
    stdout: "Error connecting to Serf agent: Invalid authentication token\n",
  });
  assertEquals(await members("-rpc-auth=s3cret"), {
    code: 0,
    stdout: "alpha  127.0.0.20:7946  alive  role=web\n",
  });
});

interopTest("serf monitor shows the log and events, and ends with the agent", async (version) => {
  await using serving = new Serving();
  serving.log.write("ERR", "agent: something old");
  const address = `-rpc-addr=${serving.server.address}`;
  const { program, args } = commandLine(version, ["monitor", address, "-log-level=err"]);
  const child = new Deno.Command(program, { args, stdin: "null", stdout: "piped" }).spawn();
  let printed = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const before = printed;
    printed += text;
    const shows = (line: string) => printed.includes(line) && !before.includes(line);
    if (shows("[ERR] agent: something old\n")) {
      serving.agent.emit({ type: "member-join", members: [member("alpha")] });
    }
    if (shows('\tEvent: "member-join"\n')) await serving.server.close();
  }
  assertEquals((await child.status).code, 1);
  assertStringIncludes(printed, "Remote side ended the monitor!");
});
