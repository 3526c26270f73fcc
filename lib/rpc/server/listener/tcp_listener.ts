/**
 * Listening for RPC clients by TCP.
 *
 * @module
 */

import { formatHostPort } from "../../../base/address.ts";
import { sendAtOnce } from "../../../base/connect.ts";
import { type TcpEndpoint, tcpFailureText } from "../../tcp_endpoint.ts";
import type { AcceptedClient, ClientListener } from "./client_listener.ts";

/**
 * How many clients may wait to be accepted. A client that finds no room tries again only after a second, and a thousand
 * clients at once overflow Deno's default of 511. The system lowers this number to its own limit.
 */
const MAX_BACKLOG = 4_096;

/** Listens; an empty host means all addresses, port 0 a free one. Throws an `Error` in Go's words. */
export function listenTcp(endpoint: TcpEndpoint): ClientListener {
  const { hostname, port } = endpoint;
  try {
    return new TcpListener(
      Deno.listen({ hostname: hostname || "0.0.0.0", port, tcpBacklog: MAX_BACKLOG }),
    );
  } catch (cause) {
    throw new Error(tcpFailureText("listen", endpoint, cause as Error), { cause });
  }
}

class TcpListener implements ClientListener {
  readonly address: string;
  readonly #listener: Deno.TcpListener;

  constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
    this.address = formatHostPort(listener.addr.hostname, listener.addr.port);
  }

  async accept(): Promise<AcceptedClient> {
    const connection = await this.#listener.accept();
    sendAtOnce(connection);
    const { hostname, port } = connection.remoteAddr;
    return { connection, address: formatHostPort(hostname, port) };
  }

  close(): void {
    this.#listener.close();
  }
}
