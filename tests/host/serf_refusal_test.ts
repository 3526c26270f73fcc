import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { JoinError } from "../../lib/base/errors.ts";
import { Serf } from "../../lib/host/serf.ts";
import { profiles } from "../../lib/swim/config.ts";
import { Keyring } from "../../lib/wire/framing/keyring.ts";
import { FAST, LoopbackCluster } from "./loopback_cluster.ts";
import { until } from "../support/until.ts";
import { vacantPort } from "../support/vacant_port.ts";

Deno.test("a join that reaches nobody says why for each address", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  const port = vacantPort();
  const targets = [`127.0.0.1:${port}`, "/127.0.0.1", "127.0.0.1:99999"];
  const error = await assertRejects(() => a.join(targets), JoinError);
  assertEquals(error.failures.map(({ reason }) => reason), [
    `failed to join 127.0.0.1:${port}: dial tcp 127.0.0.1:${port}: connect: connection refused`,
    "failed to resolve /127.0.0.1: empty node name provided",
    'failed to resolve 127.0.0.1:99999: strconv.ParseUint: parsing "99999": value out of range',
  ]);
  assertStringIncludes(error.message, "Cannot join cluster: all 3 addresses failed\n");
  assertEquals(a.members().length, 1);
});

Deno.test("a join rejects when its signal is aborted", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a");
  // Accepts connections, into its backlog, and never says a word.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const signal = AbortSignal.abort(new Error("no time"));
  await assertRejects(
    () => a.join([`127.0.0.1:${silent.addr.port}`], { signal }),
    Error,
    "no time",
  );
  const later = new AbortController();
  const joining = a.join([`127.0.0.1:${silent.addr.port}`], { signal: later.signal });
  later.abort(new Error("lost patience"));
  await assertRejects(() => joining, Error, "lost patience");
});

Deno.test("a join with a silent peer ends with the stream timeout of the profile", async () => {
  await using cluster = new LoopbackCluster();
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const profile = { ...(FAST.profile as object), tcpTimeoutMs: 100 } as typeof FAST.profile;
  const a = await cluster.create("a", { profile });
  const error = await assertRejects(() => a.join([`127.0.0.1:${silent.addr.port}`]), JoinError);
  assertStringIncludes(error.message, "i/o timeout");
});

for (const size of [16, 24, 32]) {
  Deno.test(`a cluster encrypted with a key of ${size} bytes works, and keeps others out`, async () => {
    await using cluster = new LoopbackCluster();
    const encryptKey = crypto.getRandomValues(new Uint8Array(size));
    const [a, b] = await cluster.joined(2, { encryptKey });
    assert(a.encrypted && b.encrypted);
    const events = a.events();
    b.userEvent("secret", "x");
    assertEquals((await events.next()).value?.type, "user");

    const wrongKey = await cluster.create("w", { encryptKey: new Uint8Array(size).fill(7) });
    const refused = await assertRejects(() => wrongKey.join([a.address.text]), JoinError);
    assertEquals(refused.failures.length, 1);
    assertStringIncludes(refused.message, "no installed keys could decrypt the message");
    const open = await cluster.create("o");
    await assertRejects(
      () => open.join([a.address.text]),
      JoinError,
      "encryption is not configured",
    );
    assertEquals(a.members().length, 2);
  });
}

Deno.test("a label keeps clusters apart", async () => {
  await using cluster = new LoopbackCluster();
  const [a] = await cluster.joined(2, { label: "blue" });
  const red = await cluster.create("red", { label: "red" });
  await assertRejects(() => red.join([a.address.text]), JoinError);
  assertEquals([a.members().length, red.members().length], [2, 1]);
});

Deno.test("a label that does not fit its header is refused at the start", async () => {
  const bind = "127.0.0.1:0";
  await assertRejects(
    () => Serf.create({ name: "a", bind, label: "é".repeat(128) }),
    RangeError,
    "expected at most 255 bytes",
  );
  await using _longest = await Serf.create({ name: "a", bind, label: "x".repeat(255) });
});

Deno.test("a port in use is reported with memberlist's message", async () => {
  await using cluster = new LoopbackCluster();
  const a = await cluster.create("a", { bind: "127.0.0.1:0" });
  const { port } = a.bindAddress;
  const error = await assertRejects(
    () => Serf.create({ name: "b", bind: `127.0.0.1:${port}` }),
    Error,
  );
  assertEquals(
    error.message,
    "Failed to create memberlist: could not set up network transport: failed to obtain an address: " +
      `failed to start TCP listener on "127.0.0.1" port ${port}: listen tcp 127.0.0.1:${port}: ` +
      "bind: address already in use",
  );
  assertInstanceOf(error.cause, Deno.errors.AddrInUse);
});

Deno.test("a port in use for UDP only is reported too, and the TCP listener is closed", async () => {
  // One that the system chooses for UDP may be taken for TCP.
  const port = vacantPort();
  const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port });
  await assertRejects(
    () => Serf.create({ name: "b", bind: `127.0.0.1:${port}` }),
    Error,
    `failed to start UDP listener on "127.0.0.1" port ${port}: listen udp 127.0.0.1:${port}: ` +
      "bind: address already in use",
  );
  udp.close();
  await using serf = await Serf.create({ name: "b", bind: `127.0.0.1:${port}` });
  assertEquals(serf.bindAddress.port, port);
});

