import { assert, assertEquals, assertMatch } from "@std/assert";
import { billOfMaterials } from "../../lib/packaging/sbom.ts";

interface Component {
  readonly "bom-ref": string;
  readonly name: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly content: string }[];
}

Deno.test("the bill of materials has what is in the program, and nothing of the tests", async () => {
  const bill = await billOfMaterials();
  const components = bill.components as Component[];
  const names = components.map(({ name }) => name);
  for (const name of ["deno", "re2js", "hono", "multicast-dns", "dns-packet", "uplot"]) {
    assert(names.includes(name), `${name} is missing`);
  }
  for (const name of ["axios", "puppeteer-core", "axe-core", "es-module-lexer"]) {
    assert(!names.includes(name), `${name} is only for tests`);
  }
  for (const { purl, hashes } of components.filter(({ name }) => name !== "deno")) {
    assertMatch(purl, /^pkg:npm\/(%40[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+$/);
    assertMatch(hashes![0].content, /^[0-9a-f]{128}$/);
  }
  const refs = new Set(["serf", ...components.map((component) => component["bom-ref"])]);
  const dependencies = bill.dependencies as { ref: string; dependsOn: string[] }[];
  const unknown = dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn])
    .filter((ref) => !refs.has(ref));
  assertEquals(unknown, []);
});
