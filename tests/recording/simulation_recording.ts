/**
 * Recording the nodes of a simulated cluster. It does not change the run.
 *
 * @module
 */

import type { MakeCore } from "../../lib/serf/core.ts";
import type { SimNode } from "../../lib/sim/sim_node.ts";
import { joinBytes } from "../../lib/base/bytes.ts";
import { PREAMBLE } from "../../lib/recording/format.ts";
import { RecordedCore } from "../../lib/recording/recorded_core.ts";
import { Recorder, type RecordingSink } from "../../lib/recording/recorder.ts";
import { segmentName } from "../../lib/recording/recording_folder.ts";
import type { Redaction } from "../../lib/recording/redaction.ts";

/** The wall clock of simulations starts here: 2020-01-01. */
const EPOCH_MS = Date.UTC(2020);

/** How nodes are recorded. */
export interface RecordSimulationOptions {
  /** The version of Serf for Deno. */
  readonly version: string;
  /** What is left out of the next recording. Default: keys. */
  readonly redaction?: () => Redaction;
}

/** The recording of a process: a node from one start to its end. */
export interface ProcessRecording {
  /** The name of the node, and which of its processes it is, from 1. */
  readonly node: string;
  readonly generation: number;
  /** The recording as a single segment. */
  readonly bytes: Uint8Array;
}

/** Records all processes of a cluster; see `SimulateOptions.makeCore`. */
export class SimulationRecording {
  readonly #options: RecordSimulationOptions;
  readonly #processes: (Omit<ProcessRecording, "bytes"> & {
    readonly recorder: Recorder;
    readonly sink: MemorySink;
  })[] = [];

  constructor(options: RecordSimulationOptions) {
    this.#options = options;
  }

  /** The value of `SimulateOptions.makeCore`. */
  readonly makeCore = (node: SimNode): MakeCore => (config, world, options) => {
    const sink = new MemorySink();
    const recorder = new Recorder({
      sink,
      version: this.#options.version,
      random: node.generator,
      wallClock: () => EPOCH_MS + node.simulatedMs,
      redaction: this.#options.redaction?.(),
    });
    this.#processes.push({ node: node.name, generation: node.generation, recorder, sink });
    return new RecordedCore(config, world, { ...options, recorder });
  };

  /** The recordings so far, in the order in which the processes started. */
  recordings(): ProcessRecording[] {
    return this.#processes.map(({ node, generation, recorder, sink }) => {
      recorder.flush();
      return { node, generation, bytes: sink.bytes };
    });
  }

  /** Writes the recordings so far into a folder, each into one of its own. */
  write(folder: string): void {
    for (const [i, { node, generation, bytes }] of this.recordings().entries()) {
      // Two nodes may have the same name.
      const path = `${folder}/${i}-${encodeURIComponent(node)}-${generation}`;
      Deno.mkdirSync(path, { recursive: true });
      Deno.writeFileSync(`${path}/${segmentName(1)}`, bytes);
    }
  }
}

/** Keeps a recording in memory, as a single segment. */
export class MemorySink implements RecordingSink {
  isOpen = true;
  /** Why the recording has ended before its time; `undefined` if it has not. */
  problem: string | undefined;
  readonly #parts: Uint8Array[] = [PREAMBLE];

  /** The segment so far. */
  get bytes(): Uint8Array {
    return joinBytes(...this.#parts);
  }

  begin(_header: unknown, block: Uint8Array): void {
    this.#parts.push(block);
  }

  write(block: Uint8Array): void {
    this.#parts.push(block);
  }

  end(reason: string): void {
    this.isOpen = false;
    this.problem = reason;
  }
}
