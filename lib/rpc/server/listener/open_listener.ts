/**
 * Listening for RPC clients where the configuration says.
 *
 * @module
 */

import { parseEndpoint } from "../../endpoint.ts";
import type { ServerTlsOptions } from "../../tls_options.ts";
import type { ClientListener } from "./client_listener.ts";
import { listenTcp } from "./tcp_listener.ts";
import { listenUnix } from "./unix_listener.ts";

/**
 * Listens at `host:port`, or at `unix:` and a path, with `tls` for clients that speak TLS. Rejects with an `Error` in the
 * words of Go's net package, such as `listen tcp 127.0.0.1:7373: bind: address already in use`, or one that says what is
 * wrong with the certificates.
 */
export async function openListener(
  address: string,
  { tls }: { readonly tls?: ServerTlsOptions } = {},
): Promise<ClientListener> {
  if (tls !== undefined) {
    const { listenTls } = await import("./tls_listener.ts");
    return await listenTls(() => openListener(address), tls);
  }
  const endpoint = parseEndpoint(address, "listen");
  return "path" in endpoint ? await listenUnix(endpoint) : listenTcp(endpoint);
}
