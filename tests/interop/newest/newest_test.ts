/**
 * What Serf 0.11.0 and memberlist 0.7.0 do otherwise than the versions before: ours do the same. Agents of ours and of the
 * newest Serf get the same input here, and what they answer and log is compared.
 */

import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { Serf } from "../../../lib/host/serf.ts";
import { decodePacket, encodePacket } from "../../../lib/wire/framing/packet.ts";
import type { Claim, Message } from "../../../lib/wire/messages/messages.ts";
import { decodeSerf, encodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import { QueryFlag, type QueryMessage } from "../../../lib/wire/messages/serf_messages.ts";
import { Address } from "../../../lib/base/address.ts";
import { versions } from "../../swim/hand_world.ts";
import { type Agent, GOSSIP_PORT } from "../../support/agent.ts";
import { localAddress } from "../../support/local_addresses.ts";
import { type Kind, run } from "../../support/program.ts";
import { missingSerf, type SerfVersion } from "../../support/serf_versions.ts";
import { sleep } from "../../support/sleep.ts";
import { until } from "../../support/until.ts";
import { AgentCluster, allSee } from "../agent_cluster.ts";

const NEWEST: SerfVersion = "Serf 0.11.0";
const KINDS: readonly Kind[] = ["ours", NEWEST];
const missing = missingSerf(NEWEST);

/** Registers a test against the newest Serf only. */
function newestTest(name: string, fn: () => Promise<void>): void {
  const suffix = missing === undefined ? NEWEST : `skipped: ${missing}`;
  Deno.test({ name: `${name} (${suffix})`, ignore: missing !== undefined, fn });
}

/** Does some work with an agent of each kind, both at once; the results are in the order of {@link KINDS}. */
async function withBoth<T>(
  args: readonly string[],
  work: (agent: Agent) => Promise<T>,
): Promise<[ours: T, newest: T]> {
  await using cluster = new AgentCluster();
  const plans = KINDS.map((kind) => ({ kind, name: "target", args }));
  const [ours, newest] = await cluster.start(plans);
  return await Promise.all([work(ours), work(newest)]);
}

/** A socket that speaks to an agent without being a member. */
class Stranger implements Disposable {
  readonly address = Address.parse(localAddress(), GOSSIP_PORT);
  /** The answers to queries that have arrived, as `id ack` or `id RESULT MESSAGE` for key requests. */
  readonly answers: string[] = [];
  readonly #socket = Deno.listenDatagram({
    transport: "udp",
    hostname: this.address.host,
    port: this.address.port,
  });

  constructor() {
    this.#listen();
  }

  async say(to: Agent, ...messages: readonly Message[]): Promise<void> {
    const bytes = encodePacket({ messages, crc: false }, { compress: false });
    await this.#socket.send(bytes, { transport: "udp", hostname: to.ip, port: GOSSIP_PORT });
  }

  async ask(to: Agent, changes: Partial<QueryMessage>): Promise<void> {
    const query: QueryMessage = {
      type: "query",
      lTime: 5,
      id: 1,
      address: this.address,
      sourceNode: "stranger",
      filters: null,
      flags: 0,
      relayFactor: 0,
      timeoutNs: 5e9,
      name: "anything",
      payload: null,
      ...changes,
    };
    await this.say(to, { type: "user", body: { bytes: encodeSerf(query) } });
  }

  async #listen(): Promise<void> {
    for await (const [bytes] of this.#socket) {
      for (const message of decodePacket(bytes, { compress: false }).messages) {
        if (message.type !== "user") continue;
        const answer = decodeSerf(message.body.bytes);
        if (answer.type !== "query-response") continue;
        const { id, flags, payload } = answer;
        if (flags & QueryFlag.ack) this.answers.push(`${id} ack`);
        if (payload === null || payload.length === 0) continue;
        const key = decodeSerf(payload);
        if (key.type === "key-response") this.answers.push(`${id} ${key.result} "${key.message}"`);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

newestTest("an empty filter is for nobody, and a key request without a payload fails", async () => {
  const answers = await withBoth([], async (agent) => {
    using stranger = new Stranger();
    const flags = QueryFlag.ack;
    await stranger.ask(agent, { id: 1, flags, filters: [new Uint8Array()] });
    await stranger.ask(agent, { id: 2, name: "_serf_install-key" });
    await stranger.ask(agent, { id: 3, name: "_serf_use-key", payload: new Uint8Array() });
    await stranger.ask(agent, { id: 4, flags });
    await until(() => stranger.answers.length >= 3, { detail: () => agent.output });
    await sleep(200); // in which an answer to the first one would have come
    assertEquals(agent.output.match(/\[ERR\] serf: Invalid key request payload\n/g)?.length, 2);
    return stranger.answers.toSorted();
  });
  const expected = ['2 false ""', '3 false ""', "4 ack"];
  assertEquals(answers, [expected, expected]);
});

newestTest(
  "an encrypted state of more than 60 % of 20 MiB has a warning before it arrives",
  async () => {
    const header = Uint8Array.of(10, 0, 0xc0, 0, 1);
    await withBoth([`-encrypt=${new Uint8Array(16).toBase64()}`], async (agent) => {
      const conn = await Deno.connect({ hostname: agent.ip, port: GOSSIP_PORT });
      await conn.write(header);
      const warning = "Remote node state size is (12582913) limit is (20971520)";
      await agent.printed(`[WARN] memberlist: ${warning}\n`);
      conn.close();
    });
  },
);

newestTest("what cannot be joined or bound is named in the same words", async () => {
  const said = await withBoth(["-log-level=debug"], async (agent) => {
    const targets = ["127.255.0.9:1", "/127.255.0.9", "127.0.0.1:x", "127.0.0.1:", "[::1", ":1"];
    const { stdout } = await agent.cli("ours", "join", ...targets, "127.0.0.1:65536", "");
    await agent.printed(
      "[DEBUG] memberlist: failed to join 127.255.0.9:1: dial tcp 127.255.0.9:1: ",
    );
    await agent.printed(
      "[WARN] memberlist: failed to resolve /127.255.0.9: empty node name provided",
    );
    const taken = [`-bind=${agent.address}`, `-rpc-addr=${agent.rpcAddress}`];
    const again = await run(agent.kind, ["agent", "-node=again", ...taken]);
    return { joined: stdout, ...again, stdout: again.stdout.replaceAll(agent.ip, "IP") };
  });
  const [ours, newest] = said;
  assertMatch(ours.joined, /\* failed to join 127\.255\.0\.9:1: dial tcp 127\.255\.0\.9:1: /);
  assertMatch(
    ours.stdout,
    /: could not set up network transport: .*: failed to start TCP listener on /,
  );
  const hint =
    "Another program uses this address, perhaps another agent; choose another one with -bind.\n";
  assertEquals(ours, { ...newest, stderr: newest.stderr + hint });
});

newestTest("a ping without an answer is a UDP ping in the log", async () => {
  await using cluster = new AgentCluster();
  const args = ["-log-level=debug", "-profile=local"];
  const plans = (["ours", NEWEST, "ours"] as const).map((kind, i) => ({
    kind,
    name: `n${i + 1}`,
    args,
  }));
  const [ours, newest, victim] = await cluster.startJoined(plans);
  // One that is stopped is silent, but does not refuse a stream.
  victim.signal("SIGSTOP");
  for (const agent of [ours, newest]) {
    await agent.printed(/\[INFO\] serf: EventMemberFailed: n3 /);
  }
  const pings = [ours, newest].map(({ output }) =>
    output.match(/\[DEBUG\] memberlist: Failed .*ping: .*/g) ?? []
  );
  const fallback = /Failed fallback TCP ping: timeout \d+s: read tcp \S+->\S+: i\/o timeout\n/;
  for (const { output } of [ours, newest]) assertMatch(output, fallback);
  const line = "[DEBUG] memberlist: Failed UDP ping: n3 (timeout reached)";
  assertEquals(new Set(pings.flat()), new Set([line]));
  victim.signal("SIGCONT");
});

newestTest("who asks a query is known", async () => {
  await using cluster = new AgentCluster();
  const plans = KINDS.map((kind, i) => ({ kind, name: `n${i + 1}` }));
  const agents = await cluster.startJoined(plans);
  const { host } = Address.parse(localAddress(), 0);
  await using serf = await Serf.create({ name: "library", bind: `${host}:${GOSSIP_PORT}` });
  await serf.join([agents[0].address]);
  await allSee(agents, { library: "alive", n1: "alive", n2: "alive" });
  const askers: (string | undefined)[] = [];
  using events = serf.events({ types: ["query"] });
  for (const agent of agents) {
    await agent.cli("ours", "query", "-timeout=1s", "who");
    askers.push((await events.next()).value?.sourceNode);
  }
  assertEquals(askers, ["n1", "n2"]);
});

newestTest("nobody waits for a member that is being pruned", async () => {
  await Promise.all(KINDS.map(async (kind) => {
    await using cluster = new AgentCluster();
    const plans = [{ kind, name: "n1" }, { kind: "ours" as const, name: "n2" }];
    const [agent] = await cluster.startJoined(plans);
    const pruned = agent.cli("ours", "force-leave", "-prune", "n2");
    await until(async () => (await agent.statuses()).n2 === "leaving");
    const start = performance.now();
    assertEquals((await agent.cli("ours", "event", "meanwhile")).code, 0);
    await agent.members();
    assertLess(performance.now() - start, 3_000);
    assertEquals(await agent.statuses(), { n1: "alive", n2: "leaving" });
    assertEquals((await pruned).code, 0);
    await allSee([agent], { n1: "alive" });
  }));
});

newestTest(
  "ours ignore a member with tags of more than 512 bytes, agents of Serf believe in it",
  async () => {
    const seen = await withBoth([], async (agent) => {
      using stranger = new Stranger();
      const { address } = stranger;
      const claimOf = (node: string, size: number): Claim => ({
        node,
        incarnation: 1,
        state: "alive",
        address,
        meta: new Uint8Array(size).fill(0x78),
        versions,
      });
      await stranger.say(agent, { type: "alive", claim: claimOf("larger", 513) });
      await sleep(200); // what is handled last was sent last
      await stranger.say(agent, { type: "alive", claim: claimOf("large", 512) });
      await until(async () => "large" in await agent.statuses());
      const members = await agent.members();
      return members.map(({ name, tags }) => `${name} ${tags.role?.length}`).toSorted();
    });
    assertEquals(seen, [
      ["large 512", "target undefined"],
      ["large 512", "larger 513", "target undefined"],
    ]);
  },
);
