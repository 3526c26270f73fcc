/**
 * Conversations in which what the client says has been damaged. Whatever arrives, a session ends with its connection,
 * throws nothing, and leaves nothing behind.
 */

import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { AgentLog } from "../../../lib/agent/log/agent_log.ts";
import { Session } from "../../../lib/rpc/server/session.ts";
import { Random } from "../../../lib/sim/random.ts";
import { ChunkSource, pieces } from "../chunk_source.ts";
import { damaged, requests } from "./damaged_requests.ts";
import { FakeAgent } from "../client/fake_agent.ts";

const SEED = 7373;
const CONVERSATIONS = 20_000;

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
  const log = new AgentLog();
  let understood = 0;
  for (let i = 0; i < CONVERSATIONS; i++) {
    const bytes = damaged(requests[random.below(requests.length)], random);
    const connection = new Conversation(pieces(bytes, 1 + random.below(200)));
    const agent = new FakeAgent();
    const authKey = random.chance(0.1) ? "s3cret" : "";
    const options = { agent, log, authKey, failedAuthDelayMs: 0, address: "127.0.0.1:1" };
    await new Session(connection, options).run();
    assertEquals([connection.closed, agent.listeners.size, agent.openQueries.size], [1, 0, 0]);
    assertLess(connection.told, 20_000 + 100 * bytes.length);
    understood += agent.counters.get("agent.ipc.command") ?? 0;
  }
  // Damage that no command gets past would test nothing.
  assertGreater(understood, 1.5 * CONVERSATIONS);
});
