/** TLS whose bytes have been damaged on the way. */

import { assertEquals, assertGreater } from "@std/assert";
import type { Connection } from "../../lib/rpc/connection.ts";
import { loadTls, type Tls } from "../../lib/rpc/tls.ts";
import type { TlsConnection } from "../../lib/rpc/tls_connection.ts";
import { Random } from "../../lib/sim/random.ts";
import { authority, identity } from "../support/certificates.ts";

const SEED = 7373;
const CONVERSATIONS = 100;

/** Bytes on their way in one direction, all of which are remembered. */
class Pipe {
  readonly sent: number[] = [];
  readonly #waiting: Uint8Array[] = [];
  #ended = false;
  #change = Promise.withResolvers<void>();

  write(bytes: Uint8Array): Promise<number> {
    this.sent.push(...bytes);
    this.#waiting.push(bytes.slice());
    this.#change.resolve();
    return Promise.resolve(bytes.length);
  }

  end(): void {
    this.#ended = true;
    this.#change.resolve();
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#waiting.length === 0) {
      if (this.#ended) return null;
      this.#change = Promise.withResolvers();
      await this.#change.promise;
    }
    const bytes = this.#waiting.shift()!;
    const rest = bytes.subarray(buffer.length);
    if (rest.length > 0) this.#waiting.unshift(rest);
    buffer.set(bytes.subarray(0, buffer.length));
    return bytes.length - rest.length;
  }
}

/** One end of two pipes. */
function end(incoming: Pipe, outgoing: Pipe): Connection {
  return {
    read: (buffer) => incoming.read(buffer),
    write: (bytes) => outgoing.write(bytes),
    close() {
      incoming.end();
      outgoing.end();
    },
  };
}

function serve(tls: Tls, connection: Connection): TlsConnection {
  return tls.serve(connection, { ...identity("agent"), ca: authority });
}

function connect(tls: Tls, connection: Connection): TlsConnection {
  return tls.connect(connection, {
    ...identity("client"),
    ca: authority,
    serverName: "agent.example",
  });
}

/** What client and server send each other for one message of the client. */
async function record(tls: Tls): Promise<{ toServer: Uint8Array; toClient: Uint8Array }> {
  const [toServer, toClient] = [new Pipe(), new Pipe()];
  const server = serve(tls, end(toServer, toClient));
  const client = connect(tls, end(toClient, toServer));
  const buffer = new Uint8Array(100);
  const received = server.read(buffer);
  await client.handshake();
  await client.write(Uint8Array.of(1, 2, 3));
  assertEquals([await received, ...buffer.subarray(0, 3)], [3, 1, 2, 3]);
  client.close();
  assertEquals(await server.read(buffer), null);
  server.close();
  return {
    toServer: Uint8Array.from(toServer.sent),
    toClient: Uint8Array.from(toClient.sent),
  };
}

function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  switch (random.below(4)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Uint8Array.from([
        ...bytes.subarray(0, at),
        ...bytes.subarray(random.below(bytes.length)),
      ]);
    case 2:
      return bytes.slice().fill(random.below(256), at, at + random.below(40));
    default:
      return bytes.with(at, random.below(256));
  }
}

Deno.test(`damaged handshakes end, and do no harm (seed ${SEED})`, async () => {
  const random = new Random(SEED);
  const tls = await loadTls();
  const { toServer, toClient } = await record(tls);
  assertGreater(toServer.length, 500);
  let failures = 0;
  for (let i = 0; i < CONVERSATIONS; i++) {
    const incoming = new Pipe();
    const connection = end(incoming, new Pipe());
    const isServer = random.chance(0.6);
    const secured = isServer ? serve(tls, connection) : connect(tls, connection);
    const bytes = damaged(isServer ? toServer : toClient, random);
    const cut = random.below(bytes.length + 1);
    incoming.write(bytes.subarray(0, cut));
    incoming.write(bytes.subarray(cut));
    const reading = secured.read(new Uint8Array(100)).catch(() => failures++);
    // Its own end, or the one of the other side, which may come at any time.
    if (random.chance(0.2)) secured.close();
    else incoming.end();
    await reading;
    secured.close();
  }
  assertGreater(failures, CONVERSATIONS / 3);
});
