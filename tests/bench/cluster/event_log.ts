/** Sending user events, and noting when which agent delivers them. */

import type { RpcClient } from "../../../lib/rpc/client/client.ts";
import { sleep } from "../../support/sleep.ts";
import type { BenchAgent } from "./bench_agent.ts";

/** An event arrived on the stream of an agent. */
export interface Delivery {
  /** Which agent. */
  readonly agent: number;
  /** Which event. */
  readonly sequence: number;
  /** `performance.now()` */
  readonly at: number;
}

const EVENT_NAME = "bench";
/** Makes an event of about 60 bytes in a packet. What follows the number is random, as identifiers are. */
const PAYLOAD_LENGTH = 24;
/** More than any benchmark sends. */
const STREAM_CAPACITY = 1_000_000;
const POLL_MS = 5;

/** Follows the event streams of all agents of a cluster. It ends with their connections. */
export class EventLog {
  readonly #agents: readonly BenchAgent[];
  /** Goes up for ever, so that what arrives late is not taken for what was sent later. */
  #nextSequence = 0;
  #phase: EventPhase | undefined;

  private constructor(agents: readonly BenchAgent[]) {
    this.#agents = agents;
  }

  /** Begins to follow the streams of agents. */
  static async open(agents: readonly BenchAgent[]): Promise<EventLog> {
    const log = new EventLog(agents);
    await Promise.all(agents.map((_, i) => log.#follow(i)));
    return log;
  }

  /** Begins to note the deliveries of events that are sent from now on, and of no others. */
  begin(): EventPhase {
    const next = () => this.#nextSequence++;
    return this.#phase = new EventPhase({
      receivers: this.#agents.length,
      first: this.#nextSequence,
      next,
    });
  }

  async #follow(agent: number): Promise<void> {
    const stream = await this.#agents[agent].client.events({
      types: [`user:${EVENT_NAME}`],
      capacity: STREAM_CAPACITY,
    });
    const decoder = new TextDecoder();
    const receive = async () => {
      for await (const event of stream) {
        if (event.type !== "user" || event.payload === null) continue;
        const sequence = parseInt(decoder.decode(event.payload));
        this.#phase?.receive({ agent, sequence, at: performance.now() });
      }
    };
    receive().catch(() => {
      // The agent was killed.
    });
  }
}

/** Events that were sent for one purpose, and their deliveries. */
export class EventPhase {
  /** In the order of arrival. */
  readonly deliveries: Delivery[] = [];
  /** How many events agents refused to send. */
  refused = 0;
  readonly #receivers: number;
  readonly #first: number;
  readonly #next: () => number;
  readonly #sentAt: number[] = [];
  #outOfOrder = 0;
  /** The newest event that each agent has delivered. */
  readonly #newest: number[] = [];

  constructor(options: { receivers: number; first: number; next: () => number }) {
    this.#receivers = options.receivers;
    this.#first = options.first;
    this.#next = options.next;
  }

  /** Sends the next event; resolves when the agent has answered. */
  async send(sender: RpcClient): Promise<void> {
    const sequence = this.#next();
    this.#sentAt.push(performance.now());
    try {
      const payload = `${sequence} ${crypto.randomUUID()}`.slice(0, PAYLOAD_LENGTH);
      await sender.userEvent(EVENT_NAME, payload);
    } catch {
      this.refused++;
    }
  }

  /** Sends events at a steady pace from now on; resolves when all have been answered. */
  async sendSteadily(
    sender: RpcClient,
    { perSecond, count }: { perSecond: number; count: number },
  ): Promise<void> {
    const begun = performance.now();
    const answers: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      const ahead = begun + i * 1000 / perSecond - performance.now();
      if (ahead > 0) await sleep(ahead);
      answers.push(this.send(sender));
    }
    await Promise.all(answers);
  }

  /** Notes a delivery, unless it is of an event of an earlier phase. */
  receive(delivery: Delivery): void {
    const { agent, sequence } = delivery;
    if (sequence < this.#first) return;
    this.deliveries.push(delivery);
    const newest = this.#newest[agent] ?? -1;
    if (sequence < newest) this.#outOfOrder++;
    else this.#newest[agent] = sequence;
  }

  /**
   * Waits until every agent has delivered every event, or until nothing has been delivered for some time, or until so
   * much time has passed since the last event was sent.
   */
  async settle({ quietMs, timeoutMs }: { quietMs: number; timeoutMs: number }): Promise<void> {
    const sentAt = this.#sentAt.at(-1) ?? 0;
    for (;;) {
      const now = performance.now();
      const active = Math.max(sentAt, this.deliveries.at(-1)?.at ?? 0);
      if (this.lost === 0 || now - active > quietMs || now - sentAt > timeoutMs) return;
      await sleep(POLL_MS);
    }
  }

  /** How many events agents took to send. */
  get accepted(): number {
    return this.#sentAt.length - this.refused;
  }

  /** How many deliveries are missing. */
  get lost(): number {
    return this.accepted * this.#receivers - this.deliveries.length;
  }

  /** Missing deliveries, percent. */
  get lostPercent(): number {
    return 100 * this.lost / (this.accepted * this.#receivers);
  }

  /** Deliveries of events after one that was sent later, percent. */
  get outOfOrderPercent(): number {
    return 100 * this.#outOfOrder / this.deliveries.length;
  }

  /** From the first event sent to the last delivery, milliseconds; `NaN` if there was none. */
  get lastDeliveryMs(): number {
    return (this.deliveries.at(-1)?.at ?? NaN) - this.#sentAt[0];
  }

  /** How long a delivery took, milliseconds. */
  delayOf({ sequence, at }: Delivery): number {
    return at - this.#sentAt[sequence - this.#first];
  }
}
