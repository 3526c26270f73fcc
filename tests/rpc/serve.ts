/** A server with a fake agent behind it, and clients for it. */

import { AgentLog } from "../../lib/agent/log/agent_log.ts";
import { RpcClient, type RpcClientOptions } from "../../lib/rpc/client/client.ts";
import type { Command, RequestBody } from "../../lib/rpc/commands.ts";
import { encodeRequest } from "../../lib/rpc/protocol.ts";
import { RpcServer, type RpcServerOptions } from "../../lib/rpc/server/server.ts";
import { FakeAgent } from "./client/fake_agent.ts";
import { RawClient } from "./raw_client.ts";

export class Serving implements AsyncDisposable {
  readonly agent = new FakeAgent();
  readonly log = new AgentLog();
  readonly server: RpcServer;

  constructor(authKey?: string, options: Partial<RpcServerOptions> = {}) {
    const { agent, log } = this;
    const address = "127.0.0.1:0";
    this.server = RpcServer.listen({ address, authKey, agent, log, ...options });
  }

  connect(options: RpcClientOptions = {}): Promise<RpcClient> {
    return RpcClient.connect({ address: this.server.address.text, ...options });
  }

  /** Connects and, unless told otherwise, has the handshake behind it. */
  async connectRaw(options: { handshake?: boolean } = {}): Promise<RawClient> {
    const client = await RawClient.connect(this.server.address.port);
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
