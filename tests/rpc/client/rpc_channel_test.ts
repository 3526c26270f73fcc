import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import { RpcChannel } from "../../../lib/rpc/client/rpc_channel.ts";
import type { Connection } from "../../../lib/rpc/connection.ts";
import { encodeResponseHeader } from "../../../lib/rpc/protocol.ts";
import { until } from "../../support/until.ts";

/** A connection that gives prepared bytes to each read, and then ends, or waits until it is closed. */
class ScriptedConnection implements Connection {
  readonly #answers: (Uint8Array | "end")[];
  readonly #closed = Promise.withResolvers<never>();
  /** Reads that were begun and have not ended. */
  reading = 0;

  constructor(...answers: (Uint8Array | "end")[]) {
    this.#answers = answers;
    this.#closed.promise.catch(() => {});
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    this.reading++;
    try {
      const answer = await (this.#answers.shift() ?? this.#closed.promise);
      if (answer === "end") return null;
      buffer.set(answer);
      return answer.length;
    } finally {
      this.reading--;
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(bytes.length);
  }

  close(): void {
    this.#closed.reject(new Error("closed"));
  }
}

const options = { writeTimeoutMs: 1_000 };
const accepted = (seq: bigint) => encodeResponseHeader({ seq, error: "" });

Deno.test("an idle channel notices that its connection has ended, and refuses further calls", async () => {
  const connection = new ScriptedConnection(accepted(1n), "end");
  await using channel = new RpcChannel(connection, options);
  await channel.ask("leave", null);
  await until(() => channel.closed);
  assertEquals(connection.reading, 0);
  await assertRejects(() => channel.ask("leave", null), RpcError, "client closed");
});

Deno.test("closing a channel waits for the end of the read, and makes the call fail", async () => {
  const connection = new ScriptedConnection();
  const channel = new RpcChannel(connection, options);
  const failed = assertRejects(() => channel.ask("leave", null), RpcError, "client closed");
  await channel.close();
  assertEquals(connection.reading, 0);
  await failed;
});
