import { assert, assertAlmostEquals, assertEquals, assertLess, assertMatch } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { compressed, files, page } from "../../../../lib/agent/http/dashboard/assets.ts";
import { Projection, roundTripMs } from "../../../../lib/agent/http/dashboard/page/coordinates.js";
import { Agent } from "../../../support/agent.ts";
import { localAddress } from "../../../support/local_addresses.ts";
import { eachBuildTest } from "../../../support/our_builds.ts";
import { HttpFixture, problem } from "../http_fixture.ts";

const source = new URL("../../../../lib/agent/http/dashboard/page/", import.meta.url);
const HTTP_PORT = 17380;

Deno.test("the dashboard is smaller than 80 KB", () => {
  const size = [page, ...files.values()]
    .reduce((sum, file) => sum + compressed(file).length, 0);
  assertLess(size, 80_000);
});

Deno.test("the dashboard has every file of its folder, and every file that it loads", () => {
  const own = [...Deno.readDirSync(source)].map(({ name }) => name);
  assertEquals(own.filter((name) => name !== "index.html" && !files.has(name)), []);
  const { imports } = JSON.parse(/importmap">([^<]+)</.exec(page)![1]) as {
    imports: Record<string, string>;
  };
  const loaded = [...page.matchAll(/(?:src|href)="(dashboard[^"]+)"/g)].map((match) => match[1]);
  for (const [name, text] of files) {
    if (!own.includes(name)) continue;
    for (const [, specifier] of text.matchAll(/ from "([^"]+)"/g)) {
      loaded.push(
        specifier.startsWith("./") ? `dashboard/${specifier.slice(2)}` : imports[specifier],
      );
    }
  }
  const missing = loaded.filter((path) => !files.has(path.replace(/^(\.\/)?dashboard\//, "")));
  assertEquals(missing, []);
});

Deno.test("everybody may load the dashboard, which may load nothing else", async () => {
  using api = new HttpFixture({ local: false });
  const response = await api.anonymous("GET", "/");
  assertEquals(response.headers.get("content-type"), "text/html; charset=utf-8");
  const policy = response.headers.get("content-security-policy")!;
  assertMatch(policy, /^default-src 'none'; script-src 'self' 'sha256-[\w+/]{43}='; /);
  assert(!policy.includes("unsafe"));
  assertEquals(await response.text(), page);
  assertEquals(/https?:|<style|\son\w+=/.exec(page), null);
  const init = { headers: { "accept-encoding": "br, gzip" } };
  const zipped = await api.anonymous("GET", "/dashboard/app.js", init);
  assertEquals(zipped.headers.get("content-encoding"), "gzip");
  const content = gunzipSync(new Uint8Array(await zipped.arrayBuffer()));
  assertEquals(new TextDecoder().decode(content), files.get("app.js"));
  const style = await api.anonymous("GET", "/dashboard/style.css");
  assertEquals(style.headers.get("content-type"), "text/css; charset=utf-8");
  await style.body?.cancel();
  assertEquals(await problem(api.anonymous("GET", "/dashboard/..%2Fassets.ts")), [
    404,
    "The dashboard has no file ../assets.ts",
  ]);
  assertEquals((await problem(api.anonymous("GET", "/v1/agent/self")))[0], 401);
});

eachBuildTest("an agent has its dashboard with it", async (ours) => {
  const ip = localAddress();
  await using _agent = await Agent.start(ours, {
    name: "shown",
    ip,
    args: [`-http-addr=${ip}:${HTTP_PORT}`],
  });
  const get = async (path: string) =>
    await (await fetch(`http://${ip}:${HTTP_PORT}/${path}`)).text();
  assertEquals(await get(""), page);
  const names = [...files.keys()];
  assertEquals(await Promise.all(names.map((name) => get(`dashboard/${name}`))), [
    ...files.values(),
  ]);
});

Deno.test("round trips are estimated as by the agent", () => {
  const at = (Vec: number[], Height: number, Adjustment = 0) => ({ Vec, Height, Adjustment });
  assertAlmostEquals(roundTripMs(at([0, 0.003], 0.001), at([0.004, 0], 0.002))!, 8);
  assertAlmostEquals(roundTripMs(at([0, 0], 0.001, 0.003), at([0, 0], 0.002, -0.001))!, 5);
  assertAlmostEquals(roundTripMs(at([0, 0], 0.001, -0.5), at([0, 0], 0.002))!, 3);
  assertEquals(roundTripMs(at([0], 0), undefined), undefined);
});

Deno.test("the map shows the plane in which the coordinates spread the most", () => {
  // A square of 10 ms by 4 ms, in a plane that lies askew in three dimensions.
  const corners = [[0, 0], [10, 0], [10, 4], [0, 4]];
  const points = corners.map(([x, y]) => [0.006e-1 * x, y * 1e-3, 0.008e-1 * x]);
  const projection = new Projection();
  const shown = projection.project(points);
  const distance = (i: number, j: number) =>
    Math.hypot(shown[i][0] - shown[j][0], shown[i][1] - shown[j][1]);
  assertAlmostEquals(distance(0, 1), 10, 1e-3);
  assertAlmostEquals(distance(1, 2), 4, 1e-3);
  assertAlmostEquals(Math.abs(shown[0][0]), 5, 1e-3);
  assertEquals(
    projection.project(points).map(([x]) => Math.sign(x)),
    shown.map(([x]) => Math.sign(x)),
  );
  assertEquals(projection.project([[1, 1], [1, 1]]), [[0, 0], [0, 0]]);
});
