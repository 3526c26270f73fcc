/** The dashboard in a real browser, of one of three agents. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import axe from "axe-core/axe.min.js" with { type: "text" };
import type { KeyInput, Page } from "puppeteer-core";
import { Agent } from "../../../support/agent.ts";
import { Chromium, missingChromium } from "../../../support/chromium.ts";
import { commandLine } from "../../../support/program.ts";
import { localAddress } from "../../../support/local_addresses.ts";
import { TemporaryDirectory } from "../../../support/temporary_directory.ts";
import { until } from "../../../support/until.ts";

const HTTP_PORT = 17380;
const TOKEN = "correct-horse";
/** Where pictures of the views are put; `deno task dashboard:screenshots` sets it. */
const SCREENSHOTS = Deno.env.get("DASHBOARD_SCREENSHOTS");
const skipped = missingChromium === undefined ? "" : `, skipped: ${missingChromium}`;

/** A page of the dashboard, and what can be seen on it. */
class Dashboard {
  readonly complaints: string[] = [];
  readonly #page: Page;

  private constructor(page: Page, complaints: string[]) {
    this.#page = page;
    this.complaints = complaints;
  }

  static async open(browser: Chromium, url: string): Promise<Dashboard> {
    const complaints: string[] = [];
    const page = await browser.page(complaints);
    await page.setViewport({ width: 1_200, height: 800 });
    await page.goto(url);
    return new Dashboard(page, complaints);
  }

  /** The text of the first element that a selector matches. */
  async text(selector: string): Promise<string> {
    const found = `document.querySelector(${JSON.stringify(selector)})?.textContent ?? ""`;
    return (await this.#page.evaluate(found) as string).replaceAll(/\s+/g, " ").trim();
  }

  /** Waits until an element has a text. */
  async shows(selector: string, text: string): Promise<void> {
    let last = "";
    await until(async () => (last = await this.text(selector)).includes(text), {
      what: `${selector} shows "${text}"`,
      detail: () => `${last}\n${this.complaints.join("\n")}`,
    });
  }

  /** Replaces the text of a field, key by key. */
  async fill(selector: string, text: string): Promise<void> {
    await this.#page.locator(selector).click({ count: 3 });
    await this.#page.keyboard.press("Backspace");
    await this.#page.keyboard.type(text);
  }

  async hover(selector: string): Promise<void> {
    await this.#page.locator(selector).hover();
  }

  /** Presses a key on an element that can have the focus. */
  async press(selector: string, key: KeyInput): Promise<void> {
    // Puppeteer's own function refuses pictures.
    await this.#page.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
    await this.#page.keyboard.press(key);
  }

  async click(selector: string): Promise<void> {
    await this.#page.locator(selector).click();
  }

  /** Shows another view, which is drawn together with its mark in the navigation. */
  async visit(view: string): Promise<void> {
    await this.click(`nav a[href="#${view}"]`);
    const current = "document.querySelector('nav a[aria-current]')?.hash";
    await until(async () => await this.#page.evaluate(current) === `#${view}`);
  }

  /** The colour of an element. */
  async colour(selector: string): Promise<string> {
    const found = `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).color`;
    return await this.#page.evaluate(found) as string;
  }

  async setAppearance(theme: "light" | "dark", width: number): Promise<void> {
    await this.#page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    await this.#page.setViewport({ width, height: 800 });
  }

  /** Something of a view of a cluster that is not there: `cluster` and `result` are expressions of the page. */
  async render(view: string, cluster: string, result = "place.textContent"): Promise<unknown> {
    return await this.#page.evaluate(`(async () => {
      const { html, render } = await import("htm/preact/standalone");
      const [view] = Object.values(await import("./dashboard/${view}_view.js"));
      const cluster = { samples: [], members: [], ...${cluster} };
      const place = document.body.appendChild(document.createElement("div"));
      render(html\`<\${view} cluster=\${cluster} />\`, place);
      await new Promise(requestAnimationFrame);
      const result = ${result};
      render(null, place);
      place.remove();
      return result;
    })()`);
  }

  /** Takes a picture of a view, if pictures are wanted. */
  async takePicture(view: string, theme: "light" | "dark"): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    await this.visit(view);
    await this.setAppearance(theme, 900);
    await this.#page.setViewport({ width: 900, height: view === "members" ? 380 : 620 });
    const path = `${SCREENSHOTS}/${view}.png` as const;
    await this.#page.screenshot({ path, fullPage: view === "console" });
    await this.setAppearance("light", 1_200);
  }

  /** Fails if there is something that keeps people from using a view, or text beyond the right edge. */
  async checkAccessibility(view: string): Promise<void> {
    const loaded = await this.#page.evaluate("typeof axe === 'object'");
    // Not as a script of the page, which its content security policy forbids.
    if (!loaded) await this.#page.evaluate(axe);
    const { violations } = await this.#page.evaluate("axe.run()") as {
      violations: {
        impact: string;
        id: string;
        nodes: { failureSummary: string; html: string }[];
      }[];
    };
    const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    assertEquals(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], view);
    const beyond = await this.#page.evaluate("document.documentElement.scrollWidth - innerWidth");
    assertEquals(beyond, 0, view);
  }
}

