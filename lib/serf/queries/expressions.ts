/**
 * The compiler of tag filters' expressions, which the host may load when a query first needs it. Until it is there, that
 * query waits, and so does every event that comes after it, so that the user gets all of them in order.
 *
 * @module
 */

import type { MemberEvent, UserEvent } from "../../api/event.ts";
import type { CompileExpression } from "../../go/regexp.ts";
import type { IncomingQuery, SerfOutput } from "../output.ts";

/** How many queries and events wait at most, 1.4 MB if they are as large as a packet. The number is not tuned. */
const MAX_WAITING = 1_024;

/** Compiles expressions, and keeps the order of what needs them and what does not. */
export class Expressions {
  readonly #world: { emit(output: SerfOutput): void };
  #compile: CompileExpression | undefined;
  #requested = false;
  /** What is to be done when the compiler is there, in order. */
  #waiting: (() => void)[] = [];

  constructor(world: { emit(output: SerfOutput): void }, compile?: CompileExpression) {
    this.#world = world;
    this.#compile = compile;
  }

  /** Whether expressions can be compiled. */
  get loaded(): boolean {
    return this.#compile !== undefined;
  }

  /** Throws what the compiler throws, and an `Error` if it is not loaded. */
  readonly compile: CompileExpression = (expression) => {
    if (this.#compile === undefined) throw new Error("RE2 is not loaded");
    return this.#compile(expression);
  };

  /** Calls `task` when expressions can be compiled, or when too much waits for that. */
  whenLoaded(task: () => void): void {
    this.#wait(task);
    if (this.#requested) return;
    this.#requested = true;
    this.#world.emit({ type: "expressions-needed" });
  }

  /** Tells the host of an event, after everything that waits. */
  emit(event: MemberEvent | UserEvent | IncomingQuery): void {
    if (this.#waiting.length === 0) this.#world.emit(event);
    else this.#wait(() => this.#world.emit(event));
  }

  /** From now on expressions can be compiled. What waits goes on. */
  provide(compile: CompileExpression): void {
    this.#compile = compile;
    this.release();
  }

  /** What waits goes on, with a compiler or without. */
  release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const task of waiting) task();
  }

  #wait(task: () => void): void {
    this.#waiting.push(task);
    if (this.#waiting.length > MAX_WAITING) this.release();
  }

  /** Whether nothing waits for the compiler. */
  get isQuiet(): boolean {
    return this.#waiting.length === 0;
  }

  /** See {@link SerfCore.save}. The compiler is a setting. */
  save() {
    return { requested: this.#requested };
  }

  load({ requested }: ReturnType<Expressions["save"]>): void {
    this.#requested = requested;
  }
}
