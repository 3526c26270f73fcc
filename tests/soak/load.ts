/**
 * What a cluster is used for: events, queries, handlers, tags, RPC clients that come and go, and a member that does.
 *
 * @module
 */

import { KeyError, type RpcClient, RpcError } from "../../lib/rpc/client/client.ts";
import type { Random } from "../../lib/sim/random.ts";
import { Agent, RPC_PORT } from "../support/agent.ts";
import type { Host } from "./faulty_network.ts";
import type { WatchedCluster } from "./watched_cluster.ts";

const ENCRYPT = `-encrypt=${btoa("k".repeat(32))}`;

/** Arguments of agents under this load. */
export const LOAD_ARGS: readonly string[] = [
  ENCRYPT,
  "-event-handler=user:handled=cat >/dev/null",
  "-event-handler=query:handled=echo done",
  "-event-handler=member-update=cat >/dev/null",
];

const EVENT_NAMES = 20;
/** With a name and its envelope an event stays below the 512 bytes that an agent accepts. */
const LARGEST_PAYLOAD = 400;
const QUERY_TIMEOUT_MS = 2_000;
const LONGEST_CONNECTION_MS = 20_000;
const VISIT_MS = 20_000;
/** So much of what an agent has printed last is shown when a client of it fails, characters. */
const SHOWN_OUTPUT = 4_000;
/** Longer than anything takes. */
const OVERDUE_MS = 120_000;

/** A client has sent so much of its handshake and stops: a map of two pairs, of which the first is half there. */
const HALF_HEADER = Uint8Array.of(0x82, 0xa7, ...new TextEncoder().encode("Command"), 0xa9, 0x68);

/** Mean pauses. A cluster of seven on two cores is busy to a quarter with this. */
const PAUSES_MS = {
  events: 250,
  handled: 3_000,
  queries: 1_000,
  tags: 5_000,
  keys: 30_000,
  connections: 500,
  visits: 30_000,
};

/** What has been done. */
export type LoadCounts = Record<keyof typeof PAUSES_MS | "answers" | "received", number>;

/** Puts load on a cluster, until it is told to stop. */
export class Load {
  readonly counts: LoadCounts = {
    events: 0,
    handled: 0,
    queries: 0,
    tags: 0,
    keys: 0,
    connections: 0,
    visits: 0,
    answers: 0,
    received: 0,
  };
  readonly #cluster: WatchedCluster;
  readonly #visitorHost: Host;
  readonly #random: Random;

  constructor(cluster: WatchedCluster, visitorHost: Host, random: Random) {
    this.#cluster = cluster;
    this.#visitorHost = visitorHost;
    this.#random = random;
  }

