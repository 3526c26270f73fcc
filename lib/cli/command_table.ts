/**
 * The commands of `serf`. Each is imported when it is run, so that the start-up of one does not pay for the others.
 *
 * @module
 */

import type { CommandEntry, CommandTable } from "./command.ts";

/** All commands by name, in the order of the program's help. */
export const commandTable: CommandTable = new Map<string, CommandEntry>([
  ["agent", {
    summary: "Run a Serf agent",
    load: async () => (await import("./commands/agent.ts")).agent,
  }],
  ["completion", {
    summary: "Print a shell's completion of this program",
    load: async () => (await import("./docs/completion.ts")).completionOf(commandTable),
  }],
  ["doctor", {
    summary: "Look for what is wrong with agent and cluster",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  }],
  ["event", {
    summary: "Send a user event to all members",
    load: async () => (await import("./commands/event.ts")).event,
  }],
  ["force-leave", {
    summary: "Mark a failed member as left",
    load: async () => (await import("./commands/force_leave.ts")).forceLeave,
  }],
  ["help", {
    summary: "Show the help of a command, or all configuration keys",
    load: async () => (await import("./docs/help.ts")).helpOf(commandTable),
  }],
  ["info", {
    summary: "Show information about the agent",
    load: async () => (await import("./commands/info.ts")).info,
  }],
  ["join", {
    summary: "Make the agent join a cluster",
    load: async () => (await import("./commands/join.ts")).join,
  }],
  ["keygen", {
    summary: "Generate an encryption key",
    load: async () => (await import("./commands/keygen.ts")).keygen,
  }],
  ["keys", {
    summary: "Manage the encryption keys of the cluster",
    load: async () => (await import("./commands/keys.ts")).keys,
  }],
  ["leave", {
    summary: "Leave the cluster and stop the agent",
    load: async () => (await import("./commands/leave.ts")).leave,
  }],
  ["man", {
    summary: "Print the manual page",
    load: async () => (await import("./docs/man.ts")).manualOf(commandTable),
  }],
  ["members", {
    summary: "List the members of the cluster",
    load: async () => (await import("./commands/members.ts")).members,
  }],
  ["metrics", {
    summary: "Print the metrics of the agent",
    load: async () => (await import("./commands/metrics.ts")).metrics,
  }],
  ["monitor", {
    summary: "Follow the log and the events of the agent",
    load: async () => (await import("./commands/monitor.ts")).monitor,
  }],
  ["query", {
    summary: "Send a query and show the responses",
    load: async () => (await import("./commands/query.ts")).query,
  }],
  ["reachability", {
    summary: "Test whether all live members can be reached",
    load: async () => (await import("./commands/reachability.ts")).reachability,
  }],
  ["replay", {
    summary: "Tell what happened in the recordings of agents",
    load: async () => (await import("./commands/replay.ts")).replay,
  }],
  ["rtt", {
    summary: "Estimate the round-trip time between two nodes",
    load: async () => (await import("./commands/rtt.ts")).rtt,
  }],
  ["simulate", {
    summary: "Simulate a cluster and measure how it behaves",
    load: async () => (await import("./commands/simulate.ts")).simulate,
  }],
  ["tags", {
    summary: "Change the tags of the agent",
    load: async () => (await import("./commands/tags.ts")).tags,
  }],
  ["version", {
    summary: "Print the version",
    load: async () => (await import("./commands/version.ts")).version,
  }],
  ["why", {
    summary: "Tell why a member was suspected or failed",
    load: async () => (await import("./commands/why.ts")).why,
  }],
]);
