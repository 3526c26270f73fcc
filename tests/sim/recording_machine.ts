import type { Address } from "../../lib/base/address.ts";
import type { World } from "../../lib/base/world.ts";
import type { SimHost, SimMachine } from "../../lib/sim/sim_host.ts";
import { addressOf } from "../../lib/sim/address_plan.ts";
import { Simulation, type SimulationOptions } from "../../lib/sim/simulation.ts";
import type { Exchange, Packet, Reply, StreamMessage } from "../../lib/wire/messages/messages.ts";

/** Timers of a {@link RecordingMachine}: notes, and the rounds of its gossip. */
export type RecordingTimer =
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "round" };

/** A protocol machine for tests: it logs everything that happens to it, answers pings, and may gossip. */
export class RecordingMachine implements SimMachine<RecordingTimer> {
  readonly log: string[] = [];
  readonly replies = new Map<number, Reply[]>();
  readonly world: World<Packet, Exchange, RecordingTimer, string>;
  /** Whether it gossips the highest sequence number of the pings it got. */
  gossips = false;
  highestPing = 0;
  /** Runs when a timer of the type `note` is handled. */
  onNote: (text: string) => void = () => {};

  constructor(world: World<Packet, Exchange, RecordingTimer, string>) {
    this.world = world;
  }

  start(): void {
    this.#note("start");
  }

  receive(from: Address, { messages: [message] }: Packet): void {
    const sequence = message.type === "ping" ? message.sequence : 0;
    this.#note(`packet ${sequence} from ${from.host}`);
    if (this.gossips && sequence > this.highestPing) {
      this.highestPing = sequence;
      this.world.after(10, { type: "round" });
    }
  }

  accept(_from: Address, message: StreamMessage): StreamMessage | null {
    this.#note(`stream ${message.type}`);
    if (message.type !== "ping" || message.node === "nobody") return null;
    return { type: "ack", sequence: message.sequence, payload: null };
  }

  reply(id: number, reply: Reply): void {
    this.#note(`reply ${id} ${reply.ok ? reply.message.type : reply.error}`);
    this.replies.set(id, [...this.replies.get(id) ?? [], reply]);
  }

  handle(timer: RecordingTimer): void {
    if (timer.type === "round") return this.#spread();
    this.#note(timer.text);
    this.onNote(timer.text);
  }

  ping(slot: number, sequence: number): void {
    const messages = [{ type: "ping", sequence, node: "" }] as const;
    this.world.send(addressOf(slot), { messages, crc: false });
  }

  dial(slot: number, id: number, options: { timeoutMs?: number; node?: string } = {}): void {
    const { timeoutMs = 1000, node = "" } = options;
    const message = { type: "ping", sequence: id, node } as const;
    this.world.request(addressOf(slot), { message, timeoutMs }, id);
  }

  #spread(): void {
    for (let i = 0; i < 3; i++) this.ping(Math.floor(this.world.random() * 20), this.highestPing);
    this.world.emit("round");
  }

  #note(text: string): void {
    this.log.push(text);
  }
}

/** A machine and its host. */
export interface RecordingHost {
  readonly host: SimHost<RecordingTimer, string>;
  machine: RecordingMachine;
}

/** A simulation of recording machines; the address of each has its index as slot. */
export function recordingHosts(
  count: number,
  options: Partial<SimulationOptions> & { wire?: boolean } = {},
): { simulation: Simulation<RecordingTimer, string>; hosts: RecordingHost[]; emitted: string[] } {
  const emitted: string[] = [];
  const simulation = new Simulation<RecordingTimer, string>({ seed: 1, ...options }, {
    emitted: (host, event) => emitted.push(`${host.index} ${event}`),
  });
  const all = Array.from({ length: count }, (_, i) => {
    const host = simulation.addHost();
    if (options.wire) host.wire = { compress: true };
    return boot(host, i);
  });
  return { simulation, hosts: all, emitted };
}

/** Starts a host with a new machine at the address of a slot. */
export function boot(host: SimHost<RecordingTimer, string>, slot: number): RecordingHost {
  let machine: RecordingMachine | undefined;
  host.start(addressOf(slot), (world) => machine = new RecordingMachine(world));
  return { host, machine: machine as unknown as RecordingMachine };
}
