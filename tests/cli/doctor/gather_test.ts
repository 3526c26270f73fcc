import { assert, assertEquals } from "@std/assert";
import { membersToExplain, readAnswer } from "../../../lib/cli/doctor/gather/agent_facts.ts";
import { gatherConfigFacts } from "../../../lib/cli/doctor/gather/config_facts.ts";
import { encodePaddedPing } from "../../../lib/cli/doctor/gather/member_prober.ts";
import {
  descriptorLimit,
  holderOf,
  receiveBufferErrors,
  socketsIn,
  splitSections,
} from "../../../lib/cli/doctor/gather/proc_files.ts";
import { KeyringCipher } from "../../../lib/wire/framing/cipher.ts";
import { Keyring } from "../../../lib/wire/framing/keyring.ts";
import { decodePacket } from "../../../lib/wire/framing/packet.ts";
import type { WireOptions } from "../../../lib/wire/framing/wire_options.ts";
import { localAddress } from "../../support/local_addresses.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

Deno.test("a padded ping has its size, and is a ping to whoever decodes it", () => {
  const cipher = new KeyringCipher(new Keyring([new Uint8Array(16).fill(1)]));
  const wires: WireOptions[] = [
    { compress: false },
    { compress: false, cipher },
    { compress: false, label: "blue" },
    { compress: false, label: "blue", cipher },
  ];
  for (const wire of wires) {
    for (const size of [100, 300, 600, 1_400]) {
      const bytes = encodePaddedPing({ sequence: 7, node: "web-1", size }, wire);
      // At a few sizes the header of the padding leaves a gap.
      assert(size - bytes.length >= 0 && size - bytes.length <= 2, `${bytes.length} of ${size}`);
      assertEquals(decodePacket(bytes, wire), {
        messages: [{ type: "ping", sequence: 7, node: "web-1", source: undefined }],
        problems: [],
      });
    }
  }
});

const PROC = `== tcp
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1CCD 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1CCD 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0
== tcp6
  sl  local_address                         remote_address                        st
== udp
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  123: 0201090A:1F0A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4713 2 0 17
== udp6
  sl  local_address                         remote_address                        st
  123: 00000000000000000000000001000000:1F0A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4714 2 0 0
== snmp
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors
Udp: 10 0 3 10 3
== descriptors
/proc/1/fd/:
total 0
lrwx------ 1 root root 64 Nov 28 10:00 0 -> /dev/null
/proc/42/fd/:
total 0
lrwx------ 1 root root 64 Nov 28 10:00 7 -> socket:[4713]
== limits
Limit                     Soft Limit           Hard Limit           Units
Max open files            1024                 524288               files
`;

Deno.test("sockets, their holders and limits are read from /proc", () => {
  const found = splitSections(PROC);
  assertEquals(socketsIn(found), [
    { protocol: "tcp", host: "127.0.0.1", port: 7373, inode: 4711, drops: 0 },
    { protocol: "udp", host: "10.9.1.2", port: 7946, inode: 4713, drops: 17 },
    { protocol: "udp", host: "::1", port: 7946, inode: 4714, drops: 0 },
  ]);
  assertEquals([holderOf(4713, found), holderOf(4711, found)], [42, undefined]);
  assertEquals([receiveBufferErrors(found), descriptorLimit(found)], [3, 1024]);
  assertEquals([receiveBufferErrors(new Map()), descriptorLimit(new Map())], [
    undefined,
    undefined,
  ]);
});

Deno.test("the agent is asked first why those members are in trouble that have failed", () => {
  const udp = { 60: 1, 600: 1, 1400: 1 };
  const of = (member: string, status: string, tcp: true | string = true) => (
    { member, address: "10.0.0.2:7946", status, udp, tcp }
  );
  const probes = [of("a", "alive"), of("b", "left"), of("c", "alive", "EOF"), of("d", "failed")];
  assertEquals(membersToExplain(probes, 20), ["d", "c", "a"]);
  assertEquals(membersToExplain(probes, 2), ["d", "c"]);
});

Deno.test("an answer to a checkup that makes no sense counts as none", () => {
  const read = (text: string) => readAnswer(new TextEncoder().encode(text));
  assertEquals(read('{"time_ms":5,"asker_address":"x:1"}'), { timeMs: 5, address: "x:1" });
  assertEquals(read('{"time_ms":5,"asker_address":7}'), { timeMs: 5, address: undefined });
  for (const wrong of ["", "{", "null", "3", '{"time_ms":"now"}']) {
    assertEquals(read(wrong), undefined, wrong);
  }
  assertEquals(readAnswer(null), undefined);
});

Deno.test("a configuration is tried without leaving anything behind", async () => {
  using directory = new TemporaryDirectory();
  const ip = localAddress();
  using _taken = Deno.listen({ hostname: ip, port: 17373 });
  directory.write({ "snapshot": "alive: x 127.0.0.1:1\n", "keyring": "[]", "not-run.sh": "true" });
  const path = (name: string) => directory.file(name);
  directory.write({
    "config.json": JSON.stringify({
      bind: `${ip}:17946`,
      advertise: "192.0.2.1:7946",
      rpc_addr: `${ip}:17373`,
      snapshot_path: path("snapshot"),
      keyring_file: path("keyring"),
      tags_file: path("none/tags"),
      event_handlers: [path("not-run.sh")],
    }),
  });
  const { facts } = await gatherConfigFacts([`-config-file=${path("config.json")}`]);
  assertEquals(facts.error, undefined);
  assertEquals(facts.ports.map(({ purpose, error }) => [purpose, error]), [
    ["gossip TCP", undefined],
    ["gossip UDP", undefined],
    ["RPC", "in use"],
  ]);
  assertEquals(facts.ports[2].holder?.pid, Deno.build.os === "linux" ? Deno.pid : undefined);
  assertEquals(facts.advertise, "192.0.2.1:7946");
  assertEquals(facts.files.map(({ purpose, exists, error }) => [purpose, exists, error]), [
    ["snapshot", true, undefined],
    ["keyring", true, "Keyring file contains no keys"],
    ["tags", false, `there is no directory ${path("none")}`],
  ]);
  assertEquals([...facts.handlers.values()], [`${path("not-run.sh")}: not executable`]);
  const wrong = await gatherConfigFacts(["-config-file=/nowhere.json"]);
  assertEquals(wrong.config, undefined);
  assert(wrong.facts.error?.startsWith("Error reading '/nowhere.json'"));
});
