import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "../../../../lib/base/errors.ts";
import { openListener } from "../../../../lib/rpc/server/listener/open_listener.ts";
import { TemporaryDirectory } from "../../../support/temporary_directory.ts";
import { Serving } from "../../serve.ts";

/** These tests are about Unix. */
const ignore = Deno.build.os === "windows";

/** A directory, and a place for a socket in it. */
function place() {
  const directory = new TemporaryDirectory();
  const path = directory.file("serf.sock");
  return { directory, path, address: `unix:${path}` };
}

async function serve(address: string): Promise<Serving> {
  return new Serving("", { listener: await openListener(address) });
}

function names(directory: TemporaryDirectory): string[] {
  return Array.from(Deno.readDirSync(directory.path), ({ name }) => name);
}

Deno.test("a unix socket serves its owner alone, and is gone afterwards", { ignore }, async () => {
  const { directory, path, address } = place();
  using _ = directory;
  {
    await using serving = await serve(address);
    assertEquals(names(directory), ["serf.sock"]);
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    await using client = await serving.connect();
    assertEquals((await client.members()).length, 1);
    await using events = await client.events();
    const payload = new Uint8Array(500_000);
    await client.userEvent("large", payload).catch(() => {});
    await events.close();
    assertEquals(serving.server.address, address);
    assertEquals(serving.logged[0], `[INFO] agent.ipc: Accepted client: ${address}`);
    assertEquals(Deno.inspect(client), `RpcClient { address: "${address}", closed: false }`);
  }
  assertEquals(names(directory), []);
});

Deno.test("nobody can connect before the mode of the socket is set", { ignore }, async () => {
  const { directory, path, address } = place();
  using _ = directory;
  const { chmodSync } = Deno;
  const modes: (string | undefined)[] = [];
  try {
    Deno.chmodSync = (file, mode) => {
      const folder = String(file).slice(0, String(file).lastIndexOf("/"));
      modes.push((Deno.statSync(folder).mode ?? 0).toString(8).slice(-3));
      assertEquals(names(directory).includes("serf.sock"), false);
      chmodSync(file, mode);
    };
    (await openListener(address)).close();
  } finally {
    Deno.chmodSync = chmodSync;
  }
  assertEquals(modes, ["700"]);
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
});

Deno.test("a socket that nobody listens on is replaced", { ignore }, async () => {
  const { directory, path, address } = place();
  using _ = directory;
  // Deno removes the file of a socket that it closes.
  const old = Deno.listen({ transport: "unix", path: `${path}.old` });
  Deno.renameSync(`${path}.old`, path);
  old.close();
  assertEquals(names(directory), ["serf.sock"]);
  await using serving = await serve(address);
  await using client = await serving.connect();
  assertEquals((await client.members()).length, 1);
});

Deno.test("whatever else is there is left alone and named", { ignore }, async () => {
  const { directory, path, address } = place();
  using _ = directory;
  {
    await using serving = await serve(address);
    const error = await assertRejects(() => openListener(address), Error);
    assertEquals(error.message, `listen unix ${path}: bind: address already in use`);
    await using client = await serving.connect();
    assertEquals((await client.members()).length, 1);
  }
  directory.write({ "serf.sock": "precious" });
  const error = await assertRejects(() => openListener(address), Error);
  assertEquals(error.message, `listen unix ${path}: bind: the file exists and is not a socket`);
  assertEquals(Deno.readTextFileSync(path), "precious");
  const nowhere = directory.file("no/serf.sock");
  assertEquals(
    (await assertRejects(() => openListener(`unix:${nowhere}`), Error)).message,
    `listen unix ${nowhere}: bind: no such file or directory`,
  );
  const long = directory.file("x".repeat(120));
  assertEquals(
    (await assertRejects(() => openListener(`unix:${long}`), Error)).message,
    `listen unix ${long}: bind: path must be shorter than SUN_LEN`,
  );
  assertEquals(names(directory), ["serf.sock"]);
});

Deno.test(
  "a socket that has taken the place of another is not removed with it",
  { ignore },
  async () => {
    const { directory, path, address } = place();
    using _ = directory;
    const first = await openListener(address);
    Deno.removeSync(path);
    await using serving = await serve(address);
    first.close();
    await using client = await serving.connect();
    assertEquals((await client.members()).length, 1);
  },
);

Deno.test("a client of a socket that nobody listens on is told", { ignore }, async () => {
  const { directory, path, address } = place();
  using _ = directory;
  await using serving = await serve(address);
  Deno.renameSync(path, directory.file("moved.sock"));
  await serving.server.close();
  const moved = `unix:${directory.file("moved.sock")}`;
  const error = await assertRejects(() => serving.connect({ address: moved }), RpcError);
  assertEquals(
    error.message,
    `dial unix ${directory.file("moved.sock")}: connect: connection refused`,
  );
});
