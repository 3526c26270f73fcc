/**
 * Serving RPC clients over TLS. The handshake takes place when a client is read from, so that it is part of the time, and
 * the client one of the number, that are allowed before authentication.
 *
 * @module
 */

import { errorText } from "../../../base/errors.ts";
import { delay } from "../../../base/timer.ts";
import { loadTls, type Tls } from "../../tls.ts";
import type { ServerTlsOptions } from "../../tls_options.ts";
import type { AcceptedClient, ClientListener } from "./client_listener.ts";

/**
 * Opens a listener whose clients are served over TLS. Rejects with an `Error` if the certificates or the key are none, or
 * do not belong together, and as `open` does.
 */
export async function listenTls(
  open: () => Promise<ClientListener>,
  options: ServerTlsOptions,
): Promise<ClientListener> {
  const tls = await loadTls();
  await check(options);
  return new TlsListener(await open(), { tls, options });
}

/**
 * The time between two clients. A handshake takes 2.6 ms of the event loop (measured, with certificates on both sides), and
 * anybody can ask for one: they must not keep an agent from its gossip.
 */
const CLIENT_INTERVAL_MS = 10;

class TlsListener implements ClientListener {
  readonly address: string;
  readonly #listener: ClientListener;
  readonly #tls: Tls;
  readonly #options: ServerTlsOptions;
  readonly #closing = new AbortController();
  #nextAt = 0;

  constructor(listener: ClientListener, { tls, options }: { tls: Tls; options: ServerTlsOptions }) {
    this.address = listener.address;
    this.#listener = listener;
    this.#tls = tls;
    this.#options = options;
  }

  async accept(): Promise<AcceptedClient> {
    await delay(this.#nextAt - performance.now(), this.#closing.signal);
    const { connection, address } = await this.#listener.accept();
    this.#nextAt = performance.now() + CLIENT_INTERVAL_MS;
    return { connection: this.#tls.serve(connection, this.#options), address };
  }

  close(): void {
    this.#closing.abort();
    this.#listener.close();
  }
}

/** With node:tls alone, mistakes would show only in the handshakes, all of which would fail. */
async function check({ cert, key, ca }: ServerTlsOptions): Promise<void> {
  const { createPrivateKey, X509Certificate } = await import("node:crypto");
  const read = <T>(what: string, parse: () => T): T => {
    try {
      return parse();
    } catch (cause) {
      throw new Error(`tls: cannot read the ${what}: ${errorText(cause)}`, { cause });
    }
  };
  const certificate = read("certificate", () => new X509Certificate(cert));
  const privateKey = read("key", () => createPrivateKey(key));
  if (ca !== undefined) read("certificates of the CA", () => new X509Certificate(ca));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error("tls: the key does not belong to the certificate");
  }
}
