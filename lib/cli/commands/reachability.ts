/**
 * `serf reachability`.
 *
 * @module
 */

import { PING_QUERY } from "../../api/internal_names.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import { formatJson } from "../../go/format_json.ts";
import { openQuery } from "../../rpc/client/queries.ts";
import { listMembers } from "../../rpc/client/requests.ts";
import { CommandFailure, labelled } from "../command.ts";
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
  async run({ flags: { verbose }, io, format, connect }) {
    await using channel = await connect();
    const members = await labelled("Error getting members", listMembers(channel));
    const live = new Set(
      members.filter(({ status }) => status === "alive").map(({ name }) => name),
    );
    const say = format === "text" ? (line: string) => io.out(line) : () => {};
    say(`Total members: ${members.length}, live members: ${live.size}`);
    const records = await labelled(
      "Error sending query",
      openQuery(channel, PING_QUERY, null, { requestAck: true }),
    );
    const { interrupt } = io;
    say("Starting reachability test...");
    const acks = new AckTally(say, { verbose });
    await follow(records, { interrupt, handle: ({ from }) => acks.add(from) });
    if (interrupt.aborted) throw new CommandFailure("Test interrupted");
    acks.finish();
    const succeeded = !acks.repeated && acks.count === live.size;
    if (format === "text") tell(acks, { live, say });
    else io.out(formatJson({ members: members.length, ...jsonResult(acks, live) }));
    return succeeded ? 0 : 1;
  },
});

/** Prints a line, or nothing. */
type Say = (line: string) => void;

/** Which members have acknowledged, and when the last one did. */
class AckTally {
  readonly #say: Say;
  readonly #verbose: boolean;
  readonly #startMs = performance.now();
  #lastMs = this.#startMs;
  #count = 0;
  readonly #nodes = new Set<string>();

  constructor(say: Say, options: { readonly verbose: boolean }) {
    this.#say = say;
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
    if (this.#verbose) this.#say(`\tAck from '${escapeControls(node)}'`);
    if (this.#nodes.has(node)) this.#say(`Duplicate response from '${escapeControls(node)}'`);
    this.#nodes.add(node);
  }

  finish(): void {
    if (!this.#verbose) return;
    const total = seconds(performance.now() - this.#startMs);
    const last = seconds(this.#lastMs - this.#startMs);
    this.#say(`Query time: ${total} sec, time to last response: ${last} sec`);
  }
}

interface Comparison {
  /** Names of the members believed to be alive. */
  readonly live: ReadonlySet<string>;
  readonly say: Say;
}

/** Compares the acknowledgements with the live members, and tells the result. */
function tell(acks: AckTally, { live, say }: Comparison): void {
  if (acks.repeated) {
    say("A name acknowledged more than once: make sure that no two nodes have the same name.");
  }
  if (acks.count === live.size) return say("Successfully contacted all live nodes");
  if (acks.count > live.size) {
    const strangers = acks.nodes.difference(live);
    say("Received more acks than live nodes! Acks from non-live nodes:");
    for (const node of strangers) say(`\t${escapeControls(node)}`);
    say(
      "Nodes that are not alive in the member list did answer: check the network and the configuration.",
    );
  } else {
    say("Received less acks than live nodes! Missing acks from:");
    for (const node of live.difference(acks.nodes)) say(`\t${escapeControls(node)}`);
    say(
      "Gossip does not reach these nodes, or their answers get lost: check the network and the configuration.",
    );
  }
  say(`\n${TIPS}`);
}

/** The same as an object. */
function jsonResult(acks: AckTally, live: ReadonlySet<string>) {
  return {
    alive: live.size,
    acks: acks.count,
    missing: [...live.difference(acks.nodes)],
    not_alive: [...acks.nodes.difference(live)],
    repeated: acks.repeated,
  };
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
