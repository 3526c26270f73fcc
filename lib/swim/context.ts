/**
 * What the parts of one membership machine share.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Log } from "../base/log.ts";
import type { Exchange, Reply, Source } from "../wire/messages/messages.ts";
import type { SwimConfig } from "./config.ts";
import type { Delegate } from "./delegate.ts";
import { EvidenceStore } from "./evidence/evidence_store.ts";
import { Awareness } from "./failure_detector/awareness.ts";
import { NodeList } from "./state/node_list.ts";
import type { SwimWorld } from "./timer.ts";

/** Settings, the world, the known nodes, our health, and the counters that number pings and stream exchanges. */
export class SwimContext {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly delegate: Delegate;
  readonly nodes: NodeList;
  readonly awareness: Awareness;
  readonly evidence: EvidenceStore;
  /** Our name and address, which pings carry so that the answer finds its way. */
  readonly source: Source;
  /** Writes a line to the log, with `memberlist: ` before the text. */
  readonly log: Log;
  readonly #exchanges = new Map<number, (reply: Reply) => void>();
  #lastSequence = 0;
  #lastExchange = 0;

  constructor(config: SwimConfig, world: SwimWorld, delegate: Delegate) {
    const { name, address, profile, metrics } = config;
    this.config = config;
    this.world = world;
    this.delegate = delegate;
    this.nodes = new NodeList(name, { world, gossipToTheDeadMs: profile.gossipToTheDeadMs });
    this.awareness = new Awareness(profile.awarenessMaxMultiplier, metrics);
    this.evidence = new EvidenceStore({
      world,
      awareness: this.awareness,
      maxBytes: config.evidenceBytes,
    });
    this.source = { address, node: name };
    this.log = (level, text) => world.emit({ type: "log", level, text: `memberlist: ${text}` });
  }

  /** A sequence number that no other recent ping of ours has. */
  nextSequence(): number {
    this.#lastSequence = (this.#lastSequence + 1) >>> 0;
    return this.#lastSequence;
  }

  /** Starts a stream exchange; `settle` gets its outcome. */
  request(to: Address, exchange: Exchange, settle: (reply: Reply) => void): void {
    const id = ++this.#lastExchange;
    this.#exchanges.set(id, settle);
    this.world.request(to, exchange, id);
  }

  /** Ends the stream exchange with that id. */
  settle(id: number, reply: Reply): void {
    const settle = this.#exchanges.get(id);
    this.#exchanges.delete(id);
    settle?.(reply);
  }

  /** Ends an operation of the layer above, after the current call has returned. */
  endSoon(operation: number): void {
    this.world.after(0, { type: "operation-end", id: operation });
  }

  /** Whether no stream exchange is under way. */
  get isQuiet(): boolean {
    return this.#exchanges.size === 0;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return {
      nodes: this.nodes.save(),
      awareness: this.awareness.save(),
      evidence: this.evidence.save(),
      lastSequence: this.#lastSequence,
      lastExchange: this.#lastExchange,
    };
  }

  load(saved: ReturnType<SwimContext["save"]>): void {
    this.nodes.load(saved.nodes);
    this.awareness.load(saved.awareness);
    this.evidence.load(saved.evidence);
    this.#lastSequence = saved.lastSequence;
    this.#lastExchange = saved.lastExchange;
  }
}
