/** Holds up what the layout promises: the direction of imports, the purity of the core, and that nothing is dead. */

import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { VERSION } from "../lib/cli/version.ts";

const root = new URL("../", import.meta.url);

interface Source {
  /** Path from the project's root, for instance `lib/wire/lzw.ts`. */
  readonly path: string;
  readonly text: string;
  /** Paths of the project's own files that it imports. */
  readonly imports: readonly string[];
}

function* walk(directory: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(directory, root))) {
    if (entry.isDirectory) yield* walk(`${directory}${entry.name}/`);
    else if (entry.name.endsWith(".ts")) yield directory + entry.name;
  }
}

/** Folders and everything below them. */
function folders(...starts: string[]): string[] {
  return starts.flatMap((start) => [
    start,
    ...[...Deno.readDirSync(new URL(start, root))].filter(({ isDirectory }) => isDirectory)
      .flatMap(({ name }) => folders(`${start}${name}/`)),
  ]);
}

function read(path: string): Source {
  const url = new URL(path, root);
  const text = Deno.readTextFileSync(url);
  const specifiers = /(?:from|import|import\()\s*"(\.[^"]+)"/g;
  const imports = [...text.matchAll(specifiers)]
    .map((match) => new URL(match[1], url).href.slice(root.href.length));
  return { path, text, imports };
}

const sources = new Map(
  ["main.ts", "mod.ts", ...walk("lib/"), ...walk("tests/")].map((path) => [path, read(path)]),
);
const library = [...sources.values()].filter(({ path }) =>
  path.startsWith("lib/") && !path.endsWith(".d.ts")
);

/** The folder of a source below `lib/`. */
function room(path: string): string {
  return path.split("/")[1];
}

/** What each folder may import, itself apart. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  go: ["base"],
  api: ["base"],
  wire: ["base", "go", "api"],
  swim: ["base", "go", "api", "wire"],
  serf: ["base", "go", "api", "wire", "swim"],
  sim: ["base", "go", "api", "wire", "swim", "serf"],
  host: ["base", "go", "api", "wire", "swim", "serf"],
  rpc: ["base", "go", "api", "wire", "swim", "serf", "host"],
  agent: ["base", "go", "api", "wire", "swim", "serf", "host", "rpc"],
  cli: ["base", "go", "api", "wire", "swim", "serf", "host", "rpc", "agent", "sim"],
};

/** Everything that `start` pulls in, itself included. */
function reachable(...start: string[]): Set<string> {
  const found = new Set(start);
  for (const path of found) for (const next of sources.get(path)?.imports ?? []) found.add(next);
  return found;
}

Deno.test("imports point one way between the rooms", () => {
  assertGreater(library.length, 50);
  for (const { path, imports } of library) {
    const from = room(path);
    for (const target of imports.filter((to) => to.startsWith("lib/"))) {
      const to = room(target);
      if (from !== to) {
        assertEquals(mayImport[from].includes(to), true, `${path} imports ${target}`);
      }
    }
  }
});

Deno.test("no two files import each other, directly or round about", () => {
  for (const { path, imports } of library) {
    const circle = imports.filter((next) => reachable(next).has(path));
    assertEquals(circle, [], `${path} is imported by what it imports`);
  }
});

Deno.test("the RPC client loads neither the gossip core nor node: modules", () => {
  for (const path of reachable("lib/rpc/client/client.ts")) {
    const from = room(path);
    assertEquals(
      ["base", "go", "api", "wire", "rpc"].includes(from),
      true,
      `the client pulls in ${path}`,
    );
    assertEquals(
      /from "node:/.test(sources.get(path)!.text),
      false,
      `${path} imports a node: module`,
    );
  }
});

Deno.test("the protocol core has no clock, no randomness, no I/O and no promises", () => {
  const forbidden =
    /\b(Date\.now|new Date|performance\.|Math\.random|crypto\.getRandomValues|setTimeout|setInterval|queueMicrotask|Deno\.|async |await |Promise\b)/;
  for (
    const { path, text } of library.filter(({ path }) => /^lib\/(wire|swim|serf)\//.test(path))
  ) {
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
    assertEquals(code.match(forbidden)?.[0], undefined, `${path} is not pure`);
  }
});

Deno.test("every library file is reached from an entry point", () => {
  const entries = ["main.ts", "mod.ts", "lib/rpc/client/client.ts", "lib/sim/mod.ts"];
  const used = reachable(...entries);
  const dead = library.map(({ path }) => path).filter((path) =>
    !used.has(path) && !path.endsWith(".d.ts")
  );
  assertEquals(dead, []);
});

Deno.test("every test helper is imported by a test or a task", () => {
  const tasks: readonly string[] =
    Deno.readTextFileSync(new URL("deno.json", root)).match(/tests\/[\w/]+\.ts/g) ?? [];
  const tests = [...sources.keys()].filter((path) =>
    /_test\.ts$|\/main\.ts$|^tests\/bench\//.test(path) || tasks.includes(path)
  );
  const used = reachable(...tests);
  const dead = [...sources.keys()].filter((path) =>
    path.startsWith("tests/") && !path.endsWith(".d.ts") && !used.has(path)
  );
  assertEquals(dead, []);
});

Deno.test("files are named in snake_case and stay small", () => {
  for (const { path, text } of library) {
    assertEquals(/^[a-z0-9_/]+(\.d)?\.ts$/.test(path), true, `${path} is not in snake_case`);
    assertEquals(
      text.split("\n").length <= 500,
      true,
      `${path} is long: is there a second concept in it?`,
    );
  }
});

Deno.test("a folder shows at a glance what it is about", () => {
  for (const folder of folders("lib/", "tests/")) {
    const files = [...Deno.readDirSync(new URL(folder, root))].filter(({ isFile }) => isFile);
    assertEquals(files.length <= 20, true, `${folder} has ${files.length} files: is it two rooms?`);
  }
});

Deno.test("one version stands in deno.json, in the command line and in the changelog", () => {
  const { version } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  assertEquals(VERSION, version);
  assertStringIncludes(Deno.readTextFileSync(new URL("CHANGELOG.md", root)), `## ${version}`);
});

Deno.test("one Deno version stands in the README, in the CI script and in the workflows", () => {
  const files = [
    "README.md",
    ".ci/run",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
  ];
  const versions = files.flatMap((file) =>
    [...Deno.readTextFileSync(new URL(file, root)).matchAll(/deno(?:@|-version: )(\d+\.\d+\.\d+)/g)]
      .map((match) => match[1])
  );
  assertGreater(versions.length, 3);
  assertEquals(new Set(versions).size, 1);
});
