/**
 * `serf reachability`.
 *
 * @module
 */

import { PING_QUERY } from "../../api/internal_names.ts";
import { CommandFailure, type CommandIo, labelled } from "../command.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import { follow } from "../follow.ts";
import { rpcCommand } from "../rpc_command.ts";

/** Tests whether exactly the live members acknowledge a query. */
export const reachability = rpcCommand({
  line: "serf reachability [options]",
  description:
    "Tests the network of the cluster: sends a query that every member acknowledges, and compares those that did with those that the agent believes to be alive. It takes as long as the timeout of a query.",
  flags: {
    verbose: { kind: "bool", help: "Also shows each acknowledgement and how long the test took." },
  },
  async run({ flags: { verbose }, io, connect }) {
    await using client = await connect();
    const members = await labelled("Error getting members", client.members());
    const live = new Set(
      members.filter(({ status }) => status === "alive").map(({ name }) => name),
    );
    io.out(`Total members: ${members.length}, live members: ${live.size}`);
    const records = await labelled(
      "Error sending query",
      client.query(PING_QUERY, null, { requestAck: true }),
    );
    const { interrupt } = io;
    io.out("Starting reachability test...");
    const acks = new AckTally(io, { verbose });
    await follow(records, { interrupt, handle: ({ from }) => acks.add(from) });
    if (interrupt.aborted) throw new CommandFailure("Test interrupted");
    acks.finish();
    return compare(acks, { live, io });
  },
});

/** Which members have acknowledged, and when the last one did. */
class AckTally {
  readonly #io: CommandIo;
  readonly #verbose: boolean;
  readonly #startMs = performance.now();
  #lastMs = this.#startMs;
  #count = 0;
  readonly #nodes = new Set<string>();

  constructor(io: CommandIo, options: { readonly verbose: boolean }) {
    this.#io = io;
    this.#verbose = options.verbose;
  }

  /** Number of acknowledgements, including repeated ones. */
  get count(): number {
    return this.#count;
  }

  /** Whether a name acknowledged more than once. */
  get repeated(): boolean {
    return this.#count > this.#nodes.size;
  }

  /** Names of the members that acknowledged. */
  get nodes(): ReadonlySet<string> {
    return this.#nodes;
  }

  add(node: string): void {
    this.#count++;
    this.#lastMs = performance.now();
    if (this.#verbose) this.#io.out(`\tAck from '${escapeControls(node)}'`);
    if (this.#nodes.has(node)) this.#io.out(`Duplicate response from '${escapeControls(node)}'`);
    this.#nodes.add(node);
  }

  finish(): void {
    if (!this.#verbose) return;
    const total = seconds(performance.now() - this.#startMs);
    const last = seconds(this.#lastMs - this.#startMs);
    this.#io.out(`Query time: ${total} sec, time to last response: ${last} sec`);
  }
}

interface Comparison {
  /** Names of the members believed to be alive. */
  readonly live: ReadonlySet<string>;
  readonly io: CommandIo;
}

/** Compares the acknowledgements with the live members, prints the result, and returns the exit code. */
function compare(acks: AckTally, { live, io }: Comparison): number {
  if (acks.repeated) {
    io.out("A name acknowledged more than once: make sure that no two nodes have the same name.");
  }
  if (acks.count === live.size) {
    io.out("Successfully contacted all live nodes");
    return acks.repeated ? 1 : 0;
  }
  if (acks.count > live.size) {
    const strangers = acks.nodes.difference(live);
    io.out("Received more acks than live nodes! Acks from non-live nodes:");
    for (const node of strangers) io.out(`\t${escapeControls(node)}`);
    io.out(
      "Nodes that are not alive in the member list did answer: check the network and the configuration.",
    );
  } else {
    io.out("Received less acks than live nodes! Missing acks from:");
    for (const node of live.difference(acks.nodes)) io.out(`\t${escapeControls(node)}`);
    io.out(
      "Gossip does not reach these nodes, or their answers get lost: check the network and the configuration.",
    );
  }
  io.out(`\n${TIPS}`);
  return 1;
}

const TIPS = [
  "Troubleshooting:",
  "* Can every node reach the bind address and port of every other node?",
  "* If an address is advertised, does it lead to the bind address?",
  "* Is a node behind network address translation (NAT)?",
  "* Do firewalls allow the gossip port for both UDP and TCP?",
  "* Do the switches and routers between the nodes work?",
].join("\n");

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
