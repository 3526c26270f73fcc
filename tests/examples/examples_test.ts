/** The examples as programs; what they do is tested in `tests/runtimes/portable/examples.ts`. */

import { Serf } from "../../mod.ts";
import { localAddress } from "../support/local_addresses.ts";
import { until } from "../support/until.ts";

const EXAMPLES = ["cache", "leader", "service_registry", "web_app", "work_queue"];

Deno.test("each example runs, joins and does something", async () => {
  await using seed = await Serf.create({ name: "seed", bind: `${localAddress()}:0` });
  await using programs = new AsyncDisposableStack();
  await Promise.all(EXAMPLES.map(async (name) => {
    const program = new URL(`${name}.ts`, import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", program, `${localAddress()}:0`, seed.address.text],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let printed = "";
    const readers = [child.stdout, child.stderr].map(async (stream) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) printed += text;
    });
    programs.defer(async () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
      await Promise.all([child.status, ...readers]);
    });
    // Only the member with the lowest name leads.
    const speaks = () => name === "leader" || printed !== "";
    await until(speaks, { what: `${name} prints something`, detail: () => printed });
  }));
  const joined = () => seed.members().filter(({ status }) => status === "alive").length - 1;
  await until(() => joined() === EXAMPLES.length, { detail: () => JSON.stringify(seed.members()) });
});
