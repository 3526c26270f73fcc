/** Thousands of members that one process plays, for an agent that joins them. */

import { Address } from "../../../lib/base/address.ts";
import { decodePacket, encodePacket } from "../../../lib/wire/framing/packet.ts";
import { encodeStream, StreamDecoder } from "../../../lib/wire/framing/stream.ts";
import type {
  Claim,
  Message,
  PushPull,
  StreamMessage,
} from "../../../lib/wire/messages/messages.ts";
import { encodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import { encodeTags } from "../../../lib/wire/messages/tags.ts";
import { versions } from "../micro/samples.ts";
import { GOSSIP_PORT } from "../../support/agent.ts";

/** What an agent has sent to the members of a crowd in datagrams. */
export interface CrowdTraffic {
  readonly packets: number;
  readonly bytes: number;
  /** What it has told of members: alive, suspect and dead messages. */
  readonly claims: number;
}

/** No crowd has the address of one before it, whose sockets may not be closed yet. */
let madeSoFar = 0;

const READ_BUFFER_BYTES = 65_536;
const ROLES = ["web", "worker", "cache", "database"];
const ZONES = ["a", "b", "c"];
const WIRE = { compress: true };

/**
 * Members that have known each other for long. They share one address: whoever joins there gets the state of all, and
 * every ping by a member's name is answered. They say nothing unasked.
 */
export class Crowd implements Disposable {
  /** Where an agent joins them. */
  readonly address: string;
  readonly #state: Uint8Array;
  readonly #datagrams: Deno.DatagramConn;
  readonly #listener: Deno.TcpListener;
  #packets = 0;
  #bytes = 0;
  #claims = 0;

  constructor(size: number) {
    const at = { hostname: `127.30.0.${++madeSoFar}`, port: GOSSIP_PORT };
    this.address = `${at.hostname}:${at.port}`;
    const address = Address.parse(at.hostname, at.port);
    this.#state = encodeStream(stateOf(size, address), WIRE, "server");
    this.#datagrams = Deno.listenDatagram({ transport: "udp", ...at });
    this.#listener = Deno.listen(at);
    this.#answerDatagrams();
    this.#answerStreams();
  }

  /** All datagrams so far. */
  get traffic(): CrowdTraffic {
    return { packets: this.#packets, bytes: this.#bytes, claims: this.#claims };
  }

  [Symbol.dispose](): void {
    this.#datagrams.close();
    this.#listener.close();
  }

  async #answerDatagrams(): Promise<void> {
    for await (const [bytes, from] of this.#datagrams) {
      this.#packets++;
      this.#bytes += bytes.length;
      for (const message of decodePacket(bytes, WIRE).messages) {
        if (isClaim(message)) this.#claims++;
        if (message.type === "ping") await this.#datagrams.send(ackTo(message), from);
      }
    }
  }

  async #answerStreams(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#answerStream(connection).catch(() => {
        // The agent has gone.
      }).finally(() => connection.close());
    }
  }

  async #answerStream(connection: Deno.TcpConn): Promise<void> {
    const message = await readFrom(connection);
    const answer = message.type === "ping"
      ? encodeStream({ type: "ack", sequence: message.sequence, payload: null }, WIRE, "server")
      : this.#state;
    for (let sent = 0; sent < answer.length;) {
      sent += await connection.write(answer.subarray(sent));
    }
  }
}

async function readFrom(connection: Deno.TcpConn): Promise<StreamMessage> {
  const decoder = new StreamDecoder(WIRE, "server");
  const buffer = new Uint8Array(READ_BUFFER_BYTES);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) throw new Error("The agent has closed the stream early");
    const message = decoder.push(buffer.slice(0, count));
    if (message !== undefined) return message;
  }
}

function isClaim({ type }: Message): boolean {
  return type === "alive" || type === "suspect" || type === "dead";
}

function ackTo({ sequence }: { readonly sequence: number }): Uint8Array {
  return encodePacket({ messages: [{ type: "ack", sequence, payload: null }], crc: false }, WIRE);
}

/** The state of a cluster in which all are alive. */
function stateOf(size: number, address: Address): PushPull {
  const names = Array.from({ length: size }, (_, i) => `member-${String(i).padStart(5, "0")}`);
  const nodes = names.map((node, i): Claim => {
    const tags = { role: ROLES[i % ROLES.length], zone: ZONES[i % ZONES.length] };
    const meta = encodeTags(tags, versions.delegateCur);
    return { node, incarnation: 1, state: "alive", address, meta, versions };
  });
  const bytes = encodeSerf({
    type: "push-pull",
    lTime: size + 1,
    statusLTimes: new Map(names.map((name, i) => [name, i + 1])),
    leftMembers: [],
    eventLTime: 1,
    events: [],
    queryLTime: 1,
  });
  return { type: "push-pull", join: false, nodes, userState: { bytes } };
}
