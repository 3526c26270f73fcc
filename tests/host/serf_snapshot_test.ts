import { assert, assertEquals } from "@std/assert";
import { LoopbackCluster } from "./loopback_cluster.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { until } from "../support/until.ts";

Deno.test("a restarted node rejoins its cluster by its snapshot, and skips old events", async () => {
  using directory = new TemporaryDirectory();
  const snapshotPath = directory.file("snapshot");
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  const b = await cluster.create("b", { snapshotPath });
  const { port } = b.bindAddress;
  await b.join([a.address.text]);
  a.userEvent("before");
  await until(() => b.stats().eventTime === 2);
  await b.shutdown();

  const again = await cluster.create("b", { bind: `127.0.0.2:${port}`, snapshotPath });
  const events = again.events();
  await until(() => again.member("a")?.status === "alive" && again.stats().eventTime === 2);
  a.userEvent("after");
  for await (const event of events) {
    if (event.type !== "user") continue;
    assertEquals(event.name, "after");
    break;
  }
  const text = cluster.log.join("\n");
  const known = `previously known node: a: ${a.address}`;
  assert(text.includes(`b INFO serf: Attempting re-join to ${known}`));
  assert(text.includes(`b INFO serf: Re-joined to ${known}`));
});

Deno.test("a node that has left does not rejoin, unless rejoinAfterLeave is set", async () => {
  using directory = new TemporaryDirectory();
  const snapshotPath = directory.file("snapshot");
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  const b = await cluster.create("b", { snapshotPath, rejoinAfterLeave: true });
  const { port } = b.bindAddress;
  await b.join([a.address.text]);
  await until(() => a.member("b")?.status === "alive");
  await b.leave();
  await b.shutdown();
  const snapshot = Deno.readTextFileSync(snapshotPath);

  const bind = `127.0.0.2:${port}`;
  const stayer = await cluster.create("b", { bind, snapshotPath });
  await stayer.shutdown();
  assert(!cluster.log.some((line) => line.includes("re-join")));
  Deno.writeTextFileSync(snapshotPath, snapshot);
  const returner = await cluster.create("b", { bind, snapshotPath, rejoinAfterLeave: true });
  await until(() => returner.member("a")?.status === "alive" && a.member("b")?.status === "alive");
});

Deno.test("a node that reaches none of the members in its snapshot logs that", async () => {
  using directory = new TemporaryDirectory();
  const snapshotPath = directory.file("snapshot");
  Deno.writeTextFileSync(snapshotPath, "alive: x 127.0.0.1:1\nalive: b 127.0.0.1:2\n");
  await using cluster = new LoopbackCluster();
  await cluster.create("b", { snapshotPath });
  const complaint = "b WARN serf: Failed to re-join any previously known node";
  await until(() => cluster.log.includes(complaint));
  assertEquals(cluster.log.filter((line) => line.includes("Attempting re-join")).length, 1);
});

Deno.test("control characters of a snapshot, which may be those of a member's name, are escaped in the log", async () => {
  using directory = new TemporaryDirectory();
  const snapshotPath = directory.file("snapshot");
  Deno.writeTextFileSync(snapshotPath, "alive: x\x1b[2J 127.0.0.1:1\nalive: y\r\nz\x07\n");
  await using cluster = new LoopbackCluster();
  await cluster.create("b", { snapshotPath });
  await until(() => cluster.log.some((line) => line.includes("Failed to re-join")));
  const about = (text: string) => cluster.log.filter((line) => line.includes(text));
  assertEquals(about("Attempting re-join"), [
    "b INFO serf: Attempting re-join to previously known node: x\\x1b[2J: 127.0.0.1:1",
  ]);
  assertEquals(about("snapshot line"), ["b WARN serf: Unrecognized snapshot line: z\\x07"]);
  assertEquals(about("Failed to parse"), ["b WARN serf: Failed to parse address: alive: y\\r"]);
});

Deno.test("a shutdown ends a rejoin without a warning", async () => {
  using directory = new TemporaryDirectory();
  const snapshotPath = directory.file("snapshot");
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  Deno.writeTextFileSync(snapshotPath, `alive: x 127.0.0.1:${silent.addr.port}\n`);
  await using cluster = new LoopbackCluster();
  const b = await cluster.create("b", { snapshotPath });
  await b.shutdown();
  assert(!cluster.log.some((line) => line.includes("Failed to re-join")));
});
