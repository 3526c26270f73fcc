/**
 * Lists what is in the program, as a software bill of materials in CycloneDX's form: `deno task sbom`.
 *
 * @module
 */

const root = new URL("../../", import.meta.url);

/** What `deno info --json` says, as far as it is used. */
interface ModuleGraph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier: string } }[];
  }[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly localPath: string;
}

/** The bill of materials of the program that `deno task compile` builds: Deno, and the npm packages in the bundle. */
export async function billOfMaterials(): Promise<Record<string, unknown>> {
  const { name, version, license } = JSON.parse(await readRoot("deno.json"));
  const lock = JSON.parse(await readRoot("deno.lock"));
  const packages = await shippedPackages();
  const components = packages.map(([id, { name, version, localPath }]) => {
    const { license } = JSON.parse(Deno.readTextFileSync(`${localPath}/package.json`));
    return {
      type: "library",
      "bom-ref": id,
      ...names(name),
      version,
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
      ...typeof license === "string" ? { licenses: [{ expression: license }] } : {},
      hashes: [{ alg: "SHA-512", content: hexOfIntegrity(lock.npm[id].integrity) }],
    };
  });
  const deno = {
    type: "platform",
    "bom-ref": "deno",
    name: "deno",
    version: Deno.version.deno,
    purl: `pkg:github/denoland/deno@v${Deno.version.deno}`,
    licenses: [{ expression: "MIT" }],
  };
  const program = { type: "application", "bom-ref": "serf", ...names(name), version };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { ...program, licenses: [{ expression: license }] } },
    components: [deno, ...components],
    dependencies: [
      { ref: "serf", dependsOn: ["deno", ...packages.map(([id]) => id)] },
      ...packages.map(([ref, { dependencies }]) => ({ ref, dependsOn: dependencies })),
    ],
  };
}

function readRoot(file: string): Promise<string> {
  return Deno.readTextFile(new URL(file, root));
}

/** CycloneDX has the scope of a package apart. */
function names(name: string): { readonly group?: string; readonly name: string } {
  const [scope, rest] = name.split("/");
  return rest === undefined ? { name } : { group: scope, name: rest };
}

/** The packages that the program imports, sooner or later, with their dependencies; in order of their names. */
async function shippedPackages(): Promise<[id: string, NpmPackage][]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: root,
    stderr: "inherit",
  }).output();
  const graph: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
  const wanted = new Set(importedPackages(graph));
  for (const id of wanted) {
    for (const dependency of graph.npmPackages[id].dependencies) wanted.add(dependency);
  }
  return [...wanted].sort().map((id) => [id, graph.npmPackages[id]]);
}

/** The packages that are imported by what is reached from the program, but not for its types alone. */
function importedPackages({ roots, modules, redirects, npmPackages }: ModuleGraph): string[] {
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Set(roots);
  for (const specifier of reached) {
    for (const { code } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code !== undefined) reached.add(redirects[code.specifier] ?? code.specifier);
    }
  }
  return [...reached].filter((specifier) => specifier.startsWith("npm:")).map((specifier) => {
    const path = specifier.replace(/^npm:\/?/, "");
    const found = Object.entries(npmPackages).find(([, { name, version }]) =>
      path === `${name}@${version}` || path.startsWith(`${name}@${version}/`)
    );
    if (found === undefined) {
      throw new Error(`Cannot list ${specifier}: Deno knows no such package`);
    }
    return found[0];
  });
}

/** `sha512-` and base64, as in lock files, to hexadecimal digits. */
function hexOfIntegrity(integrity: string): string {
  return Uint8Array.fromBase64(integrity.replace(/^sha512-/, "")).toHex();
}

if (import.meta.main) {
  await Deno.writeTextFile(Deno.args[0], `${JSON.stringify(await billOfMaterials(), null, 2)}\n`);
}
