/** An agent without a cluster behind a real RPC server, for command lines that run inside this process. */

import { AgentLog } from "../../lib/agent/log/agent_log.ts";
import { RpcServer } from "../../lib/rpc/server/server.ts";
import { FakeAgent } from "../rpc/client/fake_agent.ts";
import { type IoOptions, type Outcome, serf } from "./recorded_io.ts";

export class ScriptedAgent implements AsyncDisposable {
  readonly fake = new FakeAgent();
  readonly log = new AgentLog(() => new Date(2026, 0, 2, 3, 4, 5));
  readonly #server: RpcServer;

  constructor(options: { authKey?: string } = {}) {
    this.#server = RpcServer.listen({
      address: "127.0.0.1:0",
      agent: this.fake,
      log: this.log,
      ...options,
    });
  }

  /** `host:port` of its RPC interface. */
  get address(): string {
    return this.#server.address.text;
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
