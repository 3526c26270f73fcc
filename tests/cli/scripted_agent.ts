/** An agent without a cluster behind a real RPC server, for command lines that run inside this process. */

import { AgentLog } from "../../lib/agent/log/agent_log.ts";
import type { ClientListener } from "../../lib/rpc/server/listener/client_listener.ts";
import { listenTcp } from "../../lib/rpc/server/listener/tcp_listener.ts";
import { RpcServer } from "../../lib/rpc/server/server.ts";
import { FakeAgent } from "../rpc/client/fake_agent.ts";
import { FREE_PORT } from "../rpc/serve.ts";
import { type IoOptions, type Outcome, serf } from "./recorded_io.ts";

interface ScriptedAgentOptions {
  readonly authKey?: string;
  readonly listener?: ClientListener;
}

export class ScriptedAgent implements AsyncDisposable {
  readonly fake = new FakeAgent();
  readonly log = new AgentLog(() => new Date(2026, 0, 2, 3, 4, 5));
  readonly #server: RpcServer;

  constructor({ listener = listenTcp(FREE_PORT), ...options }: ScriptedAgentOptions = {}) {
    this.#server = new RpcServer(listener, {
      agent: this.fake,
      log: this.log,
      ...options,
    });
  }

  /** Where its RPC interface is. */
  get address(): string {
    return this.#server.address;
  }

  /** Runs a command line against it. */
  run(
    [command, ...args]: readonly string[],
    options: IoOptions = {},
  ): Promise<Outcome> {
    return serf([command, `-rpc-addr=${this.address}`, ...args], options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