Deno.test("an address that the machine does not have cannot be bound", async () => {
  await assertRejects(
    () => Serf.create({ name: "b", bind: "198.51.100.7:7946" }),
    Error,
    "bind: cannot assign requested address",
  );
});

Deno.test("options out of range are refused by name", async () => {
  const bind = "127.0.0.1:0";
  const key = new Uint8Array(16);
  const cases = [
    [{ name: "" }, TypeError, 'Cannot use name: got ""'],
    [{ protocol: 1 }, RangeError, "Protocol version '1' too low. Must be in range: [2, 5]"],
    [{ protocol: 6 }, RangeError, "Protocol version '6' too high. Must be in range: [2, 5]"],
    [
      { advanced: { userEventSizeLimit: 9217 } },
      RangeError,
      "user event size limit exceeds limit of 9216 bytes",
    ],
    [{ tags: { x: "y".repeat(600) } }, RangeError, "Encoded length of tags exceeds limit"],
    [{ encryptKey: key.subarray(1) }, RangeError, "key size must be 16, 24 or 32 bytes"],
    [{ encryptKey: key, keyring: new Keyring([key]) }, TypeError, "Cannot use encryptKey"],
    [
      { profile: "moon" as "lan" },
      TypeError,
      'Cannot use profile: got "moon", expected one of lan, wan, local',
    ],
    [
      { profile: { ...profiles.local, probeIntervalMs: 0 } },
      RangeError,
      "Cannot use profile.probeIntervalMs: got 0, expected more than 0",
    ],
    [
      { profile: { ...profiles.local, gossipNodes: "3" as unknown as number } },
      TypeError,
      'Cannot use profile.gossipNodes: got "3", expected a number',
    ],
    [{ bind: "127.0.0.1:port" }, TypeError, "Invalid bind address: address tcp/port: unknown port"],
    [{ advertise: "[::1" }, TypeError, "Invalid advertise address: address [::1: missing ']'"],
    [
      { advanced: { reapIntervalMs: -1 } },
      RangeError,
      "Cannot use advanced.reapIntervalMs: got -1, expected 0 or more",
    ],
    [
      { advanced: { reconnectIntervalMs: 0 } },
      RangeError,
      "reconnectIntervalMs: got 0, expected more than 0",
    ],
    [
      { advanced: { eventBuffer: 0 } },
      RangeError,
      "Cannot use advanced.eventBuffer: got 0, expected more than 0",
    ],
    [
      { advanced: { queryBuffer: 2.5 } },
      RangeError,
      "Cannot use advanced.queryBuffer: got 2.5, expected a whole number",
    ],
    [
      { advanced: { tombstoneTimeoutMs: NaN } },
      RangeError,
      "tombstoneTimeoutMs: got NaN, expected 0 or more",
    ],
    [
      { advanced: { coordinates: 1 as unknown as boolean } },
      TypeError,
      "Cannot use advanced.coordinates: got 1",
    ],
    [
      { advanced: { reconnectTimeoutOverride: 5 as unknown as () => number } },
      TypeError,
      "Cannot use advanced.reconnectTimeoutOverride: got 5, expected a function",
    ],
    [
      { snapshotPath: "/nonexistent/x" },
      Error,
      "Failed to setup snapshot: failed to open snapshot",
    ],
  ] as const;
  for (const [options, kind, message] of cases) {
    await assertRejects(() => Serf.create({ name: "x", bind, ...options }), kind, message);
  }
});

Deno.test("strangers outside the allowed networks are neither heard nor joined nor believed", async () => {
  const profile = "local";
  const allowCidr = ["127.0.0.0/30"];
  await using a = await Serf.create({ name: "a", bind: "127.0.0.1:0", profile, allowCidr });
  await using b = await Serf.create({ name: "b", bind: "127.0.0.2:0", profile });
  await using c = await Serf.create({ name: "c", bind: "127.0.0.9:0", profile });
  await assertRejects(() => a.join([c.address.text]), JoinError, "127.0.0.9 is not allowed");
  // The stream comes from 127.0.0.1, but what it says of 127.0.0.9 is not believed.
  await c.join([a.address.text]);
  assertEquals(a.members().map(({ name }) => name), ["a"]);
  await c.join([b.address.text]);
  await b.join([a.address.text]);
  await until(() => a.members().length === 2 && b.members().length === 3);
  b.userEvent("still here");
  assertEquals(a.members().map(({ name }) => name).sort(), ["a", "b"]);
});

Deno.test("streams from outside the allowed networks are closed", async () => {
  const allowCidr = ["127.0.0.8/29"];
  await using a = await Serf.create({ name: "a", bind: "127.0.0.9:0", allowCidr });
  await using b = await Serf.create({ name: "b", bind: "127.0.0.1:0" });
  await assertRejects(() => b.join([a.address.text]), JoinError);
});

Deno.test("networks that cannot be understood are refused", async () => {
  for (const text of ["10.0.0.0", "10.0.0.0/33", "x/8", "::/129", "10.0.0.0/8/8"]) {
    await assertRejects(
      () => Serf.create({ allowCidr: [text] }),
      TypeError,
      "networks such as 10.0.0.0/8",
    );
  }
});
