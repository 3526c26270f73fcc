/** What Serf 0.8.2 said when its runs were recorded: the files of `tests/transcripts/`. */

/** What came of one run. Only what was recorded of it is there. */
export interface Observation {
  /** In a recording, `{{HELP command}}` stands for a help text. */
  readonly stdout?: string;
  readonly stderr?: string;
  /** `null` if the program was still running. */
  readonly exit?: number | string | null;
  /** Content of a file that an agent or a handler wrote. */
  readonly file?: string;
  /** Facts that were gathered, in no order. */
  readonly lines?: readonly string[];
  /** The largest size that was accepted. */
  readonly limit?: number;
}

/** A recorded run, or what was found after one. */
export interface Entry {
  /** Unique in its file. */
  readonly name: string;
  /** Arguments of the program; absent if this is not a run but what was found after one. */
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Written before the run; files of earlier runs were still there. */
  readonly files?: Readonly<Record<string, string>>;
  /** What was sent to the program, and how long after its start. */
  readonly signal?: { readonly name: Deno.Signal; readonly after_seconds: number };
  /** What was sent to the program, one after another. */
  readonly signals?: readonly Deno.Signal[];
  readonly recorded: Observation;
}

type RawEntry = Omit<Entry, "recorded"> & Observation & { readonly note?: string };

interface RawHelp {
  readonly commands: Readonly<Record<string, readonly { readonly name: string }[]>>;
  readonly order_in_program_help: readonly string[];
}

const directory = new URL("../../transcripts/", import.meta.url);

/** The folders of the recordings: of agents, and of the other commands. */
const folders = ["agent/", "commands/"].map((name) => new URL(name, directory));

/** All entries, by file (without `.json`), in the order of the recording. */
export const recordings: ReadonlyMap<string, readonly Entry[]> = new Map(
  folders.flatMap((folder) =>
    [...Deno.readDirSync(folder)].map(({ name }) =>
      [name.replace(".json", ""), read(new URL(name, folder))] as const
    )
  ).toSorted(([a], [b]) => a < b ? -1 : 1),
);

/** The entries of one file. */
export function entriesOf(file: string): readonly Entry[] {
  const entries = recordings.get(file);
  if (entries === undefined) throw new RangeError(`There is no recording ${file}`);
  return entries;
}

/** One entry. */
export function entryOf(file: string, name: string): Entry {
  const entry = entriesOf(file).find((entry) => entry.name === name);
  if (entry === undefined) throw new RangeError(`There is no entry ${name} in ${file}`);
  return entry;
}

function read(file: URL): Entry[] {
  const raw: RawEntry[] | RawHelp = JSON.parse(Deno.readTextFileSync(file));
  return raw instanceof Array ? raw.map(fromRaw) : fromHelp(raw);
}

function fromRaw({ stdout, stderr, exit, file, lines, note, ...rest }: RawEntry): Entry {
  const probed = /^largest accepted .*\b(\d+)$/.exec(note ?? "")?.[1];
  const limit = probed === undefined ? undefined : Number(probed);
  // Numbers were noted beside the names: how often, and which.
  const facts = lines?.map((line) => line.replace(/ \(.*\)$/, ""));
  return { ...rest, recorded: { stdout, stderr, exit, file, lines: facts, limit } };
}

/** The help texts themselves were not recorded, only which commands and flags they list. */
function fromHelp({ commands, order_in_program_help: order }: RawHelp): Entry[] {
  return [
    { name: "commands in order", recorded: { stdout: order.join("\n") } },
    ...Object.entries(commands).map(([name, flags]) => ({
      name: `flags of ${name}`,
      recorded: { lines: flags.map((flag) => flag.name) },
    })),
  ];
}
