/**
 * `serf replay`, which the original Serf does not have: tells what happened in the recordings of agents.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import type { FlagSpecs, FlagValues } from "../../go/flags.ts";
import { type Recording, RecordingError } from "../../recording/recording.ts";
import { runsOf } from "../../recording/parts/run.ts";
import { openRecordings } from "../../recording/recording_folder.ts";
import { replayAll } from "../../recording/story.ts";
import { type Command, CommandFailure, type CommandIo, UsageFailure } from "../command.ts";
import { formatFlag, formatResult } from "../output.ts";
import { parseFlags } from "../parse_flags.ts";
import { timeOf } from "../replay/replay_time.ts";
import { storyJson, storyText } from "../replay/story_text.ts";

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
  "what-if": {
    kind: "string",
    value: "settings",
    help:
      "Simulate how the node might have gone on from -until with other settings, as in profile=wan or probe_timeout=2s,suspicion_mult=6, among peers that behave as it last saw them. The names are those of serf simulate -compare.",
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
  async run(args, io) {
    const { flags, positionals } = parseFlags(args, replayFlags);
    if (positionals.length === 0) {
      throw new UsageFailure("must specify a directory with recordings");
    }
    try {
      const problems: string[] = [];
      const recordings = positionals.flatMap((folder) => openRecordings(folder, problems));
      for (const problem of problems) io.err(`Left out: ${problem}`);
      const { "what-if": changes } = flags;
      return changes === undefined
        ? tell(recordings, flags, io)
        : await tellWhatIf(recordings, { ...flags, changes }, io);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      throw new CommandFailure(`Cannot replay: ${errorText(error)}`);
    }
  },
};

type ReplayFlags = FlagValues<typeof replayFlags>;

function tell(recordings: readonly Recording[], flags: ReplayFlags, io: CommandIo): number {
  const startedAt = performance.now();
  const start = Math.min(...recordings.map(({ header }) => header.startedAtMs));
  const story = replayAll(recordings, {
    fromMs: timeOf("from", flags.from, start),
    untilMs: timeOf("until", flags.until, start),
    follow: flags.follow,
    why: flags.why,
  });
  const tookMs = performance.now() - startedAt;
  const shown = { showMembers: flags.until !== undefined, why: flags.why };
  io.out(formatResult(flags.format, {
    text: () => storyText(story, { ...shown, tookMs }),
    json: () => storyJson(story, shown),
  }));
  return story.recordings.every(({ divergence }) => divergence === undefined) ? 0 : 1;
}

/** Simulates how the run that covers a time might have gone on. */
async function tellWhatIf(
  recordings: readonly Recording[],
  { changes, ...flags }: ReplayFlags & { readonly changes: string },
  io: CommandIo,
): Promise<number> {
  // The simulator is loaded only for this.
  const [{ whatIf }, { changedProfile, whatIfJson, whatIfText }] = await Promise.all([
    import("../../recording/what_if.ts"),
    import("../replay/what_if_text.ts"),
  ]);
  const start = Math.min(...recordings.map(({ header }) => header.startedAtMs));
  const untilMs = timeOf("until", flags.until, start) ?? Infinity;
  const run = runsOf(recordings).findLast(([{ header }]) => header.startedAtMs <= untilMs);
  if (run === undefined) {
    throw new UsageFailure(`-until: got ${flags.until}, which is before the start`);
  }
  const profile = changedProfile(run[0].header.config.profile, changes);
  const result = whatIf(run, { untilMs, profile });
  io.out(formatResult(flags.format, {
    text: () => whatIfText(result, changes),
    json: () => whatIfJson(result, changes),
  }));
  return result.divergence === undefined ? 0 : 1;
}
