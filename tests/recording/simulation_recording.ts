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
  /** How many bytes of steps the next part is to have, and each block. Default: there is one part. */
  readonly partBytes?: () => number;
  readonly blockBytes?: number;
}

/** The recording of a process: a node from one start to its end. */
export interface ProcessRecording {
  /** The name of the node, and which of its processes it is, from 1. */
  readonly node: string;
  readonly generation: number;
  /** The last part of the recording as a single segment. */
  readonly bytes: Uint8Array;
  /** All parts. */
  readonly parts: readonly Uint8Array[];
}

/** Records all processes of a cluster; see `SimulateOptions.makeCore`. */
export class SimulationRecording {
  readonly #options: RecordSimulationOptions;
  readonly #processes: (Omit<ProcessRecording, "bytes" | "parts"> & {
    readonly recorder: Recorder;
    readonly sink: MemorySink;
  })[] = [];

  constructor(options: RecordSimulationOptions) {
    this.#options = options;
  }

  /** The value of `SimulateOptions.makeCore`. */
  readonly makeCore = (node: SimNode): MakeCore => (config, world, options) => {
    const sink = new MemorySink(this.#options.partBytes);
    const recorder = new Recorder({
      sink,
      version: this.#options.version,
      random: node.generator,
      wallClock: () => EPOCH_MS + node.simulatedMs,
      redaction: this.#options.redaction?.(),
      blockBytes: this.#options.blockBytes,
    });
    this.#processes.push({ node: node.name, generation: node.generation, recorder, sink });
    return new RecordedCore(config, world, { ...options, recorder });
  };

  /** The recordings so far, in the order in which the processes started. */
  recordings(): ProcessRecording[] {
    return this.#processes.map(({ node, generation, recorder, sink }) => {
      // The process may have ended, and another one may use its generator: no part may begin now.
      sink.mayGoOn = false;
      recorder.flush();
      sink.mayGoOn = true;
      return { node, generation, bytes: sink.bytes, parts: sink.parts };
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

/** Keeps a recording in memory, each part as a single segment. */
export class MemorySink implements RecordingSink {
  isOpen = true;
  /** Whether a new part may begin. */
  mayGoOn = true;
  /** Why the recording has ended before its time; `undefined` if it has not. */
  problem: string | undefined;
  readonly #partBytes: (() => number) | undefined;
  readonly #ended: Uint8Array[] = [];
  #blocks: Uint8Array[] = [];
  /** How many more bytes the part may have. */
  #full = 0;

  /** `partBytes` is asked how many bytes of steps each part is to have. Default: there is one part. */
  constructor(partBytes?: () => number) {
    this.#partBytes = partBytes;
  }

  get isPartFull(): boolean {
    return this.mayGoOn && this.#full <= 0;
  }

  /** The last part so far. */
  get bytes(): Uint8Array {
    return joinBytes(...this.#blocks);
  }

  /** All parts so far. */
  get parts(): readonly Uint8Array[] {
    return [...this.#ended, this.bytes];
  }

  hasRoomFor(): boolean {
    return true;
  }

  begin(_header: unknown, blocks: readonly Uint8Array[]): void {
    if (this.#blocks.length > 0) this.#ended.push(this.bytes);
    this.#blocks = [PREAMBLE, ...blocks];
    this.#full = this.#partBytes?.() ?? Infinity;
  }

  write(block: Uint8Array): void {
    this.#blocks.push(block);
    this.#full -= block.length;
  }

  end(reason: string): void {
    this.isOpen = false;
    this.problem = reason;
  }
}
