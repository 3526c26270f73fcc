/**
 * RPC sessions: recorded conversations with bytes or values changed, in pieces of any size, against a server's session with
 * a connection in memory.
 *
 * @module
 */

import { assertLess } from "@std/assert";
import { AgentLog } from "../../lib/agent/log/agent_log.ts";
import { Session } from "../../lib/rpc/server/session.ts";
import type { Random } from "../../lib/sim/random.ts";
import { ChunkSource, pieces } from "../rpc/chunk_source.ts";
import { FakeAgent } from "../rpc/client/fake_agent.ts";
import { damaged, HANDSHAKE_LENGTH, requests } from "../rpc/server/damaged_requests.ts";
import { joinBytes } from "../../lib/base/bytes.ts";
import { decodeText } from "../../lib/base/text.ts";
import type { Fuzzer, Target } from "./fuzzer.ts";
import { mutateMessage } from "./value_tree.ts";

const LONGEST_RANDOM = 500;
const LONGEST_PIECE = 200;
/** Each takes half a microsecond, however short it is, and a mutation may be two million bytes long. */
const MOST_PIECES = 100_000;
/** What a session may say in answer to nothing, to each byte, and of each line of the log beside its text. */
const MOST_TOLD = { atLeast: 20_000, perByte: 100, perLine: 40 };

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

/** Serves one conversation after another. */
class SessionTarget implements Target {
  readonly #random: Random;
  readonly #log = new AgentLog();
  #bytes: Uint8Array = new Uint8Array();
  #carriedOut = 0;
  #conversations = 0;
  tookMs = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get input(): string {
    return this.#bytes.toHex();
  }

  async attempt(): Promise<void> {
    const random = this.#random;
    this.#bytes = this.#draw();
    const shortest = Math.max(1, Math.ceil(this.#bytes.length / MOST_PIECES));
    const length = shortest + random.below(LONGEST_PIECE);
    const connection = new Conversation(pieces(this.#bytes, length));
    const agent = new FakeAgent();
    const session = new Session(connection, {
      watch: () => {},
      agent,
      log: this.#log,
      authKey: random.chance(0.1) ? "s3cret" : "",
      failedAuthDelayMs: 0,
      address: "127.0.0.1:1",
    });
    const begun = performance.now();
    await session.run();
    this.tookMs = performance.now() - begun;
    const left = agent.listeners.size + agent.openQueries.size;
    if (connection.closed !== 1 || left > 0) {
      throw new Error(`closed ${connection.closed} times, and ${left} subscriptions are left`);
    }
    assertLess(connection.told, this.#mostTold());
    this.#conversations++;
    this.#carriedOut += agent.counters.get("agent.ipc.command") ?? 0;
  }

  /** Damage that no command survives would test nothing. */
  check(): void {
    assertLess(0.5 * this.#conversations, this.#carriedOut + 100);
  }

  /** Every monitor gets the lines that the log has kept. */
  #mostTold(): number {
    const { atLeast, perByte, perLine } = MOST_TOLD;
    const monitors = decodeText(this.#bytes).split("monitor").length - 1;
    const kept = this.#log.lines.reduce((sum, { text }) => sum + perLine + text.length, 0);
    return atLeast + perByte * this.#bytes.length + monitors * kept;
  }

  #draw(): Uint8Array {
    const random = this.#random;
    const kind = random.next();
    if (kind < 0.02) {
      return new Uint8Array(random.below(LONGEST_RANDOM)).map(() => random.below(256));
    }
    const recorded = requests[random.below(requests.length)];
    if (kind < 0.5) return damaged(recorded, random);
    // Without a handshake a session ends at once.
    const spared = random.chance(0.9) ? HANDSHAKE_LENGTH : 0;
    return joinBytes(
      recorded.subarray(0, spared),
      mutateMessage(recorded.subarray(spared), 0, random),
    );
  }
}

/** An expression of `members-filtered` may take 65 ms to compile (`.github/SECURITY.md`), for each of its fields. */
export const sessionFuzzer: Fuzzer = {
  name: "sessions",
  limitMs: 400,
  create: (random) => new SessionTarget(random),
};
