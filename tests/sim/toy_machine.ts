import type { Address } from "../../lib/base/address.ts";
import type { World } from "../../lib/base/world.ts";
import type { SimHost, SimMachine } from "../../lib/sim/sim_host.ts";
import { addressOf } from "../../lib/sim/address_plan.ts";
import { Simulation, type SimulationOptions } from "../../lib/sim/simulation.ts";
import type { Exchange, Packet, Reply, StreamMessage } from "../../lib/wire/messages/messages.ts";

/** Timers of a {@link Toy}: notes, and the rounds of a rumour. */
export type ToyTimer =
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "round" };

/** Writes down everything that happens to it, with the time; pings are answered, and rumours spread. */
export class Toy implements SimMachine<ToyTimer> {
  readonly log: string[] = [];
  readonly replies = new Map<number, Reply[]>();
  readonly world: World<Packet, Exchange, ToyTimer, string>;
  /** Whether it passes on the highest ping that it got. */
  gossips = false;
  rumour = 0;
  /** Runs when a timer of the type `note` is handled. */
  onNote: (text: string) => void = () => {};

  constructor(world: World<Packet, Exchange, ToyTimer, string>) {
    this.world = world;
  }

  start(): void {
    this.#note("start");
  }

  receive(from: Address, { messages: [message] }: Packet): void {
    const sequence = message.type === "ping" ? message.sequence : 0;
    this.#note(`packet ${sequence} from ${from.host}`);
    if (this.gossips && sequence > this.rumour) {
      this.rumour = sequence;
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

  handle(timer: ToyTimer): void {
    if (timer.type === "round") return this.#spread();
    this.#note(timer.text);
    this.onNote(timer.text);
  }

  ping(place: number, sequence: number): void {
    const messages = [{ type: "ping", sequence, node: "" }] as const;
    this.world.send(addressOf(place), { messages, crc: false });
  }

  dial(place: number, id: number, options: { timeoutMs?: number; node?: string } = {}): void {
    const { timeoutMs = 1000, node = "" } = options;
    const message = { type: "ping", sequence: id, node } as const;
    this.world.request(addressOf(place), { message, timeoutMs }, id);
  }

  #spread(): void {
    for (let i = 0; i < 3; i++) this.ping(Math.floor(this.world.random() * 20), this.rumour);
    this.world.emit("round");
  }

  #note(text: string): void {
    this.log.push(text);
  }
}

/** A toy and where it runs. */
export interface ToyHost {
  readonly host: SimHost<ToyTimer, string>;
  toy: Toy;
}

/** A simulation of toys, each at the place of its index. */
export function toys(
  count: number,
  options: Partial<SimulationOptions> & { wire?: boolean } = {},
): { simulation: Simulation<ToyTimer, string>; toys: ToyHost[]; emitted: string[] } {
  const emitted: string[] = [];
  const simulation = new Simulation<ToyTimer, string>({ seed: 1, ...options }, {
    emitted: (host, event) => emitted.push(`${host.index} ${event}`),
  });
  const all = Array.from({ length: count }, (_, i) => {
    const host = simulation.addHost();
    if (options.wire) host.wire = { compress: true };
    return boot(host, i);
  });
  return { simulation, toys: all, emitted };
}

/** Starts a host with a new toy at a place. */
export function boot(host: SimHost<ToyTimer, string>, place: number): ToyHost {
  let toy: Toy | undefined;
  host.start(addressOf(place), (world) => toy = new Toy(world));
  return { host, toy: toy as unknown as Toy };
}
