/**
 * SWIM's operations that take time, each with a callback. SWIM itself only reports the id of an operation that is over.
 *
 * @module
 */

import type { JoinTarget } from "../swim/state/push_pull_sync.ts";
import type { Swim } from "../swim/swim.ts";
import type { SerfContext } from "./context.ts";

/** Called when an operation is over, with what went wrong, if anything. */
export type OperationCallback = (error?: string) => void;

/** Starts operations of SWIM and remembers their callbacks. */
export class SwimOperations {
  readonly #context: SerfContext;
  readonly #swim: Swim;
  readonly #callbacks = new Map<number, OperationCallback>();
  #lastId = 0;

  constructor(context: SerfContext, swim: Swim) {
    this.#context = context;
    this.#swim = swim;
  }

  /** Joins by way of a node. */
  join(target: JoinTarget, callback: OperationCallback): void {
    this.#swim.join(target, this.#begin(callback));
  }

  /** Announces new meta, for at most the broadcast timeout. */
  update(meta: Uint8Array, callback: OperationCallback): void {
    const { broadcastTimeoutMs: timeoutMs } = this.#context.config;
    this.#swim.update(meta, { id: this.#begin(callback), timeoutMs });
  }

  /** Announces that we leave, for at most the broadcast timeout. */
  leave(callback: OperationCallback): void {
    const { broadcastTimeoutMs: timeoutMs } = this.#context.config;
    this.#swim.leave({ id: this.#begin(callback), timeoutMs });
  }

  /** SWIM reports that an operation is over. */
  end(id: number, error?: string): void {
    const callback = this.#callbacks.get(id);
    this.#callbacks.delete(id);
    callback?.(error);
  }

  #begin(callback: OperationCallback): number {
    const id = ++this.#lastId;
    this.#callbacks.set(id, callback);
    return id;
  }

  /** Whether no operation is under way. */
  get isQuiet(): boolean {
    return this.#callbacks.size === 0;
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { lastId: this.#lastId };
  }

  load({ lastId }: ReturnType<SwimOperations["save"]>): void {
    this.#lastId = lastId;
  }
}
