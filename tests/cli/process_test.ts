/** The program in its own process: the modules it loads, the permissions it needs, and how signals end it. */

import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { decodeText } from "../../lib/base/text.ts";
import { commandTable } from "../../lib/cli/command_table.ts";
import { ProcessIo } from "../../lib/cli/process_io.ts";
import { openListener } from "../../lib/rpc/server/listener/open_listener.ts";
import { ScriptedAgent } from "./scripted_agent.ts";
import { runUntil } from "../support/interrupted_process.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

const root = new URL("../../", import.meta.url);

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly isDynamic?: boolean;
  }[];
}

/** Runs Deno in the project's directory. */
async function deno(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** All modules that loading `paths` loads, without lazy imports; the project's own files by their path. */
async function loadedBy(...paths: string[]): Promise<string[]> {
  const { stdout } = await deno("info", "--json", "main.ts");
  const modules: Module[] = JSON.parse(stdout).modules;
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set(paths.map((path) => new URL(path, root).href));
  for (const specifier of found) {
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) found.add(code.specifier);
    }
  }
  return [...found].map((specifier) => specifier.replace(root.href, ""));
}

Deno.test("serf version loads nothing but the command table and its command", async () => {
  assertEquals((await loadedBy("main.ts", "lib/cli/commands/version.ts")).sort(), [
    "lib/base/errors.ts",
    "lib/base/text.ts",
    "lib/cli/command.ts",
    "lib/cli/command_table.ts",
    "lib/cli/commands/version.ts",
    "lib/cli/main.ts",
    "lib/cli/process_io.ts",
    "lib/cli/version.ts",
    "main.ts",
  ]);
});

Deno.test("commands load the RPC client, but no node: module and no part of an agent", async () => {
  const commands = [...commandTable.keys()].filter((name) =>
    !["agent", "replay", "simulate"].includes(name)
  );
  const paths = commands.map((name) => `lib/cli/commands/${name.replace("-", "_")}.ts`);
  const loaded = await loadedBy(...paths);
  assert(loaded.includes("lib/rpc/client/client.ts"));
  assertEquals(loaded.filter((path) => !/^lib\/(base|go|api|wire|rpc|cli)\//.test(path)), [
    "npm:deno-std@1.4.0/cli/parse_args.js",
  ]);
  assertEquals(loaded.filter((path) => path.startsWith("lib/rpc/server")), []);
});

Deno.test("the help of the agent does not load the agent", async () => {
  const loaded = await loadedBy("lib/cli/commands/agent.ts");
  assertLess(loaded.length, 20);
  assertEquals(loaded.filter((path) => /^(node:|lib\/(swim|serf|host)\/)/.test(path)), []);
});

Deno.test("a full pipe that lets nobody wait for room is tried again", async () => {
  const io = new ProcessIo();
  let written = "";
  let tries = 0;
  const take = (bytes: Uint8Array): number => {
    if (tries++ % 2 === 0) throw new Deno.errors.WouldBlock("Resource temporarily unavailable");
    written += decodeText(bytes.subarray(0, 4));
    return Math.min(bytes.length, 4);
  };
  const { write, writeSync } = Deno.stdout;
  Object.assign(Deno.stdout, {
    writeSync: take,
    write: (bytes: Uint8Array) => Promise.try(take, bytes),
  });
  try {
    io.out("members");
    assertEquals(await io.write("stdout", new Uint8Array(3).fill(0x2e)), 3);
  } finally {
    Object.assign(Deno.stdout, { write, writeSync });
  }
  assertEquals([written, tries], ["members\n...", 6]);
});

Deno.test("a command without permissions names the missing ones", async () => {
  const run = (...args: string[]) => deno("run", "--no-prompt", ...args);
  const line = "Missing Deno permissions: start this command with";
  for (
    const [args, flags] of [
      [["main.ts", "members"], "--allow-net --allow-env"],
      [["--allow-net", "main.ts", "members"], "--allow-env"],
      [["--allow-env", "main.ts", "members"], "--allow-net"],
      [["main.ts", "members", "-rpc-addr=127.0.0.1:1", "-rpc-auth="], "--allow-net"],
    ] as const
  ) {
    assertEquals(await run(...args), { code: 1, stdout: `${line} ${flags}\n`, stderr: "" });
  }
  assertEquals((await run("main.ts", "version")).code, 0);
  assertEquals((await run("main.ts", "keygen")).code, 0);
});

