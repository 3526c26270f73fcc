/**
 * Chromium without a window, for tests of pages. It is the system's: nothing is downloaded.
 *
 * @module
 */

import puppeteer, { type Browser, type Page } from "puppeteer-core";

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const executablePath = [Deno.env.get("CHROMIUM") ?? "", ...PATHS].find(exists);

/** Why there is no Chromium; `undefined` if there is one. */
export const missingChromium: string | undefined = executablePath === undefined
  ? "there is no Chromium"
  : undefined;

/** A browser, which is closed with its pages. */
export class Chromium implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** Starts it, with a profile of its own. */
  static async start(): Promise<Chromium> {
    // Root may not use the sandbox, and the pages are ours. Small containers have little shared memory.
    const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
    return new Chromium(await puppeteer.launch({ executablePath, args, headless: true }));
  }

  /** An empty page. What goes wrong in it, and what it writes to the console, is added to `complaints`. */
  async page(complaints: string[]): Promise<Page> {
    const page = await this.#browser.newPage();
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => complaints.push(message.text()));
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

function exists(path: string): boolean {
  try {
    return path !== "" && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
