/**
 * The runs of real processes in a network of their own, by name.
 *
 * @module
 */

import { anySerf } from "../support/serf_versions.ts";
import { composition, cuts, everything, loss } from "./bad_network.ts";
import { longLoad } from "./long_load.ts";
import { whyStories } from "./why_stories.ts";

/** How long a run takes, and where it says what happens. */
export interface SoakOptions {
  readonly minutes: number;
  readonly log: (line: string) => void;
}

/** One run. */
interface Run {
  /** How long it takes unless told otherwise. */
  readonly minutes: number;
  /** Whether half of the agents are Serf's. */
  readonly mixed: boolean;
  /** Rejects if something was wrong. */
  readonly start: (options: SoakOptions) => Promise<void>;
}

const ours = composition();
const both = composition(anySerf);

/** All runs. */
export const runs = {
  "loss": {
    minutes: 3,
    mixed: false,
    start: (options) => loss({ ...options, kinds: ours, noTcp: false }),
  },
  "loss-mixed": {
    minutes: 3,
    mixed: true,
    start: (options) => loss({ ...options, kinds: both, noTcp: false }),
  },
  "loss-without-tcp": {
    minutes: 3,
    mixed: false,
    start: (options) => loss({ ...options, kinds: ours, noTcp: true }),
  },
  "loss-without-tcp-mixed": {
    minutes: 3,
    mixed: true,
    start: (options) => loss({ ...options, kinds: both, noTcp: true }),
  },
  "cuts": { minutes: 3, mixed: false, start: (options) => cuts({ ...options, kinds: ours }) },
  "cuts-mixed": { minutes: 3, mixed: true, start: (options) => cuts({ ...options, kinds: both }) },
  "everything": {
    minutes: 10,
    mixed: false,
    start: (options) => everything({ ...options, kinds: ours }),
  },
  "everything-mixed": {
    minutes: 10,
    mixed: true,
    start: (options) => everything({ ...options, kinds: both }),
  },
  "why": { minutes: 3, mixed: false, start: whyStories },
  "load": { minutes: 60, mixed: false, start: longLoad },
} as const satisfies Record<string, Run>;

/** The name of a run. */
export type RunName = keyof typeof runs;
