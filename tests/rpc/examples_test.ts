/** The examples of the client, which need an agent and so are no tests by themselves. */

import { assert } from "@std/assert";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { Agent } from "../support/agent.ts";
import { until } from "../support/until.ts";

const root = new URL("../../", import.meta.url);

/** The first example of a file that connects to an agent, as a program for an agent at another address. */
function exampleOf(file: string, rpcAddress: string): string {
  const text = Deno.readTextFileSync(new URL(file, root)).replace(/^ \* ?/gm, "");
  const examples = Array.from(text.matchAll(/^```ts ignore\n(.*?)^```$/gms), ([, code]) => code);
  const example = examples.find((code) => code.includes("RpcClient.connect"));
  assert(example !== undefined, `${file} has no example`);
  return example.replace("127.0.0.1:7373", rpcAddress);
}

/** Runs a program until it has printed some texts, one after the other; each is preceded by an act. */
async function runUntilPrinted(
  program: string,
  steps: readonly { act?: () => Promise<unknown>; text: string }[],
): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", `--config=${new URL("deno.json", root).pathname}`, program],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let printed = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) printed += text;
  })();
  try {
    for (const { act, text } of steps) {
      await until(async () => {
        await act?.();
        return printed.includes(text);
      }, { what: `${program} prints ${text}`, detail: () => printed });
    }
  } finally {
    child.kill("SIGKILL");
    await Promise.all([child.status, reading]);
  }
}

for (const file of ["README.md", "lib/rpc/client/client.ts"]) {
  Deno.test(`the client's example in ${file} lists members and hears events`, async () => {
    using directory = new TemporaryDirectory();
    await using agent = await Agent.start("ours", { name: "web-1", args: ["-tag=role=web"] });
    await using control = await agent.rpc();
    const program = directory.file("example.ts");
    Deno.writeTextFileSync(program, exampleOf(file, agent.rpcAddress));
    await runUntilPrinted(program, [
      { text: "web-1" },
      // The program may not have subscribed yet.
      { act: () => control.userEvent("deploy"), text: "user" },
    ]);
  });
}
