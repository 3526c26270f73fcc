/** A server with a fake agent behind it, and clients for it. */

import { AgentLog } from "../../lib/agent/log/agent_log.ts";
import { RpcClient, type RpcClientOptions } from "../../lib/rpc/client/client.ts";
import type { Command, RequestBody } from "../../lib/rpc/commands.ts";
import { encodeRequest } from "../../lib/rpc/protocol.ts";
import type { ClientListener } from "../../lib/rpc/server/listener/client_listener.ts";
import { listenTcp } from "../../lib/rpc/server/listener/tcp_listener.ts";
import { RpcServer, type RpcServerOptions } from "../../lib/rpc/server/server.ts";
import { FakeAgent } from "./client/fake_agent.ts";
import { RawClient } from "./raw_client.ts";

/** Where servers of tests listen, unless told otherwise. */
export const FREE_PORT = { hostname: "127.0.0.1", port: 0 };

interface ServingOptions extends RpcServerOptions {
  readonly listener: ClientListener;
}

export class Serving implements AsyncDisposable {
  readonly agent = new FakeAgent();
  readonly log = new AgentLog();
  readonly server: RpcServer;

  constructor(
    authKey?: string,
    { listener = listenTcp(FREE_PORT), ...options }: Partial<ServingOptions> = {},
  ) {
    const { agent, log } = this;
    this.server = new RpcServer(listener, { authKey, agent, log, ...options });
  }

  connect(options: RpcClientOptions = {}): Promise<RpcClient> {
    return RpcClient.connect({ address: this.server.address, ...options });
  }

  /** Connects and, unless told otherwise, has the handshake behind it. */
  async connectRaw(options: { handshake?: boolean } = {}): Promise<RawClient> {
    const client = await RawClient.connect(this.server.address);
    if (options.handshake === false) return client;
    await client.send(request(0, "handshake", { Version: 1 }));
    await client.read(13);
    return client;
  }

  /** The texts of the server's log lines so far, without their dates; the ports of clients read `PORT`. */
  get logged(): string[] {
    return this.log.lines.map(({ text }) =>
      text.replace(/^\S+ \S+ /, "").replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

/** A request as bytes. */
export function request<C extends Command>(
  seq: number | bigint,
  command: C,
  body: RequestBody<C>,
): Uint8Array {
  return encodeRequest(BigInt(seq), command, body);
}
