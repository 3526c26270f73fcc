/**
 * The faults and operations that the swarm injects. To add one, add an entry to {@link faultKinds}: how often it is drawn
 * in relation to the others, and a function that draws its random values and returns what it does.
 *
 *     "clock step": {
 *       weight: 2,
 *       draw: (draw) => {
 *         const [node, ms] = [draw.node(), draw.integer(100, 60_000)];
 *         return {
 *           text: `set the clock of n${node} forward by ${ms} ms`,
 *           inject: (run) => on(run.process(node), (node) => node.stepClock(ms)),
 *         };
 *       },
 *     },
 *
 * `inject` returns `false` if the fault does not apply at that moment, for instance because the node is down. Everything
 * random is drawn by `draw`, and nothing by `inject`: the shrinker leaves faults out, and that must not change the others.
 *
 * @module
 */

import type { SimNode } from "../../lib/sim/mod.ts";
import type { Draw } from "./draw.ts";
import { rotateKeys } from "./rotate_keys.ts";
import type { SwarmRun } from "./swarm_run.ts";

/** A fault or operation whose random values are drawn. */
export interface Fault {
  /** What it does, for people. */
  readonly text: string;
  /** Does it; returns `false` if it does not apply now. */
  inject(run: SwarmRun): boolean;
}

/** A kind of faults. */
export interface FaultKind {
  readonly weight: number;
  /** Whether it is what applications do all the time, which some runs have much of and others little. */
  readonly isLoad?: boolean;
  draw(draw: Draw): Fault;
}

/** Does something with a node; returns whether there is one. */
function on(node: SimNode | undefined, act: (node: SimNode) => unknown): boolean {
  if (node !== undefined) act(node);
  return node !== undefined;
}

/** Faults of processes. */
const processFaults: Readonly<Record<string, FaultKind>> = {
  "crash": {
    weight: 6,
    draw: (draw) => {
      const node = draw.node();
      return { text: `kill n${node}`, inject: (run) => on(run.process(node), (n) => n.kill()) };
    },
  },
  "restart": {
    weight: 12,
    draw: (draw) => {
      const node = draw.node();
      const snapshot = draw.weighted([["kept", 8], ["lost", 1], ["truncated", 1]]);
      const address = draw.weighted([["same", 9], ["new", 1]]);
      const join = draw.chance(0.5) ? true : undefined;
      const how = `snapshot ${snapshot}, ${address} address${join ? ", join" : ""}`;
      return {
        text: `restart n${node} (${how})`,
        inject: (run) => on(run.startable(node), (n) => n.restart({ snapshot, address, join })),
      };
    },
  },
  "restart of all": {
    weight: 0.5,
    draw: (draw) => {
      const snapshot = draw.weighted([["kept", 4], ["truncated", 1]]);
      return {
        text: `restart all nodes (snapshot ${snapshot})`,
        inject: ({ cluster, startable }) => {
          const nodes = cluster.nodes.filter(({ index }) => startable(index) !== undefined);
          for (const node of nodes) node.restart({ snapshot });
          return nodes.length > 0;
        },
      };
    },
  },
  "pause": {
    weight: 8,
    draw: (draw) => {
      const [node, seconds] = [draw.node(), draw.between(0.5, 40)];
      return {
        text: `pause n${node} for ${seconds} s`,
        inject: (run) =>
          on(run.running(node), (n) => {
            n.pause();
            run.after(n, seconds, () => n.state === "paused" && n.resume());
          }),
      };
    },
  },
  "overload": {
    weight: 5,
    draw: (draw) => {
      const [node, ms, seconds] = [draw.node(), draw.integer(50, 1_500), draw.between(1, 60)];
      return {
        text: `slow n${node} down by ${ms} ms for ${seconds} s`,
        inject: (run) =>
          on(run.process(node), (n) => {
            n.slowDown(ms);
            run.after(n, seconds, () => n.slowDown(0));
          }),
      };
    },
  },
  "disk": {
    weight: 4,
    draw: (draw) => {
      const [node, seconds] = [draw.node(), draw.between(1, 60)];
      const disk = draw.of("full", "hanging");
      return {
        text: `the disk of n${node} is ${disk} for ${seconds} s`,
        inject: ({ cluster, plan }) => {
          cluster.node(node).setDisk(disk);
          cluster.after({ seconds }, () => cluster.node(node).setDisk("working"));
          return plan.cluster.snapshots === true;
        },
      };
    },
  },
  "clock step": {
    weight: 2,
    draw: (draw) => {
      const [node, ms] = [draw.node(), draw.integer(100, 60_000)];
      return {
        text: `set the clock of n${node} forward by ${ms} ms`,
        inject: (run) => on(run.process(node), (n) => n.stepClock(ms)),
      };
    },
  },
};

