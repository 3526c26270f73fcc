/**
 * `serf replay -what-if`: the settings that it names, and what it prints.
 *
 * @module
 */

import { escapeControls } from "../../go/escape_controls.ts";
import type { JsonValue } from "../../go/format_json.ts";
import type { TimelineEntry } from "../../recording/timeline.ts";
import type { SimulatedPeer, WhatIf } from "../../recording/what_if.ts";
import { type Profile, profiles } from "../../swim/config.ts";
import { ShapeError, unknownWord } from "../simulate/json_shape.ts";
import { profileSetting } from "../simulate/profile_settings.ts";
import { UsageFailure } from "../command.ts";
import { isoTime, timeText } from "./replay_time.ts";

/**
 * The profile with the changes in a list such as `profile=wan,probe_timeout=2s`, from the first to the last. Throws a
 * {@link UsageFailure} if there is no such profile or setting.
 */
export function changedProfile(profile: Profile, changes: string): Profile {
  try {
    return changes.split(",").map((change) => change.trim()).reduce(applyChange, profile);
  } catch (error) {
    throw error instanceof ShapeError ? new UsageFailure(error.message) : error;
  }
}

function applyChange(profile: Profile, change: string): Profile {
  const [, name] = /^profile=(.*)$/.exec(change) ?? [];
  if (name === undefined) return { ...profile, ...profileSetting(change, "-what-if") };
  const known = Object.keys(profiles);
  if (!known.includes(name)) throw unknownWord(name, "-what-if", { kind: "profile", known });
  return profiles[name as keyof typeof profiles];
}

/** A continuation as text. Every line of it says that it was simulated. */
export function whatIfText(result: WhatIf, changes: string): string {
  const { node, fromMs, peers, leftOut, loss } = result;
  const absent = peers.filter(({ state }) => state !== "answering");
  const among = `peers as ${node} last saw them`;
  const lines = [
    `SIMULATED from ${timeText(fromMs)} on: this is no replay, and never happened.`,
    `${node} begins anew with the members that it knew, among ${among}: ` +
    `${peers.length - absent.length} of ${peers.length} answer${describeRtt(peers)}, and ` +
    `${(100 * loss).toFixed(1)} % of datagrams are lost.`,
    ...absent.map(({ name, state }) =>
      `${name} does not answer: ${
        state === "refusing" ? "its host refuses connections" : "nothing comes back"
      }.`
    ),
    ...leftOut > 0 ? [`${leftOut} more peers that answer are left out.`] : [],
    "",
    "With the settings as they were:",
    ...entryLines(result.asItWas, fromMs),
    "",
    `With ${changes} on all nodes:`,
    ...entryLines(result.changed, fromMs),
  ];
  return lines.map(escapeControls).join("\n");
}

/** A continuation as JSON. */
export function whatIfJson(result: WhatIf, changes: string): JsonValue {
  const { node, fromMs, peers, leftOut, loss, asItWas, changed, divergence } = result;
  const entries = (list: readonly TimelineEntry[]): JsonValue =>
    list.map(({ atMs, type, text, member = null }) => (
      { simulated_time: isoTime(atMs), type, text, member }
    ));
  return {
    simulated: true,
    node,
    from: isoTime(fromMs),
    same_until_then: divergence === undefined,
    peers: peers.map(({ name, state, rttMs }) => ({ name, state, rtt_ms: round(rttMs) })),
    peers_left_out: leftOut,
    loss: round(loss),
    as_it_was: entries(asItWas),
    changes,
    changed: entries(changed),
  };
}

function entryLines(entries: readonly TimelineEntry[], fromMs: number): string[] {
  if (entries.length === 0) return ["  simulated: nothing happens within 5 minutes"];
  return entries.map(({ atMs, node, text }) =>
    `  simulated +${((atMs - fromMs) / 1_000).toFixed(1)} s  ${node} ${text}`
  );
}

function describeRtt(peers: readonly SimulatedPeer[]): string {
  const times = peers.filter(({ state }) => state === "answering").map(({ rttMs }) => rttMs);
  if (times.length === 0) return "";
  return `, after ${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)} ms`;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
