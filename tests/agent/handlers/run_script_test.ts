import { assert, assertEquals, assertLess } from "@std/assert";
import { decodeText } from "../../../lib/base/text.ts";
import { runScript, type RunScriptOptions } from "../../../lib/agent/handlers/run_script.ts";

/** Runs a script; the output comes back as text. */
async function run(script: string, stdin = "", options: RunScriptOptions = { waitDelayMs: 5_000 }) {
  const environment = { GREETING: "hello  world" };
  const input = { environment, stdin: new TextEncoder().encode(stdin) };
  const { output, ...rest } = await runScript(script, input, options);
  return { text: new TextDecoder().decode(output), ...rest };
}

Deno.test("a script gets its environment and its input, and its output is returned", async () => {
  const { text, failure, inputProblem } = await run('echo "$GREETING"; cat; echo "$PATH"', "in\n");
  assertEquals(text, `hello  world\nin\n${Deno.env.get("PATH")}\n`);
  assertEquals([failure, inputProblem], [undefined, undefined]);
});

Deno.test("bytes that are not UTF-8 reach a script in its environment and its input", async () => {
  const environment = {
    SERF_SELF_NAME: "caf\udce9 $(id) '\"%s\\\n",
    SERF_TAG_A: "\udcff",
    PLAIN: "é",
  };
  const input = { environment, stdin: Uint8Array.of(0xe9) };
  const script = 'printf %s "$SERF_SELF_NAME|$SERF_TAG_A|$PLAIN|"; cat';
  const { output, failure } = await runScript(script, input, { waitDelayMs: 5_000 });
  assertEquals(decodeText(output), "caf\udce9 $(id) '\"%s\\\n|\udcff|é|\udce9");
  assertEquals(failure, undefined);
});

Deno.test("error output is part of the output, in order", async () => {
  const { text } = await run("echo a; echo b >&2; echo c; echo d >&2");
  assertEquals(text, "a\nb\nc\nd\n");
});

Deno.test("the last 8 KiB of a long output are kept", async () => {
  const { text } = await run("head -c 20000 /dev/zero | tr '\\0' z; printf end");
  assertEquals(text.length, 8_192);
  assertEquals(text.slice(-5), "zzend");
});

Deno.test("an exit status, a missing command and a signal are failures", async () => {
  assertEquals((await run("exit 7")).failure, "exit status 7");
  assertEquals((await run("kill -9 $$")).failure, "signal: killed");
  assertEquals((await run("kill -USR2 $$")).failure, "signal: SIGUSR2");
  assertEquals(await run("no_such_command_x"), {
    text: "/bin/sh: 1: no_such_command_x: not found\n",
    failure: "exit status 127",
    inputProblem: undefined,
  });
});

Deno.test("a script that cannot be started is a failure", async () => {
  const input = { environment: { BAD: "a\0b" }, stdin: new Uint8Array() };
  const { failure, output } = await runScript("true", input, { waitDelayMs: 5_000 });
  assert(failure !== undefined);
  assertEquals(output.length, 0);
});

Deno.test("a script may ignore its input", async () => {
  const { failure, inputProblem } = await run("exec <&-; sleep 0.1", "x".repeat(1_000_000));
  assertEquals(failure, undefined);
  assertEquals(inputProblem, "write |1: broken pipe");
});

Deno.test("a background process that ends in time is waited for", async () => {
  const { text, failure } = await run("{ sleep 0.2; echo child; } & echo parent");
  assertEquals([text, failure], ["parent\nchild\n", undefined]);
});

Deno.test("a background process that keeps the output open is killed after a while", async () => {
  const started = performance.now();
  const { text, failure } = await run("sleep 60 & echo $!", "", { waitDelayMs: 100 });
  assertLess(performance.now() - started, 5_000);
  assertEquals(failure, undefined);
  const deadline = Date.now() + 5_000;
  while (isRunning(Number(text)) && Date.now() < deadline) {
    await new Promise((r) => setTimeout(r, 10));
  }
  assert(!isRunning(Number(text)));
});

Deno.test("a background process that keeps the input open, and does not read, is killed too", async () => {
  const script = "exec 3<&0; sleep 60 <&3 >/dev/null 2>&1 & true";
  const started = performance.now();
  const { failure, inputProblem } = await run(script, "x".repeat(1_000_000), { waitDelayMs: 100 });
  assertLess(performance.now() - started, 5_000);
  assertEquals([failure, inputProblem], [undefined, "write |1: broken pipe"]);
});

Deno.test("a background process that has left its group is not waited for either", async () => {
  const started = performance.now();
  const { text, failure } = await run("setsid sleep 60 & echo $!", "", { waitDelayMs: 100 });
  assertLess(performance.now() - started, 5_000);
  assertEquals(failure, undefined);
  Deno.kill(Number(text), "SIGKILL");
});

/** Whether a process runs; one that only waits to be reaped does not. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
