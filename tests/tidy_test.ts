/** Holds up what the layout promises: the direction of imports, the purity of the core, and that nothing is dead. */

import { assertEquals, assertGreater, assertLessOrEqual, assertStringIncludes } from "@std/assert";
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

/** All documents; what Git ignores and generated folders have none. */
const markdown = [
  ...["README.md", "CHANGELOG.md"],
  ...[".github/", ...folders("lib/", "tests/")].flatMap((folder) =>
    [...Deno.readDirSync(new URL(folder, root))].filter(({ name }) => name.endsWith(".md"))
      .map(({ name }) => folder + name)
  ),
].map((path) => ({ path, text: Deno.readTextFileSync(new URL(path, root)) }));

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
  recording: ["base", "go", "api", "wire", "swim", "serf", "sim"],
  rpc: ["base", "go", "api", "wire", "swim", "serf", "host"],
  agent: ["base", "go", "api", "wire", "swim", "serf", "host", "rpc", "recording"],
  cli: ["base", "go", "api", "wire", "swim", "serf", "host", "rpc", "agent", "sim", "recording"],
  packaging: [],
};

/** Everything that `start` pulls in, itself included. */
function reachable(...start: string[]): Set<string> {
  const found = new Set(start);
  for (const path of found) for (const next of sources.get(path)?.imports ?? []) found.add(next);
  return found;
}

/** The files of a folder that tasks run. */
function scriptsOfTasks(folder: string): readonly string[] {
  const text = Deno.readTextFileSync(new URL("deno.json", root));
  return text.match(new RegExp(`${folder}/[\\w/]+\\.ts`, "g")) ?? [];
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

Deno.test("the RPC client loads neither the gossip core nor, on Deno, node: modules", () => {
  const ofNode = [...reachable("lib/base/platform/node_platform.ts")]
    .filter((path) => path.startsWith("lib/base/platform/node_"));
  for (const path of reachable("lib/rpc/client/client.ts")) {
    if (ofNode.includes(path)) continue;
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
  const published = ["main.ts", "mod.ts", "lib/rpc/client/client.ts", "lib/sim/mod.ts"];
  const entries = [...published, ...scriptsOfTasks("lib")];
  const used = reachable(...entries);
  const dead = library.map(({ path }) => path).filter((path) =>
    !used.has(path) && !path.endsWith(".d.ts")
  );
  assertEquals(dead, []);
});

Deno.test("every test helper is imported by a test or a task", () => {
  const tasks = scriptsOfTasks("tests");
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

/** Words that only this project gave a meaning. The field has its own. */
const PRIVATE_WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bhearings?\b/i, "suspicion, or the message"],
  [/\bjudges?\b|\bverdicts?\b/i, "compare, result"],
  [/\bcontradict\w*/i, "refute"],
  [/\bdoubt\w*/i, "suspect, suspicion"],
  [/\bexcuse\w*/i, "what is meant"],
  [/\badopt\w*/i, "accept, merge"],
  [/\bhurr(y|ied|ies)\b/i, "what is meant"],
  [/#served\b|#newer\b|#older\b|#unite\b/, "what is meant"],
  [/\b(misplaceLast|layFoundation|SwimSide|BroadcastWaits)\b/, "what is meant"],
  [/\bthe reference('s)?\b(?! (implementation|documentation))/i, "Serf or memberlist"],
];

Deno.test("names and comments use the field's words", () => {
  const texts = [...sources.values(), ...markdown].filter(({ path }) =>
    path !== "tests/tidy_test.ts"
  );
  for (const { path, text } of texts) {
    for (const [word, better] of PRIVATE_WORDS) {
      const found = word.exec(text)?.[0];
      assertEquals(found, undefined, `${path} says "${found}": say ${better}`);
    }
  }
});

Deno.test("everything that a library file exports has a doc comment", () => {
  const start =
    /^export (?:async |abstract )*(?:function\*?|class|const|interface|type|enum) (\w+)/;
  for (const { path, text } of library) {
    const lines = text.split("\n");
    for (const [i, line] of lines.entries()) {
      const name = start.exec(line)?.[1];
      if (name === undefined) continue;
      const before = lines.slice(0, i).findLast((line) => !/^\/\/ deno-lint/.test(line)) ?? "";
      const documented = before.endsWith("*/") || start.exec(before)?.[1] === name; // an overload
      assertEquals(documented, true, `${path}: ${name} has no doc comment`);
    }
  }
});

/** The name of a heading in links, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

Deno.test("every link of the documents leads somewhere", () => {
  for (const { path, text } of markdown) {
    for (const [, link] of text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)) {
      const [file, anchor] = link.split("#");
      const url = new URL(file, new URL(path, root));
      assertEquals(exists(url), true, `${path} links to ${link}`);
      if (anchor === undefined) continue;
      const target = file === "" ? text : Deno.readTextFileSync(url);
      const anchors = [...target.matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1]));
      assertEquals(anchors.includes(anchor), true, `${path} links to ${link}`);
    }
  }
});

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}

Deno.test("README.md is short", () => {
  assertLessOrEqual(Deno.readTextFileSync(new URL("README.md", root)).split("\n").length - 1, 160);
});

Deno.test("one version stands in deno.json, in the command line and in the changelog", () => {
  const { version } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  assertEquals(VERSION, version);
  assertStringIncludes(Deno.readTextFileSync(new URL("CHANGELOG.md", root)), `## ${version}`);
});

Deno.test("one Deno version stands in the README, the CI script, the workflows and the container file", () => {
  const files = [
    "README.md",
    ".ci/run",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    "lib/packaging/container/Containerfile",
  ];
  const versions = files.flatMap((file) =>
    [
      ...Deno.readTextFileSync(new URL(file, root)).matchAll(
        /deno(?:@|:|-version: )(\d+\.\d+\.\d+)/g,
      ),
    ]
      .map((match) => match[1])
  );
  assertGreater(versions.length, 3);
  assertEquals(new Set(versions).size, 1);
});