/** Faults of the network. */
const networkFaults: Readonly<Record<string, FaultKind>> = {
  "partition": {
    weight: 4,
    draw: (draw) => {
      const nodes = draw.someNodes();
      return {
        text: `separate ${names(nodes)} from the others`,
        inject: ({ cluster }) => (cluster.partition(nodes), true),
      };
    },
  },
  "isolation": {
    weight: 2,
    draw: (draw) => {
      const nodes = Array.from({ length: draw.integer(1, 4) }, () => draw.node());
      return {
        text: `isolate each of ${names(nodes)}`,
        inject: ({ cluster }) => (cluster.partition(...nodes.map((node) => [node])), true),
      };
    },
  },
  "cut": {
    weight: 5,
    draw: (draw) => {
      const [from, to, oneWay] = [draw.node(), draw.node(), draw.chance(0.7)];
      return {
        text: `cut the link ${oneWay ? "from" : "between"} n${from} ${
          oneWay ? "to" : "and"
        } n${to}`,
        inject: ({ cluster }) => (cluster.cut(from, to, { oneWay }), true),
      };
    },
  },
  "deafness": {
    weight: 1,
    draw: (draw) => {
      const [node, others] = [draw.node(), draw.someNodes()];
      return {
        text: `cut the links from ${names(others)} to n${node}`,
        inject: ({ cluster }) => {
          for (const other of others) cluster.cut(other, node, { oneWay: true });
          return true;
        },
      };
    },
  },
  "heal": {
    weight: 5,
    draw: () => ({
      text: "end the partition and restore the links",
      inject: ({ cluster }) => (cluster.heal(), true),
    }),
  },
  "loss": {
    weight: 4,
    draw: (draw) => {
      const share = draw.chance(0.4) ? 0 : draw.between(0, 0.5);
      return {
        text: `lose ${Math.round(100 * share)} % of the datagrams`,
        inject: ({ cluster }) => (cluster.loss = share, true),
      };
    },
  },
  "duplicates": {
    weight: 1,
    draw: (draw) => {
      const share = draw.between(0, 0.5);
      return {
        text: `duplicate ${Math.round(100 * share)} % of the datagrams`,
        inject: ({ cluster }) => (cluster.duplicate = share, true),
      };
    },
  },
  "reordering": {
    weight: 1,
    draw: (draw) => {
      const share = draw.between(0, 0.5);
      return {
        text: `reorder ${Math.round(100 * share)} % of the datagrams`,
        inject: ({ cluster }) => (cluster.reorder = share, true),
      };
    },
  },
};

/** What operators and applications do. */
const operations: Readonly<Record<string, FaultKind>> = {
  "leave": {
    weight: 4,
    draw: (draw) => {
      const node = draw.node();
      return { text: `n${node} leaves`, inject: (run) => on(run.up(node), (n) => run.leave(n)) };
    },
  },
  "join": {
    weight: 2,
    draw: (draw) => {
      const [node, target] = [draw.node(), draw.node()];
      return {
        text: `n${node} joins n${target}`,
        inject: (run) => {
          const other = run.process(target);
          return other !== undefined && on(run.up(node), (n) => run.join(n, other));
        },
      };
    },
  },
  "newcomer": {
    weight: 2,
    draw: (draw) => {
      const target = draw.node();
      return {
        text: `a new node joins n${target}`,
        inject: (run) => on(run.host(target), (n) => run.join(run.addNode(), n)),
      };
    },
  },
  "name conflict": {
    weight: 1,
    draw: (draw) => {
      const [owner, target] = [draw.node(), draw.node()];
      return {
        text: `a second node named n${owner} joins n${target}`,
        inject: (run) => run.canQuery(owner) && on(run.host(target), (n) => run.addRival(owner, n)),
      };
    },
  },
  "tags": {
    weight: 6,
    isLoad: true,
    draw: (draw) => {
      const [node, version] = [draw.node(), draw.integer(1, 1_000)];
      return {
        text: `n${node} sets its tag to ${version}`,
        inject: (run) => on(run.up(node), (n) => n.setTags({ version: String(version) })),
      };
    },
  },
  "event": {
    weight: 14,
    isLoad: true,
    draw: (draw) => {
      const node = draw.node();
      return {
        text: `n${node} sends an event`,
        inject: (run) => on(run.up(node), (n) => run.sendEvent(n)),
      };
    },
  },
  "burst": {
    weight: 1,
    isLoad: true,
    draw: (draw) => {
      const [node, events] = [draw.node(), draw.integer(5, 40)];
      return {
        text: `n${node} sends ${events} events at once`,
        inject: (run) =>
          on(run.up(node), (n) => {
            for (let i = 0; i < events; i++) run.sendEvent(n);
          }),
      };
    },
  },
  "query": {
    weight: 8,
    isLoad: true,
    draw: (draw) => {
      const [node, relayFactor, requestAck] = [draw.node(), draw.integer(0, 3), draw.chance(0.7)];
      const nodes = draw.chance(0.3) ? draw.someNodes().map((index) => `n${index}`) : undefined;
      return {
        text: `n${node} sends a query${nodes ? ` to ${nodes.join(", ")}` : ""}`,
        inject: (run) =>
          on(run.asker(node), (n) => n.query("check", null, { requestAck, relayFactor, nodes })),
      };
    },
  },
  "force-leave": {
    weight: 2,
    draw: (draw) => {
      const [node, member, prune] = [draw.node(), draw.node(), draw.chance(0.3)];
      return {
        text: `n${node} force-leaves n${member}${prune ? " with prune" : ""}`,
        inject: (run) => on(run.up(node), (n) => run.forceLeave(n, `n${member}`, { prune })),
      };
    },
  },
  "key rotation": {
    weight: 2,
    draw: (draw) => {
      const [node, length, byte] = [draw.node(), draw.of(16, 24, 32), draw.integer(0, 255)];
      const key = new Uint8Array(length).fill(byte);
      return {
        text: `n${node} rotates the key to ${length} bytes of ${byte}`,
        inject: (run) =>
          run.isEncrypted && !run.isRotating && on(run.asker(node), (n) => rotateKeys(run, n, key)),
      };
    },
  },
};

/** All kinds by name. */
export const faultKinds: Readonly<Record<string, FaultKind>> = {
  ...processFaults,
  ...networkFaults,
  ...operations,
};

function names(nodes: readonly number[]): string {
  return nodes.map((node) => `n${node}`).join(", ");
}
