/**
 * `serf replay`, which the original Serf does not have: tells what happened in the recordings of agents.
 *
 * @module
 */

import { explain, tellStory } from "../../api/why/story.ts";
import { errorText } from "../../base/errors.ts";
import { formatDuration, parseDuration } from "../../go/duration.ts";
import { escapeControls } from "../../go/escape_controls.ts";
import { FlagError, type FlagSpecs, parseGoFlags } from "../../go/flags.ts";
import type { JsonValue } from "../../go/format_json.ts";
import { RecordingError } from "../../recording/recording.ts";
import { openRecordings } from "../../recording/recording_folder.ts";
import { replayAll, type ReplayedRecording, type Story } from "../../recording/story.ts";
import { type Command, CommandFailure, flagFailure } from "../command.ts";
import { formatColumns, formatFlag, formatResult } from "../output.ts";
import { VERSION } from "../version.ts";

const replayFlags = {
  from: {
    kind: "string",
    value: "time",
    help:
      "Tell what happened from this time on: as in 2026-11-28T23:04:05Z, 23:04:05 (UTC, on the day of the start), or 90s after the start.",
  },
  until: {
    kind: "string",
    value: "time",
    help: "Replay up to this time, and show the members as the node saw them then.",
  },
  follow: {
    kind: "string",
    value: "node",
    help: "Tell only what is about this member, and all messages from and to it.",
  },
  why: {
    kind: "string",
    value: "node",
    help:
      "Tell only why this member is in its state, at the end or at -until, as serf why does for a running agent.",
  },
  format: formatFlag,
} as const satisfies FlagSpecs;

/** Replays recordings and prints what happened. Exits with 1 if a replay is not the same run. */
export const replay: Command = {
  usage: {
    line: "serf replay [options] dir ...",
    description: [
      "Tells what happened to agents that were run with -record=dir: their members, suspicions, events and queries. " +
      "Several directories, of agents of one cluster, are told as one story.",
      "Every input of the recorded run is given to the same code again, in virtual time, and all that it does is " +
      "compared with what it did then. The exit code is 1 if it is not the same.",
    ].join("\n\n"),
    flags: replayFlags,
  },
  run(args, io) {
    const { flags, positionals } = parse(args);
    if (positionals.length === 0) {
      throw new CommandFailure("Must specify a directory with recordings", { showHelp: true });
    }
    const startedAt = performance.now();
    try {
      const recordings = positionals.flatMap(openRecordings);
      const [start] = recordings.map(({ header }) => header.startedAtMs).sort((a, b) => a - b);
      const story = replayAll(recordings, {
        fromMs: timeOf("from", flags.from, start),
        untilMs: timeOf("until", flags.until, start),
        follow: flags.follow,
        why: flags.why,
      });
      const tookMs = performance.now() - startedAt;
      const showMembers = flags.until !== undefined;
      io.out(formatResult(flags.format, {
        text: () => storyText(story, { tookMs, showMembers, why: flags.why }),
        json: () => storyJson(story, { showMembers, why: flags.why }),
      }));
      return story.recordings.every(({ divergence }) => divergence === undefined) ? 0 : 1;
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      throw new CommandFailure(`Cannot replay: ${errorText(error)}`);
    }
  },
};

function parse(args: readonly string[]) {
  try {
    return parseGoFlags(args, replayFlags);
  } catch (error) {
    throw error instanceof FlagError ? flagFailure(error) : error;
  }
}

/** A time of the wall clock; `startMs` is that of the first start. */
function timeOf(flag: string, text: string | undefined, startMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)) {
    const day = new Date(startMs).toISOString().slice(0, 10);
    const atMs = Date.parse(`${day}T${text}Z`);
    return atMs >= startMs - 1_000 ? atMs : atMs + 86_400_000;
  }
  const atMs = Date.parse(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(atMs)) return atMs;
  try {
    return startMs + parseDuration(text);
  } catch {
    throw new CommandFailure(
      `Invalid -${flag}: got "${text}", expected a time as in 2026-11-28T23:04:05Z or 23:04:05, or a duration as in 90s`,
    );
  }
}

interface ShownStory {
  /** How long the replay took, milliseconds. */
  readonly tookMs: number;
  /** Whether the members at the end are shown. */
  readonly showMembers: boolean;
  /** The member whose state is explained, instead of the timeline. */
  readonly why: string | undefined;
}

function storyText(story: Story, { tookMs, showMembers, why }: ShownStory): string {
  const lines = why === undefined
    ? story.entries.map(({ atMs, node, text }) =>
      `${timeText(atMs)} ${escapeControls(node)} ${escapeControls(text)}`
    )
    : story.recordings.flatMap((recording) => whyText(recording, why));
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
  if (report === undefined) return [`${header.config.name} knows nothing of ${node}`, ""];
  const clock = timeText;
  return [...tellStory(explain(report, { clock }), { clock }).map(escapeControls), ""];
}

function membersText({ header, endedAtMs, members }: ReplayedRecording): string[] {
  const rows = members.map(({ name, address, status }) => `${name}|${address}|${status}`);
  return [
    `Members as ${header.config.name} saw them at ${timeText(endedAtMs)}:`,
    ...formatColumns(rows.sort().map(escapeControls)).split("\n").map((row) => `  ${row}`),
  ];
}

function summary(recording: ReplayedRecording): string {
  const { header, steps, endedAtMs, digest, divergence, ending } = recording;
  const { name } = header.config;
  const span = formatDuration(Math.round(endedAtMs - header.startedAtMs));
  const run = `${name} from ${timeText(header.startedAtMs)}, ${span}, ${steps} inputs`;
  if (divergence === undefined) return `${run}: the same run (digest ${digest}). End: ${ending}.`;
  const { step, atMs, input } = divergence;
  const place = `at input ${step} (${input}) at ${timeText(atMs)}`;
  const advice = header.version === VERSION
    ? "This code has changed since, although its version has not."
    : `It takes version ${header.version}, which has recorded it; this is ${VERSION}.`;
  return `${run}: NOT the same run, it differs ${place}. ${advice}`;
}

function storyJson(story: Story, shown: Omit<ShownStory, "tookMs">): JsonValue {
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
  const { header, steps, endedAtMs, digest, divergence, ending, members } = recording;
  return {
    node: header.config.name,
    version: header.version,
    start: isoTime(header.startedAtMs),
    end: isoTime(endedAtMs),
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

/** As in `2026-11-28 23:04:05.123`, UTC. */
function timeText(atMs: number): string {
  return isoTime(atMs).replace("T", " ").replace("Z", "");
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
