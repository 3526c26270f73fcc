/**
 * `serf agent`.
 *
 * @module
 */

import { agentUsage } from "../agent/agent_flags.ts";
import type { Command } from "../command.ts";

/** Runs the agent of this node. */
export const agent: Command = {
  usage: agentUsage,
  async run(args, io) {
    const { runAgent } = await import("../agent/run_agent.ts");
    return await runAgent(args, io);
  },
};