/** `serf monitor` at an agent. */
class Monitor implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: Promise<void>;
  #output = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#reader = this.#collect();
  }

  /** Starts it, and waits until it has printed what the agent remembers. */
  static async start({ rpcAddress }: Agent): Promise<Monitor> {
    const { program, args } = commandLine("ours", ["monitor", `-rpc-addr=${rpcAddress}`]);
    const options = { args, stdout: "piped", stderr: "null" } as const;
    const monitor = new Monitor(new Deno.Command(program, options).spawn());
    await monitor.printed("Serf agent starting");
    return monitor;
  }

  async printed(text: string): Promise<void> {
    await until(() => this.#output.includes(text), { what: `it prints ${text}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#reader;
  }

  async #collect(): Promise<void> {
    const { stdout } = this.#child;
    for await (const text of stdout.pipeThrough(new TextDecoderStream())) this.#output += text;
  }
}

Deno.test({
  name: `the dashboard shows the cluster and works on it${skipped}`,
  ignore: missingChromium !== undefined,
  fn: async (t) => {
    using directory = new TemporaryDirectory();
    directory.write({ token: TOKEN });
    const args = ["-profile=local"];
    const ip = localAddress();
    const serving = {
      name: "one",
      ip,
      args: [
        ...args,
        `-http-addr=${ip}:${HTTP_PORT}`,
        `-http-token-file=${directory.file("token")}`,
      ],
    };
    const starts = [
      Agent.start("ours", serving),
      Agent.start("ours", {
        name: "two",
        args: [...args, "-tag=role=<b>web</b>", "-event-handler=query:load=echo 0.42"],
      }),
      Agent.start("ours", { name: "three", args }),
    ];
    await using stack = new AsyncDisposableStack();
    const [browser, ...agents] = await Promise.all([Chromium.start(), ...starts]);
    stack.use(browser);
    const [one, two, three] = agents.map((agent) => stack.use(agent));
    const dashboard = await Dashboard.open(browser, `http://${ip}:${HTTP_PORT}/`);
    const row = (name: string) => `.row[data-name="${name}"]`;
    // Each step needs what the one before has done.
    const step = async (name: string, fn: () => Promise<void>) => {
      if (!await t.step(name, fn)) throw new Error(`It failed where ${name}`);
    };

    await step("it is live, and says whose view it is", async () => {
      await dashboard.shows(".connection", "live");
      await dashboard.shows("h2", "Members as seen by one");
      await dashboard.shows(row("one"), "alive");
    });

    await step("nothing can be changed without the token", async () => {
      await dashboard.fill("input[name=address]", two.address);
      await dashboard.click("form.join button");
      await dashboard.shows(".notice", "A token is needed");
      await dashboard.fill("input[name=token]", TOKEN);
      await dashboard.click("form.token button");
    });

    await step("members appear when they are joined", async () => {
      await dashboard.click("form.join button");
      await dashboard.shows(".notice", "done");
      assertEquals((await three.cli("ours", "join", two.address)).code, 0);
      await dashboard.shows(row("two"), "alive");
      await dashboard.shows(row("three"), "alive");
      assertStringIncludes(await dashboard.text(row("two")), "role=<b>web</b>");
      await dashboard.fill("input[type=search]", "role=<b>");
      await dashboard.shows("form[role=search]", "1 of 3");
      await dashboard.fill("input[type=search]", "");
      await dashboard.shows("form[role=search]", "3 of 3");
    });

    await step("an event that is fired in it arrives in the monitor of another agent", async () => {
      await using monitor = await Monitor.start(two);
      await dashboard.visit("console");
      await dashboard.fill(".fire input[name=name]", "deploy");
      await dashboard.fill(".fire textarea", "v2");
      await dashboard.click(".fire button");
      await monitor.printed("Received event: user-event: deploy");
    });

    await step("a query shows who has answered and who has not", async () => {
      await dashboard.fill(".ask input[name=name]", "load");
      await dashboard.fill(".ask input[name=timeout]", "2s");
      await dashboard.click(".ask button");
      await dashboard.shows(".answers", "1 answers and 3 acknowledgements of 3 members, over.");
      await dashboard.shows(".answers", "No answer from one, three.");
      await dashboard.shows(".answers .rows", "0.42");
    });

    await step("the timeline has the joins, the event, and the query once", async () => {
      await dashboard.visit("timeline");
      await dashboard.shows(".rows", "user: deploy");
      await dashboard.shows(".rows", "query: loadasked here: 1 answers, 3 acks");
      await dashboard.shows(".rows", "member-join");
      assertEquals((await dashboard.text(".rows")).split("query: load").length, 2);
    });

    await step("health is measured", async () => {
      await dashboard.visit("health");
      await dashboard.shows(".charts", "score 0");
      assertMatch(await dashboard.text(".charts"), /Event-loop lag, ms median \d/);
      await dashboard.shows(".suspicions", "No member is suspected");
      const suspicion = `{ Node: "x", From: ["a", "b"], AgeMs: 1_500, LeftMs: 250 }`;
      const shown = await dashboard.render("health", `{ self: { Suspicions: [${suspicion}] } }`);
      assertMatch(String(shown), /Accused by.*x\s*a, b\s*1500 ms\s*250 ms/s);
    });

    await step("of 10,000 members it has the rows in sight, and draws a thousand", async () => {
      const member = `({ Name: "n" + i, Status: i < 9_990 ? "alive" : "failed", Tags: {} })`;
      const members = `Array.from({ length: 10_000 }, (_, i) => ${member})`;
      const at = `{ Vec: [Math.sin(i), Math.cos(i)], Height: 0, Adjustment: 0 }`;
      const coordinates = `new Map(${members}.map(({ Name }, i) => [Name, ${at}]))`;
      const cluster = `{ members: ${members}, coordinates: ${coordinates}, node: "n1" }`;
      const count = (selector: string) => `place.querySelectorAll("${selector}").length`;
      const rows = await dashboard.render("members", cluster, count(".row"));
      assert(Number(rows) > 10 && Number(rows) < 100, `${rows} rows`);
      const found = `${count("circle")} + " " + ${count(".failed")} + " " + ${count(".self")}`;
      assertEquals(await dashboard.render("map", cluster, found), "1000 10 1");
    });

    await step("everybody can use the views", async () => {
      for (const [theme, width] of [["light", 1_200], ["dark", 360]] as const) {
        await dashboard.setAppearance(theme, width);
        for (const view of ["members", "map", "timeline", "health", "console"]) {
          await dashboard.visit(view);
          await dashboard.shows("h2", "as seen by one");
          await dashboard.checkAccessibility(`${view}, ${theme}`);
        }
      }
      await dashboard.setAppearance("light", 1_200);
      await dashboard.visit("console");
      await dashboard.takePicture("console", "light");
      await dashboard.visit("members");
    });

    await step("a member that dies turns red, and can be made to leave", async () => {
      const alive = await dashboard.colour(`${row("three")} .status`);
      three.signal("SIGKILL");
      await dashboard.shows(row("three"), "failed");
      const failed = await dashboard.colour(`${row("three")} .status`);
      assert(alive !== failed, failed);
      await dashboard.press(`${row("three")} button`, "Enter");
      await dashboard.shows("#member", "failed since");
    });

    await step("the map keeps who has failed, and tells who is near", async () => {
      await dashboard.visit("map");
      await dashboard.shows("h2", "Map as seen by one");
      await dashboard.hover('circle[data-name="three"]');
      await dashboard.shows(".map section", "three failed");
      assertMatch(await dashboard.text(".map section"), /\d ms from one.*two alive [\d.]+ ms/);
      // What has failed is drawn last.
      await dashboard.takePicture("map", "dark");
      await dashboard.takePicture("timeline", "light");
      await dashboard.takePicture("health", "dark");
      await dashboard.takePicture("members", "light");
      await dashboard.visit("map");
      await dashboard.hover('circle[data-name="three"]');
      await dashboard.press(".map svg", "ArrowLeft");
      await dashboard.shows(".map section", "two alive");
    });

    await step("it says that it is not live while the agent is gone", async () => {
      one.signal("SIGKILL");
      await one.exit;
      await dashboard.shows(".connection", "not live since");
      stack.use(
        await Agent.start("ours", { ...serving, args: [...serving.args, `-join=${two.address}`] }),
      );
      await dashboard.shows(".connection", "live");
      await until(async () => (await dashboard.text(".connection")) === "live");
      await dashboard.visit("members");
      await dashboard.shows(row("two"), "alive");
      await dashboard.visit("timeline");
      await dashboard.shows(".rows", "events are missing: the agent has started again");
    });

    assertEquals(dashboard.complaints.filter((text) => !/Failed to load resource/.test(text)), []);
  },
});
