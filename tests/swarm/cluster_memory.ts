/**
 * Which nodes can find which others again, so that all of them must in the end.
 *
 * @module
 */

import type { MemberEvent, SimNode, SimOperation } from "../../lib/sim/mod.ts";
import type { ClusterObserver } from "../../lib/sim/cluster_observer.ts";

/** A join that succeeds makes its node remember the target. */
interface Join {
  readonly generation: number;
  readonly target: SimNode;
  readonly address: string;
  readonly operation: SimOperation;
}

/** What a process remembers. */
interface NodeMemory {
  readonly generation: number;
  /** Addresses of members of the snapshot, and of members that failed and were reaped, by name. */
  readonly lost: Map<string, string>;
}

/**
 * A model of what nodes remember: the members they see, those of their snapshot, those that failed and were reaped, and
 * those they joined by. It errs on one side only: what it takes for remembered must be found again.
 */
export class ClusterMemory implements ClusterObserver {
  readonly #nodes = new Map<SimNode, NodeMemory>();
  readonly #joins = new Map<SimNode, Join[]>();
  /** Who has ever left, or was removed. Such members are forgotten; whoever still remembers them may be told at any time. */
  readonly #left = new Set<string>();

  started(node: SimNode): void {
    const lost = new Map<string, string>();
    for (const [name, { text }] of node.restored?.alive ?? []) lost.set(name, text);
    this.#nodes.set(node, { generation: node.generation, lost });
  }

  emitted(node: SimNode, output: { readonly type: string }): void {
    if (output.type === "member-leave" || output.type === "member-reap") {
      this.#forget(node, output as MemberEvent);
    }
  }

  /** A member leaves, or an operator removes it: who remembers it, and does not see it, forgets it without an event. */
  leaving(name: string): void {
    this.#left.add(name);
  }

  /** A node joins another one. */
  joining(node: SimNode, target: SimNode, operation: SimOperation): void {
    const joins = this.#joins.get(node) ?? [];
    const { generation } = node;
    this.#joins.set(node, [...joins, {
      generation,
      target,
      address: target.address.text,
      operation,
    }]);
  }

  /**
   * Groups of running nodes that find each other without help: within a group each one can be reached from each other, by
   * way of some that remember the next.
   */
  groups(running: readonly SimNode[]): SimNode[][] {
    const groups: SimNode[][] = [];
    const left = new Set(running);
    for (const first of running) {
      if (!left.delete(first)) continue;
      const group = [first];
      for (const node of group) {
        for (const other of left) {
          if (!this.#remembers(node, other) && !this.#remembers(other, node)) continue;
          left.delete(other);
          group.push(other);
        }
      }
      groups.push(group);
    }
    return groups;
  }

  #forget(node: SimNode, { type, members }: MemberEvent): void {
    const memory = this.#nodes.get(node);
    for (const { name, status, address } of members) {
      if (type === "member-reap" && status === "failed") {
        memory?.lost.set(name, address.text);
      } else {
        memory?.lost.delete(name);
        this.#left.add(name);
      }
    }
  }

  #remembers(node: SimNode, other: SimNode): boolean {
    const { name, address: { text } } = other;
    const seen = node.member(name);
    if (seen?.address.text === text) {
      const isUp = seen.status === "alive" || seen.status === "leaving";
      // Who still lists a node that left, and that knows nobody since, has only not heard of its leave yet.
      if (isUp && (!this.#left.has(name) || other.member(node.name) !== undefined)) return true;
      if (seen.status === "failed" && !this.#left.has(name)) return true;
    }
    if (this.#left.has(name) || seen !== undefined) return false;
    if (this.#nodes.get(node)?.lost.get(name) === text) return true;
    return (this.#joins.get(node) ?? []).some(({ generation, target, address, operation }) =>
      generation === node.generation && target === other && address === text &&
      operation.joined > 0
    );
  }
}
