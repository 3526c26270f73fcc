/**
 * Operations of simulated nodes, which end while the simulation runs.
 *
 * @module
 */

import type { KeyResult } from "../api/keys.ts";
import type { QueryRecord } from "../api/query.ts";
import { type Answers, type ClusterExplanation, compareViews } from "../api/why/compare.ts";
import type { Explanation } from "../api/why/story.ts";

/** The outcome of an operation. */
export interface Outcome {
  /** Set when it failed. */
  readonly error?: string;
  /** For a join: how many addresses were reached. */
  readonly joined?: number;
  /** For a key management operation: what the members answered. */
  readonly keys?: KeyResult;
  /** Of asking why: what the members answered. */
  readonly answers?: Answers;
}

/** A join, leave, force-leave, tag change or key operation. */
export class SimOperation {
  readonly #ended: (operation: SimOperation) => void;
  #outcome: Outcome | undefined;

  /** @internal `ended` is called when the operation is over. */
  constructor(ended: (operation: SimOperation) => void = () => {}) {
    this.#ended = ended;
  }

  /** Whether it is over. It never is if the node went down before. */
  get done(): boolean {
    return this.#outcome !== undefined;
  }

  /** Why it failed; `undefined` while it runs and after it succeeded. */
  get error(): string | undefined {
    return this.#outcome?.error;
  }

  /** How many addresses a join reached. */
  get joined(): number {
    return this.#outcome?.joined ?? 0;
  }

  /** The result of a key management operation. */
  get keys(): KeyResult | undefined {
    return this.#outcome?.keys;
  }

  /** @internal Ends the operation. */
  end(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#ended(this);
  }
}

/** Asking all members why one of them is in its state. */
export class SimWhy extends SimOperation {
  readonly #own: () => Explanation;
  #explanation: ClusterExplanation | undefined;

  /** @internal `own` gives the explanation of the node that asks. */
  constructor(own: () => Explanation) {
    super();
    this.#own = own;
  }

  /** What the members say; `undefined` while it runs. */
  get explanation(): ClusterExplanation | undefined {
    return this.#explanation;
  }

  /** @internal Ends the operation. */
  override end(outcome: Outcome): void {
    const { answers } = outcome;
    if (answers !== undefined) this.#explanation = compareViews(this.#own(), answers);
    super.end(outcome);
  }
}

/** A query, with the acks and answers so far. */
export class SimQuery extends SimOperation {
  /** The members that acknowledged it. */
  readonly acks: Set<string> = new Set();
  /** Answers by member. */
  readonly responses: Map<string, Uint8Array | null> = new Map();

  /** @internal Adds an ack or answer; `false` if that member had sent one already. */
  add(record: QueryRecord): boolean {
    if (record.type === "failure") return false;
    const known = record.type === "ack" ? this.acks : this.responses;
    if (known.has(record.from)) return false;
    if (record.type === "ack") this.acks.add(record.from);
    else this.responses.set(record.from, record.payload);
    return true;
  }
}
