/**
 * TLS for RPC, by node:tls, which is loaded only where TLS is used.
 *
 * @module
 */

import { parseIp } from "../base/address.ts";
import type { Connection } from "./connection.ts";
import { TlsConnection } from "./tls_connection.ts";
import type { RpcTlsOptions, ServerTlsOptions } from "./tls_options.ts";

/** What a client is told to expect. */
interface ClientTlsOptions extends RpcTlsOptions {
  readonly serverName: string;
}

/** Both ends of TLS. */
export interface Tls {
  /** Begins the client's end. Certificates are always verified. */
  connect(connection: Connection, options: ClientTlsOptions): TlsConnection;
  /** Begins the server's end. With a `ca`, clients must show a certificate that it has signed. */
  serve(connection: Connection, options: ServerTlsOptions): TlsConnection;
}

/**
 * How long node:tls keeps what belongs to an unfinished handshake, about 50 KB, whatever has become of the connection. Its
 * own default is 120 s. The RPC server gives a client no longer than this to authenticate.
 */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Loads node:tls. */
export async function loadTls(): Promise<Tls> {
  const [{ default: tls }, { Duplex }] = await Promise.all([
    import("node:tls"),
    import("node:stream"),
  ]);
  return {
    connect(connection, { ca, cert, key, serverName }) {
      // An address is not sent to the server, only compared with its certificate.
      const name = parseIp(serverName) === undefined
        ? { servername: serverName }
        : { host: serverName };
      return new TlsConnection(connection, {
        Duplex,
        startHandshake(stream, { secured, failed }) {
          const socket = tls.connect({
            socket: stream,
            ...name,
            ...{ ca, cert, key },
            rejectUnauthorized: true,
          });
          socket.on("secureConnect", () => secured(socket));
          socket.on("error", failed);
        },
      });
    },
    serve(connection, { ca, cert, key }) {
      const needsCertificate = ca !== undefined;
      return new TlsConnection(connection, {
        Duplex,
        startHandshake(stream, { secured, failed }) {
          // A server that does not listen: it verifies certificates, which a socket alone does not.
          const server = tls.createServer({
            ...{ ca, cert, key },
            requestCert: needsCertificate,
            rejectUnauthorized: needsCertificate,
            handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
          });
          server.on("secureConnection", (socket) => {
            if (needsCertificate && !socket.authorized) failed(new Error("certificate refused"));
            else secured(socket);
          });
          server.on("tlsClientError", (error, { authorizationError: refusal }) => {
            failed(refusal ? new Error(`certificate refused: ${refusal}`) : error);
          });
          server.emit("connection", stream);
        },
      });
    },
  };
}
