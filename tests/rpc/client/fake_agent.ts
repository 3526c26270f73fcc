/** An agent without a cluster: it records what RPC asks of it and answers as the test has laid down. */

import { QueryEvent, type SerfEvent, UserEvent } from "../../../lib/api/event.ts";
import { Address } from "../../../lib/base/address.ts";
import { JoinError } from "../../../lib/base/errors.ts";
import { Subscription } from "../../../lib/base/subscription.ts";
import type { RpcAgent } from "../../../lib/rpc/server/rpc_agent.ts";
import type { KeyOperation, KeyResult } from "../../../lib/api/keys.ts";
import type { Member, MemberStatus } from "../../../lib/api/member.ts";
import type { QueryOptions, QueryRecord } from "../../../lib/api/query.ts";
import type { Coordinate } from "../../../lib/api/coordinate.ts";
import { type ClusterExplanation, compareViews } from "../../../lib/api/why/compare.ts";
import type { WhyReport } from "../../../lib/api/why/evidence.ts";
import { explain, type Explanation } from "../../../lib/api/why/story.ts";

/** A member as every test wants one. */
export function member(
  name: string,
  options: { host?: string; status?: MemberStatus; tags?: Record<string, string> } = {},
): Member {
  const { host = "127.0.0.20", status = "alive", tags = {} } = options;
  return {
    name,
    address: Address.parse(host, 7946),
    tags,
    status,
    protocolMin: 1,
    protocolMax: 5,
    protocolCur: 2,
    delegateMin: 2,
    delegateMax: 5,
    delegateCur: 5,
  };
}

/** A query to be answered, and what was answered. */
export class FakeQuery extends QueryEvent {
  readonly answers: Uint8Array[] = [];
  override deadline = performance.now() + 60_000;

  constructor(name: string, payload: Uint8Array | null = null, lTime = 1) {
    super({ lTime, id: 4711, name, payload, sourceNode: "bravo" }, (answer) => {
      if (this.answers.length > 0) throw new Error("response already sent");
      if (answer.length > 1_000) throw new RangeError("response exceeds limit of 1024 bytes");
      this.answers.push(answer);
    });
  }
}

/** What an agent knows about a member that was never in trouble. */
const EVENTLESS: WhyReport = {
  node: "bravo",
  observer: "alpha",
  timeMs: Date.UTC(2026, 0, 2),
  status: "alive",
  suspect: false,
  address: "127.0.0.21:7946",
  incarnation: 1,
  healthScore: 0,
  lagMs: 0,
  lastAnswer: null,
  lastPing: null,
  othersAnswering: 0,
  othersFailing: [],
  entries: [],
};

/** Called with each query; pushes records and closes, or leaves the query open. */
export type QueryScript = (records: Subscription<QueryRecord>) => void;

export class FakeAgent implements RpcAgent {
  /** `[operation, ...arguments]` in order. */
  readonly calls: unknown[][] = [];
  readonly listeners = new Set<(event: SerfEvent) => void>();
  readonly openQueries = new Set<Subscription<QueryRecord>>();
  readonly counters = new Map<string, number>();
  tags: Record<string, string> = { role: "web" };
  list: readonly Member[] = [member("alpha", { tags: { role: "web" } })];
  lTime = 1;
  coordinates: Record<string, Coordinate> = {};
  statistics: Record<string, Record<string, string>> = { agent: { name: "alpha" } };
  metrics: readonly string[] = [];
  explanation: Explanation = explain(EVENTLESS);
  keyResult: KeyResult | Error = new Error("no keys laid down");
  joinFailure =
    "failed to join 127.0.0.29:7999: dial tcp 127.0.0.29:7999: connect: connection refused";
  queryScript: QueryScript = (records) => records.close();
  leaving: () => Promise<void> = () => Promise.resolve();
  forceLeaving: () => Promise<void> = () => Promise.resolve();
  onShutdown: () => void = () => {};

