/**
 * Where the versions of Serf are that the tests run against.
 *
 * @module
 */

/** The versions whose behaviour the tests know: what Debian has, and the newest. */
export const SERF_VERSIONS = ["Serf 0.8.2", "Serf 0.11.0"] as const;

/** The versions in the table of `tests/interop/README.md`: one between them, too. */
export const TABLE_VERSIONS = ["Serf 0.8.2", "Serf 0.10.2", "Serf 0.11.0"] as const;

/** A version of Serf. */
export type SerfVersion = typeof TABLE_VERSIONS[number];

/** What the versions call themselves. */
const OWN_NAMES: Readonly<Record<string, SerfVersion>> = {
  "0.8.2-dev": "Serf 0.8.2",
  "0.10.2-dev": "Serf 0.11.0",
};

/** Where programs are kept that take long to get. */
export const CACHE_FOLDER: string = `${cacheFolder()}/serf-deno`;

/** What `deno task serf:newest` builds: a version's number for `go install`, and the folder for its program. */
export const BUILDS: readonly { readonly version: string; readonly folder: string }[] = [
  "0.11.0",
  "0.10.2",
].map((version) => ({ version, folder: `${CACHE_FOLDER}/serf-${version}` }));

function cacheFolder(): string {
  return Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
}

/** Where programs of any version may be. */
const candidates = [
  Deno.env.get("SERF") ?? "serf",
  Deno.env.get("SERF_NEWEST") ?? `${CACHE_FOLDER}/serf-0.11.0/serf`,
];

/** Where the version in between is. It calls itself 0.8.2-dev, and so is known by its place. */
const BETWEEN = `${CACHE_FOLDER}/serf-0.10.2/serf`;

/** The programs that are here, by their version. */
export const serfPrograms: ReadonlyMap<SerfVersion, string> = findPrograms();

function findPrograms(): Map<SerfVersion, string> {
  const found = new Map<SerfVersion, string>();
  for (const program of candidates) {
    const version = versionOf(program);
    if (version !== undefined && !found.has(version)) found.set(version, program);
  }
  if (versionOf(BETWEEN) !== undefined) found.set("Serf 0.10.2", BETWEEN);
  return found;
}

function versionOf(program: string): SerfVersion | undefined {
  try {
    const { stdout } = new Deno.Command(program, { args: ["version"], stderr: "null" })
      .outputSync();
    return OWN_NAMES[new TextDecoder().decode(stdout).split("\n")[0].replace(/^Serf v/, "")];
  } catch {
    return undefined;
  }
}

/** A version that is here, Debian's rather than the newest; `undefined` where there is none. */
export const anySerf: SerfVersion | undefined = SERF_VERSIONS.find((version) =>
  serfPrograms.has(version)
);

/** How to get what is not here. */
const HINTS: Readonly<Record<SerfVersion, string>> = {
  "Serf 0.8.2": "Debian: apt-get install serf",
  "Serf 0.10.2": "with Go: deno task serf:newest",
  "Serf 0.11.0": "with Go: deno task serf:newest",
};

/** Why tests against a version cannot run here; `undefined` where they can. */
export function missingSerf(version: SerfVersion): string | undefined {
  return serfPrograms.has(version) ? undefined : `there is no ${version} here (${HINTS[version]})`;
}
