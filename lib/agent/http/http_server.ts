/**
 * The HTTP API of an agent on its socket, loaded only when `http_addr` is set.
 *
 * It runs on `node:http` and not on `Deno.serve`, which neither limits how many clients connect nor how long they take for
 * the head of a request.
 *
 * @module
 */

import { getRequestListener } from "@hono/node-server";
import { createServer as createPlainServer, type Server, type ServerOptions } from "node:http";
import { errorText } from "../../base/errors.ts";
import { formatHostPort, isLoopback } from "../../base/address.ts";
import type { Log } from "../../base/log.ts";
import { readAuthFile } from "../../rpc/auth_file.ts";
import { parseTcpEndpoint } from "../../rpc/tcp_endpoint.ts";
import type { AgentConfig } from "../config/config.ts";
import { StartupError } from "../config/startup_error.ts";
import { warnIfReadableByAll } from "../config/state_files.ts";
import { PrometheusRegistry } from "../telemetry/prometheus_registry.ts";
import { AccessControl } from "./access.ts";
import { createApp } from "./app.ts";
import { EventRing } from "./events/event_ring.ts";
import { EventStreams } from "./events/event_stream.ts";
import type { HttpAgent } from "./http_agent.ts";
import { watchEventLoop } from "./event_loop.ts";
import { keepListening } from "./keep_listening.ts";
import { MembersView } from "./members_view.ts";

export { PrometheusRegistry };

/** The settings of the HTTP API, and those that say whether the agent is to join others. */
export type HttpConfig = Pick<
  AgentConfig,
  | "discover"
  | "httpAddr"
  | "httpAllowedHosts"
  | "httpMaxClients"
  | "httpTlsCertFile"
  | "httpTlsKeyFile"
  | "httpTokenFile"
  | "retryJoin"
  | "startJoin"
>;

/** The agent that is served, and where the server reports. */
interface HttpServerOptions {
  readonly agent: HttpAgent;
  /** What `/metrics` shows. */
  readonly registry: PrometheusRegistry;
  readonly log: Log;
}

/** How long a client may take for the head of a request, and for all of it; RPC clients have as long to authenticate. */
const HEAD_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** The largest head of a request. */
const MAX_HEAD_BYTES = 16_384;
/** How often the deadlines are checked. */
const CHECK_INTERVAL_MS = 1_000;

/** A server that listens. */
export class HttpServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #parts: DisposableStack;

  private constructor(server: Server, parts: DisposableStack) {
    this.#server = server;
    this.#parts = parts;
  }

  /** Starts listening. Rejects with a {@link StartupError}. */
  static async start(config: HttpConfig, options: HttpServerOptions): Promise<HttpServer> {
    const { hostname, port, access } = accessFor(config, options.log);
    const { agent, registry, log } = options;
    using parts = new DisposableStack();
    const events = new EventRing();
    const streams = parts.use(new EventStreams(events, agent.name));
    const members = parts.use(new MembersView(agent));
    parts.use(agent.subscribe((event) => {
      events.push(event);
      streams.wake();
    }));
    const wantsToJoin = config.startJoin.length + config.retryJoin.length > 0 ||
      config.discover !== "";
    const api = { agent, members, events, streams, registry, wantsToJoin, log };
    const app = createApp(api, access);
    const server = await createServer(config, getRequestListener(app.fetch));
    server.maxConnections = config.httpMaxClients;
    parts.use(observe(registry, { agent, streams, server }));
    try {
      await listen(server, { hostname, port });
    } catch (error) {
      throw new StartupError(`Error starting HTTP listener: ${errorText(error)}`);
    }
    parts.use(keepListening(server, { log }));
    const bound = (server.address() as { readonly port: number }).port;
    const scheme = config.httpTlsCertFile === "" ? "http" : "https";
    log("INFO", `agent.http: Listening on ${scheme}://${formatHostPort(hostname, bound)}`);
    return new HttpServer(server, parts.move());
  }

  /** Stops listening and closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.dispose();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

/** Checks address, token and certificate, without listening. Rejects with a {@link StartupError}. */
export async function checkHttpConfig(config: HttpConfig, log: Log): Promise<void> {
  accessFor(config, log);
  await createServer(config, () => Promise.resolve());
}

/** Adds what is measured only where somebody can read it. */
function observe(
  registry: PrometheusRegistry,
  { agent, streams, server }: {
    readonly agent: HttpAgent;
    readonly streams: EventStreams;
    readonly server: Server;
  },
): Disposable {
  let connections = 0;
  server.on("connection", (socket) => {
    connections++;
    socket.on("close", () => connections--);
  });
  registry.observe("agent.http.clients", "HTTP connections", () => connections);
  registry.observe("agent.http.streams", "Open streams of events", () => streams.size);
  registry.observe(
    "memberlist.gossip_budget",
    "Packets that gossip may send now",
    () => agent.gossipBudget,
  );
  return watchEventLoop(registry);
}

function accessFor({ httpAddr, httpTokenFile, httpAllowedHosts }: HttpConfig, log: Log) {
  const { hostname, port } = parseAddress(httpAddr);
  const local = isLoopback(hostname);
  if (!local && httpTokenFile === "") {
    throw new StartupError(
      `Cannot use http_addr: got "${httpAddr}", which others can reach: set http_token_file`,
    );
  }
  const token = httpTokenFile === "" ? undefined : readToken(httpTokenFile, log);
  const hosts = [hostname, ...httpAllowedHosts];
  return { hostname, port, access: new AccessControl({ token, local, hosts, log }) };
}

function parseAddress(text: string): { hostname: string; port: number } {
  try {
    const { hostname, port } = parseTcpEndpoint(text, "listen");
    return { hostname: hostname || "0.0.0.0", port };
  } catch (error) {
    throw new StartupError(`Error starting HTTP listener: ${errorText(error)}`);
  }
}

function readToken(path: string, log: Log): string {
  const token = attempt("http_token_file", () => readAuthFile(path, "HTTP token file"));
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new StartupError(`Cannot use http_token_file: expected one word of ASCII in ${path}`);
  }
  warnIfReadableByAll(path, "HTTP token file", log);
  return token;
}

function attempt<T>(setting: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw new StartupError(`Cannot use ${setting}: ${errorText(error)}`);
  }
}

async function createServer(
  { httpTlsCertFile, httpTlsKeyFile }: HttpConfig,
  listener: ReturnType<typeof getRequestListener>,
): Promise<Server> {
  const limits: ServerOptions = {
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
  };
  if (httpTlsCertFile === "" && httpTlsKeyFile === "") return createPlainServer(limits, listener);
  const cert = attempt("http_tls_cert_file", () => Deno.readTextFileSync(httpTlsCertFile));
  const key = attempt("http_tls_key_file", () => Deno.readTextFileSync(httpTlsKeyFile));
  // TLS is loaded only where it is used.
  const { createServer } = await import("node:https");
  return attempt("http_tls_cert_file", () => createServer({ ...limits, cert, key }, listener));
}

function listen(
  server: Server,
  { hostname, port }: { readonly hostname: string; readonly port: number },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, hostname, resolve);
  return promise;
}
