/**
 * Conversations in which what the client says has been damaged. Whatever arrives, a session ends with its connection,
 * throws nothing, and leaves nothing behind.
 */

import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { LogHub } from "../../lib/host/log_hub.ts";
import { Session } from "../../lib/rpc/session.ts";
import { Random } from "../../lib/sim/random.ts";
import { ChunkSource, pieces } from "./chunk_source.ts";
import { FakeAgent } from "./fake_agent.ts";
import { request } from "./serve.ts";

const SEED = 7373;
const CONVERSATIONS = 20_000;

interface RecordedExchange {
  readonly steps: readonly { readonly send?: string }[];
}

const { servers }: { servers: Record<string, { exchanges: RecordedExchange[] }> } = JSON.parse(
  Deno.readTextFileSync(new URL("../vectors/rpc.json", import.meta.url)),
);

const requests = servers["0.9.4"].exchanges
  .map(({ steps }) => Uint8Array.fromHex(steps.map(({ send = "" }) => send).join("")))
  .filter(({ length }) => length > 0);

const handshake = request(1, "handshake", { Version: 1 });

/** Bytes that begin a value of a kind, most of them larger than what follows. */
const telling = [0x80, 0x8f, 0x9f, 0xa1, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xcb, 0xcf, 0xd3, 0xd9, 0xdb]
  .concat([0xdd, 0xdf, 0xff, 0x00, 0x7f]);

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  const before = bytes.subarray(0, at);
  const other = requests[random.below(requests.length)];
  switch (random.below(6)) {
    case 0:
      return bytes.with(at, random.below(256));
    case 1:
      return bytes.with(at, telling[random.below(telling.length)]);
    case 2:
      return before;
    case 3:
      return joined(before, bytes.subarray(at + 1 + random.below(8)));
    case 4:
      return joined(before, Uint8Array.of(random.below(256)), bytes.subarray(at));
    default:
      return joined(before, other.subarray(random.below(other.length)));
  }
}

/** One to three mutations; mostly the handshake is spared, or else little more than it would be tested. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const spared = random.chance(0.8) ? handshake.length : 0;
  let rest = bytes.subarray(spared);
  for (let n = random.below(3); n >= 0 && rest.length > 0; n--) rest = mutate(rest, random);
  return joined(bytes.subarray(0, spared), rest);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** A connection that has said all it will say, and only counts what it is told. */
class Conversation extends ChunkSource {
  told = 0;
  closed = 0;

  write(bytes: Uint8Array): Promise<number> {
    this.told += bytes.length;
    return Promise.resolve(bytes.length);
  }

  close(): void {
    this.closed++;
  }
}

Deno.test(`damaged requests do no harm (seed ${SEED})`, async () => {
  const random = new Random(SEED);
  const hub = new LogHub();
  let understood = 0;
  for (let i = 0; i < CONVERSATIONS; i++) {
    const bytes = damaged(requests[random.below(requests.length)], random);
    const connection = new Conversation(pieces(bytes, 1 + random.below(200)));
    const agent = new FakeAgent();
    const authKey = random.chance(0.1) ? "s3cret" : "";
    await new Session(connection, { agent, hub, authKey, client: "127.0.0.1:1" }).run();
    assertEquals([connection.closed, agent.sinks.size, agent.openQueries.size], [1, 0, 0]);
    assertLess(connection.told, 20_000 + 100 * bytes.length);
    understood += agent.counters.get("agent.ipc.command") ?? 0;
  }
  // Damage that no command gets past would test nothing.
  assertGreater(understood, 1.5 * CONVERSATIONS);
});
