/**
 * The host of one protocol machine: gives it the real clock, randomness and network, and delivers what it emits. The
 * simulator's counterpart is `SimHost`.
 *
 * @module
 */

import type { Log } from "../base/log.ts";
import type { Address } from "../base/address.ts";
import { after, afterAnswers, at, type Timer as HostTimer } from "../base/timer.ts";
import { errorText } from "../base/errors.ts";
import { TimerHeap } from "../base/timer_heap.ts";
import type { Machine, World } from "../base/world.ts";
import type { Exchange, Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import type { NetTransport } from "./transport/net_transport.ts";

/** A protocol machine as the driver sees it. */
export type DrivenMachine<Timer> = Machine<Packet, StreamMessage, Reply, Timer>;

/** Settings of a {@link Driver}. */
export interface DriverOptions<Event> {
  /** Bound but not started. Closed with the driver. */
  readonly transport: NetTransport;
  /** Called with each event that the machine emits, in order, after the machine has returned. */
  readonly deliver: (event: Event) => void;
  readonly log: Log;
}

/** A timer that fires this late means that the event loop was blocked, or that the process was stopped. */
const LATE_MS = 20;
/**
 * How long a late timer waits for datagrams that arrived meanwhile to be read. After a stall Deno runs timers before it
 * reads sockets; in `tests/host/driver_test.ts` it has read all waiting datagrams within 5 ms.
 */
const CATCH_UP_MS = 5;
/** How often that wait is repeated if it was late, too. */
const MOST_CATCH_UPS = 5;

/**
 * Runs one machine. Only its earliest timer has a timer in the event loop. An exception of the machine is logged.
 *
 * After a stall, datagrams that have arrived are read before overdue timers are handled, or else peers whose acks are
 * waiting to be read would be suspected. The machine can tell how late a timer is from `now`.
 */
export class Driver<Timer, Event> implements World<Packet, Exchange, Timer, Event> {
  readonly #transport: NetTransport;
  readonly #deliver: (event: Event) => void;
  readonly #log: Log;
  readonly #timers = new TimerHeap<Timer>();
  readonly #events: Event[] = [];
  #machine: DrivenMachine<Timer> | undefined;
  #wakeTimer: HostTimer | undefined;
  /** When `#wakeTimer` is due; Infinity if there is none. */
  #wakeAt = Infinity;
  #depth = 0;
  /** When the outermost call began that runs now. */
  #calledAt = 0;
  #closed = false;

  constructor({ transport, deliver, log }: DriverOptions<Event>) {
    this.#transport = transport;
    this.#deliver = deliver;
    this.#log = log;
  }

  /** A call of the machine takes no time, as in simulations: it may ask a dozen times for each of thousands of members. */
  get now(): number {
    return this.#depth > 0 ? this.#calledAt : performance.now();
  }

  random(): number {
    return Math.random();
  }

  send(to: Address, packet: Packet): void {
    try {
      this.#transport.send(to, packet);
    } catch (error) {
      this.#log("ERR", `memberlist: Failed to encode packet for ${to}: ${errorText(error)}`);
    }
  }

  request(to: Address, exchange: Exchange, id: number): void {
    this.#transport.request(to, exchange)
      .then((reply) => this.#enter((machine) => machine.reply(id, reply)));
  }

  after(ms: number, timer: Timer): void {
    this.#timers.push(this.now + Math.max(0, ms), timer);
  }

  emit(event: Event): void {
    this.#events.push(event);
  }

  /** Starts the machine, and from then on passes on to it what arrives. Called once. */
  start(machine: DrivenMachine<Timer>): void {
    this.#machine = machine;
    this.#enter(() => machine.start());
    this.#transport.start({
      receive: (from, packet) => this.#enter(() => machine.receive(from, packet)),
      accept: (from, message) => this.#enter(() => machine.accept(from, message)) ?? null,
    });
  }

  /** Calls the machine for the user: what it throws is thrown here. Then delivers its events and schedules its timers. */
  call<Result>(run: () => Result): Result {
    if (this.#depth++ === 0) this.#calledAt = performance.now();
    try {
      return run();
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.#settle();
    }
  }

  /** Stops the machine's timers and closes its sockets; resolves when they are closed. The machine is not called again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wakeTimer?.cancel();
    await this.#transport.close();
  }

  /** Calls the machine because something happened. What it throws is logged. */
  #enter<Result>(run: (machine: DrivenMachine<Timer>) => Result): Result | undefined {
    const machine = this.#machine;
    if (machine === undefined || this.#closed) return undefined;
    return this.call(() => {
      try {
        return run(machine);
      } catch (error) {
        this.#logUnexpected(error);
        return undefined;
      }
    });
  }

  #logUnexpected(error: unknown): void {
    const trace = error instanceof Error ? error.stack : undefined;
    this.#log("ERR", `serf: Unexpected error: ${trace ?? errorText(error)}`);
  }

  /** Called when the machine has returned: delivers its events and schedules its next timer. */
  #settle(): void {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      try {
        this.#deliver(event);
      } catch (error) {
        this.#logUnexpected(error);
      }
    }
    this.#schedule();
  }

  #schedule(): void {
    // Timers are being handled: what is due next is looked for at the end.
    if (this.#closed || this.#wakeAt === -Infinity) return;
    const time = this.#nextTime();
    if (time >= this.#wakeAt) return;
    const replaced = this.#wakeTimer;
    this.#wakeAt = time;
    // A timer of 0 ms would take a millisecond or two.
    if (time <= this.#calledAt) afterAnswers().then(() => this.#wake(time));
    else this.#wakeTimer = at(time, () => this.#wake(time));
    replaced?.cancel();
  }

  /** When the next timer is due that is not stale; `Infinity` if there is none. */
  #nextTime(): number {
    const timers = this.#timers;
    for (let first = timers.peek(); first !== undefined; first = timers.peek()) {
      if (!this.#machine?.isStale?.(first)) return timers.peekTime() ?? Infinity;
      timers.pop();
    }
    return Infinity;
  }

  #wake(dueAt: number): void {
    if (this.#closed || dueAt !== this.#wakeAt) return;
    // Until the timers have been handled, no other timer may be scheduled.
    this.#wakeAt = -Infinity;
    if (this.now - dueAt < LATE_MS) this.#handleDue();
    else this.#catchUp(MOST_CATCH_UPS);
  }

  /** Lets waiting datagrams be read before overdue timers are handled. On a busy machine the wait itself may be a stall. */
  #catchUp(left: number): void {
    const due = this.now + CATCH_UP_MS;
    this.#wakeTimer = after(CATCH_UP_MS, () => {
      if (left > 1 && this.now - due > CATCH_UP_MS) this.#catchUp(left - 1);
      else this.#handleDue();
    });
  }

  #handleDue(): void {
    const now = this.now;
    while (this.#nextTime() <= now) {
      const timer = this.#timers.pop() as Timer;
      this.#enter((machine) => machine.handle(timer));
    }
    this.#wakeAt = Infinity;
    this.#schedule();
  }
}
