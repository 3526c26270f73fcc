/**
 * What `serf replay` prints of recordings.
 *
 * @module
 */

import { explain, tellStory } from "../../api/why/story.ts";
import { formatDuration } from "../../go/duration.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import type { JsonValue } from "../../go/format_json.ts";
import type { ReplayedRecording, Story } from "../../recording/story.ts";
import { formatColumns } from "../output.ts";
import { VERSION } from "../version.ts";
import { isoTime, timeText } from "./replay_time.ts";

/** What is shown of a story. */
export interface ShownStory {
  /** How long the replay took, milliseconds. */
  readonly tookMs: number;
  /** Whether the members at the end are shown. */
  readonly showMembers: boolean;
  /** The member whose state is explained, instead of the timeline. */
  readonly why: string | undefined;
}

/** A story as text. */
export function storyText(story: Story, { tookMs, showMembers, why }: ShownStory): string {
  const lines = why === undefined
    ? story.entries.map(({ atMs, node, text }) =>
      `${timeText(atMs)} ${escapeControls(node)} ${escapeControls(text)}`
    )
    : story.recordings.flatMap((recording) => whyText(recording, why)).slice(1);
  for (const { node, other, aheadMs, probes } of story.skews) {
    const way = aheadMs < 0 ? "behind" : "ahead of";
    lines.push(
      `Clocks: that of ${other} is ${Math.abs(aheadMs).toFixed(1)} ms ${way} that of ${node}, ` +
        `estimated from ${probes} probes.`,
    );
  }
  if (showMembers) lines.push(...story.recordings.flatMap(membersText));
  lines.push("", ...story.recordings.map(summary));
  lines.push(`Replayed in ${(tookMs / 1_000).toFixed(1)} s.`);
  return lines.join("\n");
}

function whyText({ header, why: report }: ReplayedRecording, node: string): string[] {
  if (report === undefined) return ["", `${header.config.name} knows nothing of ${node}`];
  const clock = timeText;
  return ["", ...tellStory(explain(report, { clock }), { clock }).map(escapeControls)];
}

function membersText({ header, endedAtMs, members }: ReplayedRecording): string[] {
  const rows = members.map(({ name, address, status }) => `${name}|${address}|${status}`);
  return [
    `Members as ${header.config.name} saw them at ${timeText(endedAtMs)}:`,
    ...formatColumns(rows.sort().map(escapeControls)).split("\n").map((row) => `  ${row}`),
  ];
}

function summary(recording: ReplayedRecording): string {
  const { header, parts, steps, endedAtMs, digest, divergence, ending } = recording;
  const { name } = header.config;
  const span = formatDuration(Math.round(endedAtMs - header.startedAtMs));
  const inputs = parts === 1 ? `${steps} inputs` : `${steps} inputs in ${parts} parts`;
  const run = `${name} from ${timeText(header.startedAtMs)}, ${span}, ${inputs}`;
  if (divergence === undefined) return `${run}: the same run (digest ${digest}). End: ${ending}.`;
  const { step, atMs, input } = divergence;
  const place = `at input ${step} (${input}) at ${timeText(atMs)}`;
  const advice = header.version === VERSION
    ? "This code has changed since, although its version has not."
    : `It takes version ${header.version}, which has recorded it; this is ${VERSION}.`;
  return `${run}: NOT the same run, it differs ${place}. ${advice}`;
}

/** A story as JSON. */
export function storyJson(story: Story, shown: Omit<ShownStory, "tookMs">): JsonValue {
  return {
    recordings: story.recordings.map((recording) => recordingJson(recording, shown)),
    timeline: shown.why !== undefined
      ? null
      : story.entries.map(({ atMs, node, type, text, member = null }) => (
        { time: isoTime(atMs), node, type, text, member }
      )),
    clocks: story.skews.map(({ node, other, aheadMs, probes }) => (
      { node, other, ahead_ms: Math.round(aheadMs * 1_000) / 1_000, probes }
    )),
  };
}

function recordingJson(
  recording: ReplayedRecording,
  { showMembers, why }: Omit<ShownStory, "tookMs">,
): JsonValue {
  const { header, parts, steps, endedAtMs, digest, divergence, ending, members } = recording;
  return {
    node: header.config.name,
    version: header.version,
    start: isoTime(header.startedAtMs),
    end: isoTime(endedAtMs),
    first_part: header.part ?? 1,
    parts,
    inputs: steps,
    digest,
    same: divergence === undefined,
    divergence: divergence === undefined ? null : {
      input: divergence.step,
      time: isoTime(divergence.atMs),
      what: divergence.input,
    },
    ending,
    why: why === undefined || recording.why === undefined
      ? null
      : JSON.parse(JSON.stringify(explain(recording.why, { clock: timeText }))),
    members: !showMembers ? null : members.map(({ name, address, status }) => (
      { name, addr: address.text, status }
    )),
  };
}
