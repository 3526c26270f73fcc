/**
 * Joins scripts of a bundle: a process starts sooner with a few large ones than with many small ones.
 *
 * @module
 */

import { parse } from "es-module-lexer";

/** Scripts of one folder, by name. */
export type Scripts = ReadonlyMap<string, string>;

/** A thing with the name that it has in a script, and the one by which scripts import and export it. */
interface Thing {
  readonly own: string;
  readonly shared: string;
}

/** A script without its imports from other scripts, and without its exports. */
interface Parts {
  readonly body: string;
  /** By the name of the other script. From some nothing is imported: they are only run before. */
  readonly imports: ReadonlyMap<string, readonly Thing[]>;
  readonly exports: readonly Thing[];
}

/** The names of the scripts that are run before a script. */
export function importsOf(script: string): string[] {
  return [...takeApart(script).imports.keys()];
}

/**
 * Joins the scripts of each group into one, which gets the group's name, and makes all others import that. In it each script
 * is a function: it is called once, with what it imports, and returns what it exports, which must not change later. Throws an
 * `Error` for imports and exports of forms that minified scripts do not have.
 */
export function joinScripts(
  scripts: Scripts,
  groups: ReadonlyMap<string, readonly string[]>,
): Scripts {
  const parts = new Map([...scripts].map(([name, script]) => [name, takeApart(script)]));
  const groupOf = new Map(
    [...groups].flatMap(([group, names]) => names.map((name) => [name, group])),
  );
  const joined = new Map<string, string>();
  for (const [group, names] of groups) {
    const members = new Map(names.map((name) => [name, parts.get(name) as Parts]));
    joined.set(group, joinGroup(members, groupOf));
  }
  for (const [name, { body, imports, exports }] of parts) {
    if (!groupOf.has(name)) {
      joined.set(name, body + importAll(imports, groupOf) + exportAll(exports));
    }
  }
  return joined;
}

function joinGroup(
  members: ReadonlyMap<string, Parts>,
  groupOf: ReadonlyMap<string, string>,
): string {
  const imported = new Map<string, Map<string, Thing>>();
  const calls: string[] = [];
  const exported: Thing[] = [];
  for (const name of inOrder(members)) {
    const { body, imports, exports } = members.get(name) as Parts;
    const [otherImports, otherExports] = parse(body);
    if (otherExports.length > 0 || otherImports.some(({ type }) => type === "static")) {
      throw new Error(`Cannot join ${name}: it has other imports and exports than of scripts`);
    }
    const [parameters, values]: string[][] = [[], []];
    for (const [from, things] of imports) {
      if (!members.has(from) && !imported.has(from)) imported.set(from, new Map());
      for (const { own, shared } of things) {
        const outer = nameInGroup(from, shared);
        parameters.push(own);
        values.push(outer);
        imported.get(from)?.set(outer, { own: outer, shared });
      }
    }
    const outer = exports.map(({ shared }) => `${shared}:${nameInGroup(name, shared)}`);
    const result = exports.map(({ own, shared }) => `${shared}:${own}`);
    calls.push(`const{${outer}}=((${parameters})=>{${body};return{${result}}})(${values});`);
    for (const { shared } of exports) {
      exported.push({ own: nameInGroup(name, shared), shared: nameInGroup(name, shared) });
    }
  }
  const imports = new Map([...imported].map(([from, things]) => [from, [...things.values()]]));
  return calls.join("") + importAll(imports, groupOf) + exportAll(exported);
}

/** Each after those that it imports. */
function inOrder(members: ReadonlyMap<string, Parts>): Set<string> {
  const ordered = new Set<string>();
  const add = (name: string) => {
    const parts = members.get(name);
    if (parts === undefined || ordered.has(name)) return;
    for (const from of parts.imports.keys()) add(from);
    ordered.add(name);
  };
  for (const name of members.keys()) add(name);
  return ordered;
}

/** No script has such a name for something of its own: those are short. */
function nameInGroup(script: string, shared: string): string {
  return `${script.replace(/\.js$/, "").replaceAll(/\W/g, "_")}_${shared}`;
}

/** Imports may stand anywhere. They stand last, because a script may begin with a line for the shell. */
function importAll(imports: Parts["imports"], groupOf: ReadonlyMap<string, string>): string {
  const lists = new Map<string, string[]>();
  for (const [from, things] of imports) {
    const group = groupOf.get(from);
    const list = things.map(({ own, shared }) =>
      `${group === undefined ? shared : nameInGroup(from, shared)} as ${own}`
    );
    lists.set(group ?? from, [...lists.get(group ?? from) ?? [], ...list]);
  }
  return [...lists].map(([from, list]) => `;import{${list}}from"./${from}"`).join("");
}

function exportAll(exports: readonly Thing[]): string {
  if (exports.length === 0) return "";
  return `;export{${exports.map(({ own, shared }) => `${own} as ${shared}`)}};`;
}

function takeApart(script: string): Parts {
  const imports = new Map<string, Thing[]>();
  let body = "";
  let end = 0;
  for (const { type, specifier, importStart, importEnd } of parse(script)[0]) {
    if (type !== "static" || !specifier.startsWith("./")) continue;
    const statement = script.slice(importStart, importEnd);
    const list = /^import(?:\{(.*)\}from)?"/.exec(statement);
    if (list === null) throw new Error(`Cannot take apart ${statement}`);
    const things = imports.get(specifier.slice(2)) ?? [];
    imports.set(specifier.slice(2), things);
    for (const [shared, own] of namesIn(list[1])) things.push({ own, shared });
    body += script.slice(end, importStart);
    end = importEnd;
  }
  body += script.slice(end);
  const last = /;?export\{([^{}]*)\};?\s*$/.exec(body);
  const exports = namesIn(last?.[1]).map(([own, shared]) => ({ own, shared }));
  return { body: body.slice(0, last?.index), imports, exports };
}

/** The pairs in a list such as `a as b,c`. */
function namesIn(list = ""): [string, string][] {
  return list.split(",").filter((entry) => entry !== "").map((entry) => {
    const [name, renamed = name] = entry.split(" as ");
    return [name, renamed];
  });
}
