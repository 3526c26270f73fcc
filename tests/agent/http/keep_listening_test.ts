/** A server that stops accepting connections, in a process of its own that has few descriptors. */

import { assertEquals } from "@std/assert";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

const SCRIPT = `
import { createServer } from "node:http";
import { keepListening } from "${new URL(
  "../../../lib/agent/http/keep_listening.ts",
  import.meta.url,
)}";

// What Deno needs for signals it opens late, and panics if there are no descriptors then.
Deno.addSignalListener("SIGUSR2", () => {});
const server = createServer((_, response) => response.end("ok"));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
const lines = [];
const log = (_, text) => lines.push(text);
const watch = Deno.args[0] === "watched"
  ? keepListening(server, { log, intervalMs: 200, acceptMs: 200 })
  : undefined;
const connect = () => Deno.connect({ hostname: "127.0.0.1", port });
const ask = async () => {
  try {
    const init = { signal: AbortSignal.timeout(1_000), headers: { connection: "close" } };
    return await (await fetch("http://127.0.0.1:" + port, init)).text();
  } catch (error) {
    return error.name;
  }
};
const answers = [await ask()];
const files = [];
try {
  for (;;) files.push(Deno.openSync("/dev/null"));
} catch {
  // There are no more descriptors: one is left for the client, and none for the server.
}
files.pop().close();
const client = await connect();
// That the server fails to accept it shows nowhere: it gets many turns of the event loop for that.
for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
client.close();
for (const file of files) file.close();
// A client that was not accepted waits for a second.
for (let tries = 0; tries < 3 && answers[1] !== "ok"; tries++) answers[1] = await ask();
console.log(JSON.stringify({ answers, lines }));
watch?.[Symbol.dispose]();
server.close();
server.closeAllConnections();
Deno.exit();
`;

async function run(mode: "watched" | "unwatched"): Promise<unknown> {
  using directory = new TemporaryDirectory();
  directory.write({ "script.js": SCRIPT });
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: [
      "-c",
      'ulimit -n 60 && exec "$0" run --no-config --no-check --allow-all "$1" "$2"',
      Deno.execPath(),
      directory.file("script.js"),
      mode,
    ],
    stdin: "null",
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test({
  name: "a server for which there was no descriptor listens anew when there are some",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    assertEquals(await run("watched"), {
      answers: ["ok", "ok"],
      lines: ["agent.http: Connections were not accepted, listening anew"],
    });
  },
});

Deno.test({
  name: "Deno's node:http needs that: without it such a server never answers again",
  ignore: Deno.build.os === "windows",
  fn: async () =>
    assertEquals(await run("unwatched"), { answers: ["ok", "TimeoutError"], lines: [] }),
});
