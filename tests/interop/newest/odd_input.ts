/**
 * Sends an agent what no agent would send, and takes down what it answers and logs.
 *
 * @module
 */

import { Address } from "../../../lib/base/address.ts";
import { decodePacket } from "../../../lib/wire/framing/packet.ts";
import { StreamDecoder } from "../../../lib/wire/framing/stream.ts";
import type { WireOptions } from "../../../lib/wire/framing/wire_options.ts";
import { decodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import { type Agent, GOSSIP_PORT } from "../../support/agent.ts";
import { localAddress } from "../../support/local_addresses.ts";
import { sleep } from "../../support/sleep.ts";

/** How long an agent has for its answer and its log, milliseconds. */
const ANSWER_MS = 100;

/** Who sends, and to whom. */
export interface Sender {
  readonly address: Address;
  readonly target: Address;
}

/** Makes a datagram or the bytes of a stream. */
export type Input = (sender: Sender) => Uint8Array;

/** What is sent, by names that say what it is. */
export interface Inputs {
  readonly packets: Readonly<Record<string, Input>>;
  readonly streams: Readonly<Record<string, Input>>;
  /** How the answers are to be read. */
  readonly wire: WireOptions;
}

/** What an input led to. */
export interface Outcome {
  readonly answers: readonly string[];
  readonly log: readonly string[];
}

/** Sends all inputs to an agent, one after the other. */
export async function outcomes(
  agent: Agent,
  { packets, streams, wire }: Inputs,
): Promise<Record<string, Outcome>> {
  const sender = {
    address: Address.parse(localAddress(), GOSSIP_PORT),
    target: Address.parse(agent.ip, GOSSIP_PORT),
  };
  const { host: hostname, port } = sender.address;
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port });
  const answers: string[] = [];
  const listening = (async () => {
    for await (const [bytes] of socket) answers.push(...described(bytes, wire));
  })();
  const found: Record<string, Outcome> = {};
  const note = async (name: string) => {
    await sleep(ANSWER_MS);
    const log = logOf(agent, sender, printed);
    found[name] = { answers: answers.splice(0), log };
    printed = agent.output.length;
  };
  let printed = agent.output.length;
  for (const [name, make] of Object.entries(packets)) {
    const to = { transport: "udp", hostname: agent.ip, port: GOSSIP_PORT } as const;
    await socket.send(make(sender), to);
    await note(`packet: ${name}`);
  }
  for (const [name, make] of Object.entries(streams)) {
    answers.push(...await converse(agent, make(sender), wire));
    await note(`stream: ${name}`);
  }
  socket.close();
  await listening;
  return found;
}

async function converse(agent: Agent, bytes: Uint8Array, wire: WireOptions): Promise<string[]> {
  const conn = await Deno.connect({ hostname: agent.ip, port: GOSSIP_PORT });
  await conn.write(bytes);
  await conn.closeWrite();
  const received = new Uint8Array(
    await new Response(conn.readable).arrayBuffer().catch(() => new ArrayBuffer(0)),
  );
  if (received.length === 0) return [];
  const answer = new StreamDecoder(wire, "dialler").push(received);
  if (answer?.type === "err") return [`err ${withoutCodec(answer.error)}`];
  return [`${answer?.type}`];
}

/** The messages of a datagram in short. */
function described(bytes: Uint8Array, wire: WireOptions): string[] {
  return decodePacket(bytes, wire).messages.map((message) => {
    if (message.type === "ack") return `ack ${message.sequence}`;
    if (message.type !== "user") return message.type;
    const inner = decodeSerf(message.body.bytes);
    if (inner.type !== "query-response") return inner.type;
    const { flags, payload } = inner;
    if (payload === null || payload.length === 0) return `query-response ${flags}`;
    const response = decodeSerf(payload);
    return `query-response ${flags} ${response.type}` +
      (response.type === "key-response" ? ` ${response.result} ${response.message}` : "");
  }).filter((words) => !["ping", "alive", "suspect", "dead"].includes(words));
}

/** What an agent has logged since then, without what differs from run to run. */
function logOf(agent: Agent, { address, target }: Sender, since: number): string[] {
  return agent.output.slice(since).split("\n")
    .map((line) => line.replace(/^ *\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, ""))
    .filter((line) =>
      line !== "" && !/member-|Failed UDP ping|Suspect |agent\.ipc: Accepted|attempting/.test(line)
    )
    .map((line) =>
      withoutCodec(
        line.replaceAll(address.host, "STRANGER").replaceAll(target.host, "TARGET")
          .replace(/from=127\.\S+:\d+/, "from=CLIENT").replace(/ID: \d+/g, "ID: N"),
      )
    );
}

/** Leaves out the words for MessagePack that makes no sense. */
function withoutCodec(line: string): string {
  return line.replace(
    /(msgpack|Cannot decode|EOF|unexpected EOF|decode error).*?(?=( from=|$))/i,
    "CODEC",
  );
}
