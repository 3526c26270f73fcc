/**
 * Memory and descriptors of agents over time.
 *
 * @module
 */

import { memoryOf } from "../bench/process_usage.ts";
import { median } from "../bench/statistics.ts";
import type { Agent } from "../support/agent.ts";

/** What a process had at some time. */
interface Sample {
  readonly minute: number;
  /** MiB. */
  readonly rss: number;
  readonly descriptors: number;
}

/** A figure is the median of what was seen within this share of the run before and after. */
const WINDOW = 1 / 30;
/** So that there are samples in it in a short run, too, minutes. */
const LEAST_WINDOW = 0.25;

/** The samples of one agent. */
export class ProcessWatch {
  readonly agent: Agent;
  readonly #samples: Sample[] = [];

  constructor(agent: Agent) {
    this.agent = agent;
  }

  /** Looks at the process; `undefined` if it has ended. */
  sample(minute: number): Sample | undefined {
    try {
      const sample = { minute, rss: memoryOf(this.agent.pid).rss, descriptors: this.descriptors };
      this.#samples.push(sample);
      return sample;
    } catch {
      return undefined;
    }
  }

  /** How many files and sockets the process has open. */
  get descriptors(): number {
    return [...Deno.readDirSync(`/proc/${this.agent.pid}/fd`)].length;
  }

  /** What the process has open: number and file, such as `12 socket:[4711]`. */
  get openFiles(): string[] {
    const folder = `/proc/${this.agent.pid}/fd`;
    return [...Deno.readDirSync(folder)].map(({ name }) =>
      `${name} ${Deno.readLinkSync(`${folder}/${name}`)}`
    );
  }

  /** Resident memory about this time of a run of so many minutes, MiB. */
  rssAt(minute: number, { minutes }: { readonly minutes: number }): number {
    const window = Math.max(minutes * WINDOW, LEAST_WINDOW);
    const near = this.#samples.filter((each) => Math.abs(each.minute - minute) <= window);
    return median(near.map(({ rss }) => rss));
  }

  /** The most descriptors that were seen. */
  get mostDescriptors(): number {
    return Math.max(...this.#samples.map(({ descriptors }) => descriptors));
  }
}
