/**
 * `deno task bench:dashboard`: what the dashboard of large clusters costs the browser and the agent. The agent has no
 * cluster, only a list of members of which some change all the time.
 */

import process from "node:process";
import type { Page } from "puppeteer-core";
import { HttpServer, PrometheusRegistry } from "../../lib/agent/http/http_server.ts";
import type { HttpAgent } from "../../lib/agent/http/http_agent.ts";
import type { Member } from "../../lib/api/member.ts";
import type { SuspicionInfo } from "../../lib/swim/state/suspicion.ts";
import { Random } from "../../lib/sim/random.ts";
import { FakeAgent, member } from "../rpc/client/fake_agent.ts";
import { Chromium } from "../support/chromium.ts";
import { sleep } from "../support/sleep.ts";
import { median } from "./statistics.ts";
import { until } from "../support/until.ts";
import { vacantPort } from "../support/vacant_port.ts";

const CHANGES_PER_S = 10;
const SECONDS = 30;

class LargeCluster extends FakeAgent implements HttpAgent {
  readonly name = "n0";
  readonly gossipBudget = 0;
  readonly #random = new Random(1);

  constructor(size: number) {
    super();
    const draw = () => this.#random.next() * 0.05;
    this.list = Array.from({ length: size }, (_, i) => {
      const host = `10.0.${i >> 8}.${i & 255}`;
      const status = i % 100 === 99 ? "failed" : "alive";
      return member(`n${i}`, { host, status, tags: { role: "web", rack: `r${i % 40}` } });
    });
    this.coordinates = Object.fromEntries(this.list.map(({ name }) => {
      const vec = Array.from({ length: 8 }, draw);
      return [name, { vec, error: 0.1, adjustment: 0, height: 0.001 }];
    }));
    this.statistics = { serf: {} };
  }

  suspicions(): SuspicionInfo[] {
    return [];
  }

  /** Some member, but neither of the first two. */
  draw(): number {
    return 2 + Math.floor(this.#random.next() * (this.list.length - 2));
  }

  /** A member fails, or comes back. */
  change(at: number): void {
    const failed = this.list[at].status === "failed";
    const changed: Member = { ...this.list[at], status: failed ? "alive" : "failed" };
    this.list = this.list.with(at, changed);
    this.emit({ type: failed ? "member-join" : "member-failed", members: [changed] });
  }
}

/** Milliseconds until a view is drawn, the click included. */
async function visit(page: Page, view: string): Promise<number> {
  return await page.evaluate(`new Promise((resolve) => {
    const start = performance.now();
    document.querySelector('nav a[href="#${view}"]').click();
    const frame = () => document.querySelector("nav a[aria-current]").hash === "#${view}"
      ? requestAnimationFrame(() => resolve(performance.now() - start))
      : requestAnimationFrame(frame);
    requestAnimationFrame(frame);
  })`) as number;
}

/** Milliseconds until a change of the second member is shown. */
async function delayOf(page: Page, agent: LargeCluster): Promise<number> {
  agent.change(1);
  const start = performance.now();
  const text = `document.querySelector('.row[data-name="n1"] .Status').textContent.trim()`;
  await page.waitForFunction(`${text} === "${agent.list[1].status}"`);
  return performance.now() - start;
}

async function measure(size: number): Promise<Record<string, string>> {
  const agent = new LargeCluster(size);
  const httpAddr = `127.0.0.1:${vacantPort()}`;
  const config = {
    discover: "",
    httpAddr,
    httpAllowedHosts: [],
    httpMaxClients: 100,
    httpTlsCertFile: "",
    httpTlsKeyFile: "",
    httpTokenFile: "",
    retryJoin: [],
    startJoin: [],
  };
  const registry = new PrometheusRegistry("serf_agent");
  await using _server = await HttpServer.start(config, { agent, registry, log: () => {} });
  await using browser = await Chromium.start();
  const page = await browser.page([]);
  const start = performance.now();
  await page.goto(`http://${httpAddr}/`);
  const shown = `document.querySelector("form[role=search]")?.textContent.includes("${size} of")`;
  await until(async () => await page.evaluate(shown) as boolean);
  const firstMs = performance.now() - start;
  const rtt = `/\\d ms/.test(document.querySelector(".rows .RTT:not(:empty)")?.textContent ?? "") ||
    /\\d ms/.test([...document.querySelectorAll(".rows .RTT")].at(-1)?.textContent ?? "")`;
  await until(async () => await page.evaluate(rtt) as boolean);
  const views: Record<string, string> = {};
  for (const view of ["map", "timeline", "health", "console", "members"]) {
    views[`${view} drawn, ms`] = (await visit(page, view)).toFixed(0);
  }
  await page.evaluate(`globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
    }).observe({ type: "longtask" })`);
  const before = await page.metrics();
  const cpu = process.cpuUsage();
  const delays: Promise<number>[] = [];
  for (let i = 0; i < SECONDS * CHANGES_PER_S; i++) {
    if (i % (3 * CHANGES_PER_S) === 0) delays.push(delayOf(page, agent));
    agent.change(agent.draw());
    await sleep(1_000 / CHANGES_PER_S);
  }
  const after = await page.metrics();
  const { user, system } = process.cpuUsage(cpu);
  return {
    members: String(size),
    "first members, ms": firstMs.toFixed(0),
    ...views,
    "elements in the document": String(
      await page.evaluate("document.querySelectorAll('*').length"),
    ),
    "heap of the page, MiB": (after.JSHeapUsedSize! / 2 ** 20).toFixed(0),
    "a change is shown, ms: p50": median(await Promise.all(delays)).toFixed(0),
    "page busy, %": ((after.TaskDuration! - before.TaskDuration!) / SECONDS * 100).toFixed(1),
    "its longest task, ms": String(await page.evaluate("longest")),
    "agent busy, %": ((user + system) / 1e6 / SECONDS * 100).toFixed(1),
  };
}

const columns = [];
for (const size of [10, 1_000, 10_000]) columns.push(await measure(size));
for (const name of Object.keys(columns[0])) {
  console.log(
    `| ${name.padEnd(26)} | ${columns.map((column) => column[name].padStart(6)).join(" | ")} |`,
  );
}