  members(): readonly Member[] {
    return this.list;
  }

  join(addresses: readonly string[], { replay }: { replay: boolean }): Promise<number> {
    this.calls.push(["join", addresses, replay]);
    const failing = addresses.filter((address) => address.includes(":7999"));
    if (failing.length < addresses.length || failing.length === 0) {
      return Promise.resolve(addresses.length - failing.length);
    }
    const failures = failing.map((address) => ({ address, reason: this.joinFailure }));
    return Promise.reject(new JoinError(failures));
  }

  leave(): Promise<void> {
    this.calls.push(["leave"]);
    return this.leaving();
  }

  shutdown(): void {
    this.calls.push(["shutdown"]);
    this.onShutdown();
  }

  forceLeave(name: string, { prune }: { prune: boolean }): Promise<void> {
    this.calls.push(["force-leave", name, prune]);
    return this.forceLeaving();
  }

  setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    this.calls.push(["tags", tags]);
    if (Object.values(tags).join("").length > 500) {
      throw new RangeError("Encoded length of tags exceeds limit of 512 bytes");
    }
    this.tags = { ...tags };
    return Promise.resolve();
  }

  /** The limits are those of Serf, whose encoding adds 30 bytes while the clock is small. */
  userEvent(
    name: string,
    payload: Uint8Array | null,
    { coalesce }: { coalesce: boolean },
  ): Promise<void> {
    this.calls.push(["event", name, payload, coalesce]);
    const size = name.length + (payload?.length ?? 0);
    if (size > 512) {
      const reason = "user event exceeds configured limit of 512 bytes before encoding";
      return Promise.reject(new RangeError(reason));
    }
    if (size > 482) {
      const reason = "encoded user event exceeds configured limit of 512 bytes after encoding";
      return Promise.reject(new RangeError(reason));
    }
    this.emit(new UserEvent({ lTime: this.lTime++, name, payload, coalesce }));
    return Promise.resolve();
  }

  query(
    name: string,
    payload: Uint8Array | null,
    options: QueryOptions,
  ): Promise<Subscription<QueryRecord>> {
    this.calls.push(["query", name, payload, options]);
    const ping = name === "_serf_ping" && (payload ?? []).length === 0;
    if (name.startsWith("_serf_") && !ping) {
      throw new RangeError("Queries cannot contain the '_serf_' prefix");
    }
    if ((payload?.length ?? 0) > 900) throw new RangeError("query exceeds limit of 1024 bytes");
    const records: Subscription<QueryRecord> = new Subscription({
      onClose: () => this.openQueries.delete(records),
    });
    this.openQueries.add(records);
    this.queryScript(records);
    return Promise.resolve(records);
  }

  manageKeys(operation: KeyOperation, key: string): Promise<KeyResult> {
    this.calls.push([operation, key]);
    const result = this.keyResult;
    return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
  }

  stats(): Record<string, Record<string, string>> {
    return this.statistics;
  }

  why(name: string): Promise<Explanation> {
    this.calls.push(["why", name]);
    if (this.explanation.node === name) return Promise.resolve(this.explanation);
    return Promise.reject(new RangeError(`Cannot find member ${name}`));
  }

  whyAll(name: string): Promise<ClusterExplanation> {
    this.calls.push(["whyAll", name]);
    const answers = { views: [], silent: ["serf-1"], missing: [] };
    return Promise.resolve(compareViews(this.explanation, answers));
  }

  metricsReport(): readonly string[] {
    return this.metrics;
  }

  coordinate(name: string): Coordinate | undefined {
    return Object.hasOwn(this.coordinates, name) ? this.coordinates[name] : undefined;
  }

  subscribe(listener: (event: SerfEvent) => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => void this.listeners.delete(listener) };
  }

  count(what: string): void {
    this.counters.set(what, (this.counters.get(what) ?? 0) + 1);
  }

  emit(event: SerfEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}
