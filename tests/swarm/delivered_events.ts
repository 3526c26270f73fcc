import { decodeText } from "../../lib/base/text.ts";
import type { ClusterObserver } from "../../lib/sim/cluster_observer.ts";
import type { SimNode, UserEvent } from "../../lib/sim/mod.ts";

/** Which user events each process has delivered, by their ids, in order. */
export class DeliveredEvents implements ClusterObserver {
  readonly #ids = new Map<SimNode, string[]>();

  started(node: SimNode): void {
    this.#ids.set(node, []);
  }

  emitted(node: SimNode, output: { readonly type: string }): void {
    if (output.type !== "user") return;
    const { payload } = output as UserEvent;
    this.#ids.get(node)?.push(decodeText(payload ?? new Uint8Array()));
  }

  /** What the process of a node has delivered. */
  of(node: SimNode): readonly string[] {
    return this.#ids.get(node) ?? [];
  }
}