Deno.test("the narrowest permissions are enough", async () => {
  await using agent = new ScriptedAgent();
  const permissions = [
    `--allow-net=${agent.address}`,
    "--allow-env=SERF_RPC_ADDR,SERF_RPC_AUTH",
  ];
  const args = ["run", "--no-prompt", ...permissions, "main.ts", "leave"];
  assertEquals(await deno(...args, `-rpc-addr=${agent.address}`), {
    code: 0,
    stdout: "Graceful leave complete\n",
    stderr: "",
  });
});

Deno.test("the narrowest permissions are enough for a unix socket and a token file", async () => {
  using directory = new TemporaryDirectory();
  directory.write({ token: "s3cret\n" });
  const [socket, token] = [directory.file("serf.sock"), directory.file("token")];
  const listener = await openListener(`unix:${socket}`);
  await using agent = new ScriptedAgent({ listener, authKey: "s3cret" });
  const permissions = [
    `--allow-net=unix:${socket}`,
    `--allow-read=${socket},${token}`,
    `--allow-write=${socket}`,
  ];
  const args = ["main.ts", "leave", `-rpc-addr=${agent.address}`, `-rpc-auth-file=${token}`];
  assertEquals(await deno("run", "--no-prompt", ...permissions, ...args), {
    code: 0,
    stdout: "Graceful leave complete\n",
    stderr: "",
  });
  assertEquals(
    (await deno("run", "--no-prompt", ...args)).stdout,
    "Missing Deno permissions: start this command with --allow-net --allow-read --allow-write\n",
  );
});

Deno.test("SIGINT ends a monitor with exit code 0 and a query with 1", async () => {
  await using agent = new ScriptedAgent();
  agent.log.write("INFO", "agent: hello");
  agent.fake.queryScript = () => {};
  const addr = `-rpc-addr=${agent.address}`;
  const act = (child: Deno.ChildProcess) => child.kill("SIGINT");
  const monitor = await runUntil("ours", ["monitor", addr], { cue: "hello\n", act });
  assertEquals([monitor.code, monitor.stderr], [0, ""]);
  const query = await runUntil("ours", ["query", addr, "x"], { cue: "dispatched\n", act });
  assertEquals(query, { code: 1, stdout: "Query 'x' dispatched\n", stderr: "" });
});

Deno.test("SIGINT ends any other command at once", async () => {
  await using agent = new ScriptedAgent();
  const { promise: never, reject } = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  agent.fake.forceLeaving = () => {
    called.resolve();
    return never;
  };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "main.ts", "force-leave", `-rpc-addr=${agent.address}`, "x"],
    cwd: root,
    stdin: "null",
  }).spawn();
  await called.promise;
  child.kill("SIGINT");
  assertEquals((await child.status).signal, "SIGINT");
  reject(new Error("no longer needed"));
});

Deno.test("a closed output pipe ends the command without a stack trace", async () => {
  await using agent = new ScriptedAgent();
  agent.log.write("INFO", "agent: hello");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "main.ts", "monitor", `-rpc-addr=${agent.address}`],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  agent.log.write("INFO", "agent: nobody reads this");
  assertEquals((await child.status).code, 141);
  assertEquals(await new Response(child.stderr).text(), "");
});

Deno.test("arguments that are not UTF-8 are kept where Linux tells them, and refused elsewhere", async () => {
  const run = async (...permissions: string[]) => {
    const script = 'exec "$0" "$@" "-$(printf "caf\\351")"';
    const program = [Deno.execPath(), "run", "--no-prompt", ...permissions, "main.ts", "members"];
    const { code, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", script, ...program],
      cwd: root,
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    return { code, stderr: decodeText(stderr) };
  };
  const refused = await run("--allow-net");
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, 'Cannot read the argument "-caf\ufffd"');
  if (Deno.build.os !== "linux") return;
  const { code, stderr } = await run("--allow-net", "--allow-env", "--allow-run=cat");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "-caf\udce9");
});

Deno.test("a full disk ends a command with one line and 1", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'exec "$@" >/dev/full', "sh", Deno.execPath(), "run", "main.ts", "version"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(
    [code, new TextDecoder().decode(stderr)],
    [1, "Cannot write to standard output: No space left on device (os error 28)\n"],
  );
});
