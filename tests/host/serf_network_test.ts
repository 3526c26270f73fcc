/** Address families, and Deno without its unstable net API. */

import { assertEquals, assertMatch } from "@std/assert";
import { Serf } from "../../lib/host/serf.ts";
import { Address } from "../../lib/base/address.ts";
import { encodePacket } from "../../lib/wire/framing/packet.ts";
import { claimOf } from "../swim/hand_world.ts";
import { LoopbackCluster, nextEvent, statuses } from "./loopback_cluster.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { until } from "../support/until.ts";
import { vacantPort } from "../support/vacant_port.ts";

const hasIpv6 = Deno.networkInterfaces().some(({ address }) => address === "::1");

Deno.test({
  name: "nodes that listen everywhere talk to each other over IPv4 and IPv6",
  ignore: !hasIpv6,
  async fn() {
    await using cluster = new LoopbackCluster();
    const create = (name: string, host: string) => {
      const port = vacantPort();
      return cluster.create(name, { bind: `0.0.0.0:${port}`, advertise: `${host}:${port}` });
    };
    const [v4, v6] = [await create("v4", "127.0.0.1"), await create("v6", "[::1]")];
    assertEquals(v6.address.text, `[::1]:${v6.bindAddress.port}`);
    assertEquals(await v4.join([v6.address.text]), 1);
    assertEquals(await v6.join([v4.address.text]), 1);
    for (const serf of [v4, v6]) {
      const answered = new Set<string>();
      const acks = serf.query("_serf_ping", null, { requestAck: true });
      for await (const { from } of acks) answered.add(from);
      assertEquals([...answered].toSorted(), ["v4", "v6"]);
      assertEquals(statuses(serf), { v4: "alive", v6: "alive" });
    }
    assertEquals(cluster.log.filter((line) => line.includes(" ERR ")), []);
  },
});

Deno.test("a program without the unstable net API uses Node's sockets, and its cluster works", async () => {
  using directory = new TemporaryDirectory();
  const root = new URL("../../", import.meta.url);
  const { unstable, imports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  assertEquals(unstable, ["net"]);
  Deno.writeTextFileSync(directory.file("deno.json"), JSON.stringify({ imports }));
  Deno.writeTextFileSync(
    directory.file("main.ts"),
    `import { Serf } from "${new URL("lib/host/serf.ts", root)}";
    const a = await Serf.create({ name: "a", bind: "127.0.0.1:0" });
    const b = await Serf.create({ name: "b", bind: "127.0.0.2:0" });
    await b.join([a.address.text]);
    const events = a.events();
    b.userEvent("hello");
    for await (const event of events) if (event.type === "user") break;
    await a.shutdown();
    await b.shutdown();
    console.log(typeof Deno.listenDatagram, a.members().length);`,
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", "--no-lock", directory.file("main.ts")],
    cwd: directory.path,
  }).output();
  const text = new TextDecoder();
  assertEquals([text.decode(stdout), code], ["undefined 2\n", 0], text.decode(stderr));
});

Deno.test("a member that no datagram can be sent to is suspected and fails, like one that does not answer", async () => {
  await using cluster = new LoopbackCluster();
  const serf = await cluster.create("a");
  using failures = serf.events({ types: ["member-failed"] });
  // From the loopback interface, the system does not let datagrams out to other networks.
  const address = Address.parse("192.0.2.1", 7946);
  const claim = claimOf("unreachable", { address });
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const packet = encodePacket({ messages: [{ type: "alive", claim }], crc: false }, {
    compress: false,
  });
  const { host: hostname, port } = serf.bindAddress;
  await socket.send(packet, { transport: "udp", hostname, port });
  socket.close();
  const { members: [failed] } = await nextEvent(failures, "member-failed");
  assertEquals(failed.name, "unreachable");
  assertMatch(
    cluster.log.join("\n"),
    /a ERR memberlist: Failed to send UDP packet to 192\.0\.2\.1:7946: write udp: /,
  );
});

Deno.test("a name with a newline does not make a second line of the log", async () => {
  await using cluster = new LoopbackCluster();
  const [a] = await cluster.joined(1, { name: "a" });
  const b = await Serf.create({ name: "x\nforged \x1b[2J", bind: "127.0.0.1:0" });
  await b.join([a.address.text]);
  await until(() =>
    cluster.log.some((line) => line.includes("EventMemberJoin: x\\nforged \\x1b[2J"))
  );
  assertEquals(cluster.log.filter((line) => line.includes("\n")), []);
  await b.shutdown();
});