  /** Runs until the signal is given and all that was begun has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const clients = await Promise.all(this.#cluster.members.map(({ agent }) => agent.rpc()));
    const anyClient = () => this.#any(clients);
    await Promise.all([
      this.#repeat("events", signal, () => this.#sendEvent(anyClient())),
      this.#repeat("handled", signal, () => anyClient().userEvent("handled", this.#payload())),
      this.#repeat("queries", signal, () => this.#query(anyClient())),
      this.#repeat("tags", signal, () => this.#changeTags(anyClient())),
      this.#repeat("keys", signal, () => this.#listKeys(anyClient())),
      this.#repeatAtOnce("connections", signal, () => this.#connect(signal)),
      this.#repeat("visits", signal, () => this.#visit(signal)),
    ]);
    await Promise.all(clients.map((client) => client.close()));
  }

  async #repeat(
    what: keyof typeof PAUSES_MS,
    signal: AbortSignal,
    action: () => Promise<void>,
  ): Promise<void> {
    while (!signal.aborted) {
      // What is thrown here is handled by nobody, and so ends the process.
      const overdue = setTimeout(() => {
        throw new Error(`One of the ${what} has not ended after ${OVERDUE_MS} ms`);
      }, OVERDUE_MS);
      try {
        await action();
      } catch (cause) {
        const command = cause instanceof RpcError ? cause.command : "no command";
        throw new Error(`One of the ${what} failed with ${command}`, { cause });
      } finally {
        clearTimeout(overdue);
      }
      this.counts[what]++;
      await pause(this.#random.between(0, 2 * PAUSES_MS[what]), signal);
    }
  }

  /** Does not wait for one action to end before the next begins. */
  async #repeatAtOnce(
    what: keyof typeof PAUSES_MS,
    signal: AbortSignal,
    action: () => Promise<void>,
  ): Promise<void> {
    const running = new Set<Promise<void>>();
    await this.#repeat(what, signal, () => {
      // If it fails, nobody handles that, which ends the process.
      const one: Promise<void> = action().finally(() => running.delete(one));
      running.add(one);
      return Promise.resolve();
    });
    await Promise.all(running);
  }

  async #listKeys(client: RpcClient): Promise<void> {
    try {
      await client.keys.list();
    } catch (error) {
      // Whoever comes or goes at this time does not respond.
      if (!(error instanceof KeyError)) throw error;
    }
  }

  async #sendEvent(client: RpcClient): Promise<void> {
    const name = `event${this.#random.below(EVENT_NAMES)}`;
    await client.userEvent(name, this.#payload(), { coalesce: this.#random.chance(0.3) });
  }

  /** A third of the queries goes to a single member, a third is answered by handlers. */
  async #query(client: RpcClient): Promise<void> {
    const kind = this.#random.below(3);
    const query = await client.query(kind === 0 ? "handled" : "question", this.#payload(), {
      nodes: kind === 1 ? [this.#any(this.#cluster.members).agent.name] : [],
      requestAck: this.#random.chance(0.5),
      relayFactor: this.#random.below(3),
      timeoutMs: QUERY_TIMEOUT_MS,
    });
    for await (const _ of query) this.counts.answers++;
  }

  async #changeTags(client: RpcClient): Promise<void> {
    const tag = `tag${this.#random.below(3)}`;
    if (this.#random.chance(0.3)) await client.updateTags({ delete: [tag] });
    else await client.updateTags({ set: { [tag]: String(this.#random.next()) } });
  }

  /**
   * A client that asks for this and that, stays for a while, and goes, or one that leaves in the middle of a request. Only
   * our agents have such clients: Serf 0.8.2 ends with "send on closed channel" if one that follows events goes when there is
   * an event, which took two minutes here.
   */
  async #connect(signal: AbortSignal): Promise<void> {
    const ours = this.#cluster.members.filter(({ agent: { kind } }) => kind === "our bundle");
    const { agent } = this.#any(ours);
    if (this.#random.chance(0.2)) {
      using connection = await Deno.connect({ hostname: agent.ip, port: RPC_PORT });
      await connection.write(HALF_HEADER);
      return;
    }
    try {
      await using client = await agent.rpc();
      await client.members({ status: "alive" });
      await client.stats();
      await client.coordinate(agent.name);
      if (this.#random.chance(0.5)) this.#read(await client.events());
      if (this.#random.chance(0.3)) this.#read(await client.monitor("DEBUG"));
      await pause(this.#random.between(0, LONGEST_CONNECTION_MS), signal);
      await client.members();
    } catch (cause) {
      const printed = agent.output.slice(-SHOWN_OUTPUT);
      throw new Error(`A client of ${agent.name} failed, which printed …${printed}`, { cause });
    }
  }

  /** Reads a subscription to its end, which is that of its connection: whoever has that notices if it is too early. */
  async #read(subscription: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const _ of subscription) this.counts.received++;
    } catch {
      // The agent has closed the connection.
    }
  }

  /**
   * A member joins by way of everybody, and leaves after a while. memberlist and ours forget a leave after half a minute,
   * some later than others. Who comes back by way of one that has forgotten it does not know to
   * announce itself with a higher incarnation, and is reported failed when others tell of the leave.
   */
  async #visit(signal: AbortSignal): Promise<void> {
    await using agent = await Agent.start("our bundle", {
      name: "visitor",
      ...this.#visitorHost,
      args: [ENCRYPT],
    });
    await using client = await agent.rpc();
    await client.join(this.#cluster.members.map(({ agent }) => agent.address));
    await pause(VISIT_MS, signal);
    await client.leave();
    await agent.exit;
  }

  #payload(): Uint8Array {
    return new Uint8Array(this.#random.below(LARGEST_PAYLOAD)).map(() => this.#random.below(256));
  }

  #any<T>(values: readonly T[]): T {
    return values[this.#random.below(values.length)];
  }
}

/** Waits, but not after the signal is given. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  const timer = setTimeout(stop, ms);
  signal.addEventListener("abort", stop);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
}
