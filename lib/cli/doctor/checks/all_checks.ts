/**
 * The table of all checks.
 *
 * @module
 */

import type { AgentFacts, Facts } from "../facts.ts";
import type { CheckedFinding, Finding } from "../finding.ts";
import {
  checkHandlers,
  checkKeys,
  checkLoad,
  checkMachine,
  checkQueues,
  checkTags,
} from "./check_agent.ts";
import { checkFiles, checkFutureAddress, checkPorts, checkSettings } from "./check_config.ts";
import { checkLog } from "./check_log.ts";
import {
  checkAdvertised,
  checkClocks,
  checkDuplicates,
  checkReachability,
  checkVersions,
} from "./check_members.ts";
import { checkWhy } from "./check_why.ts";

type Check = (facts: Facts) => Finding[];

/** A check that needs an agent that answers. */
function ofAgent(check: (agent: AgentFacts, facts: Facts) => Finding[]): Check {
  return (facts) => {
    const { agent } = facts;
    return agent === undefined || "error" in agent ? [] : check(agent, facts);
  };
}

/** A check that needs a configuration that can be used. */
function ofConfig(check: (config: NonNullable<Facts["config"]>, facts: Facts) => Finding[]): Check {
  return (facts) => {
    const { config } = facts;
    return config === undefined || config.error !== undefined ? [] : check(config, facts);
  };
}

/** All checks by name, in the order in which they are told. */
const checks: Readonly<Record<string, Check>> = {
  "configuration": ({ config }) => config === undefined ? [] : checkSettings(config),
  "ports": ofConfig(checkPorts),
  "address to advertise": ofConfig((config, { host }) => checkFutureAddress(config, host)),
  "tags to announce": ofConfig(checkTags),
  "files": ofConfig(checkFiles),
  "handlers to run": ofConfig(({ handlers }) => checkHandlers(handlers)),
  "agent": ({ agent }) => {
    if (agent === undefined || !("error" in agent)) return [];
    return [{ status: "fail", seen: agent.error, advice: "Is it running there? See -rpc-addr." }];
  },
  "load": ofAgent(checkLoad),
  "queues": ofAgent(checkQueues),
  "machine": ofAgent((_agent, { host }) => checkMachine(host)),
  "tags": ofAgent(checkTags),
  "handlers": ofAgent(({ handlers }) => checkHandlers(handlers)),
  "keys": ofAgent(checkKeys),
  "versions": ofAgent(checkVersions),
  "clocks": ofAgent(checkClocks),
  "names": ofAgent(checkDuplicates),
  "address": ofAgent((agent, { host }) => checkAdvertised(agent, host)),
  "reachability": ofAgent(checkReachability),
  "why": ofAgent(checkWhy),
  "log": ofAgent(({ log }) => checkLog(log)),
};

/** What all checks find. */
export function runChecks(facts: Facts): CheckedFinding[] {
  return Object.entries(checks).flatMap(([check, run]) =>
    run(facts).map((finding) => ({ check, ...finding }))
  );
}
