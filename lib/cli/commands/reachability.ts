/**
 * `serf reachability`.
 *
 * @module
 */

import { CommandFailure, type CommandIo, labelled } from "../command.ts";
import { follow } from "../follow.ts";
import { rpcCommand } from "../rpc_command.ts";

/** The internal query that every member acknowledges and none answers. */
const PING_QUERY = "_serf_ping";

/** Tests whether every live member can be reached, and no other. */
export const reachability = rpcCommand({
  line: "serf reachability [options]",
  description:
    "Tests the network: asks all members to acknowledge a query and compares who did with who is believed to be alive. It takes as long as a query does.",
  flags: {
    verbose: { kind: "bool", help: "Also shows every acknowledgement and the times." },
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
    return judge(acks, { live, io });
  },
});

/** Who has acknowledged, and when the last one did. */
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

  /** All acknowledgements, repeated ones included. */
  get count(): number {
    return this.#count;
  }

  /** Whether two came from the same name. */
  get repeated(): boolean {
    return this.#count > this.#nodes.size;
  }

  /** The names that acknowledged. */
  get nodes(): ReadonlySet<string> {
    return this.#nodes;
  }

  add(node: string): void {
    this.#count++;
    this.#lastMs = performance.now();
    if (this.#verbose) this.#io.out(`\tAck from '${node}'`);
    if (this.#nodes.has(node)) this.#io.out(`Duplicate response from '${node}'`);
    this.#nodes.add(node);
  }

  finish(): void {
    if (!this.#verbose) return;
    const total = seconds(performance.now() - this.#startMs);
    const last = seconds(this.#lastMs - this.#startMs);
    this.#io.out(`Query time: ${total} sec, time to last response: ${last} sec`);
  }
}

interface Judged {
  /** Names of the members believed to be alive. */
  readonly live: ReadonlySet<string>;
  readonly io: CommandIo;
}

/** Compares the acknowledgements with the live members, says what is wrong, and returns the exit code. */
function judge(acks: AckTally, { live, io }: Judged): number {
  if (acks.repeated) {
    io.out("The same name answered more than once: check that every node has a name of its own.");
  }
  if (acks.count === live.size) {
    io.out("Successfully contacted all live nodes");
    return acks.repeated ? 1 : 0;
  }
  if (acks.count > live.size) {
    const strangers = acks.nodes.difference(live);
    io.out("Received more acks than live nodes! Acks from non-live nodes:");
    for (const node of strangers) io.out(`\t${node}`);
    io.out(
      "Nodes that can be reached are taken for failed: the network or a setting may be wrong.",
    );
  } else {
    io.out("Received less acks than live nodes! Missing acks from:");
    for (const node of live.difference(acks.nodes)) io.out(`\t${node}`);
    io.out("Gossip seems to get lost on its way: the network or a setting may be wrong.");
  }
  io.out(`\n${TIPS}`);
  return 1;
}

const TIPS = [
  "What to check:",
  "* Every node can reach the bind address and port of every other one",
  "* An advertised address, where there is one, leads to the bind address",
  "* No node sits behind address translation",
  "* Firewalls let the gossip port through, for UDP and for TCP",
  "* Switches and routers between the nodes work",
].join("\n");

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
