/**
 * A cache in every process, which is told when something has changed. User events reach all members within a fraction of a
 * second, but a member that is cut off misses them: entries have an age limit too.
 *
 * ```sh
 * deno run -A tests/examples/cache.ts 127.0.0.1:7950
 * deno run -A tests/examples/cache.ts 127.0.0.1:7951 127.0.0.1:7950
 * ```
 *
 * @module
 */

import process from "node:process";
import { Serf } from "@serf-deno/serf";

/** How old an entry may get that nobody says has changed. */
const MAX_AGE_MS = 60_000;

/** What was loaded, until anybody says that it has changed. */
export class Cache<Value> {
  readonly #serf: Serf;
  readonly #load: (key: string) => Promise<Value>;
  readonly #entries = new Map<string, { readonly value: Promise<Value>; readonly until: number }>();

  constructor(serf: Serf, load: (key: string) => Promise<Value>) {
    this.#serf = serf;
    this.#load = load;
    this.#listen();
  }

  /** The value of a key, loaded if it is not known. */
  get(key: string): Promise<Value> {
    const entry = this.#entries.get(key);
    if (entry !== undefined && performance.now() < entry.until) return entry.value;
    const value = this.#load(key);
    this.#entries.set(key, { value, until: performance.now() + MAX_AGE_MS });
    value.catch(() => this.#entries.delete(key));
    return value;
  }

  /** Tells all caches that the value of a key has changed. */
  invalidate(key: string): void {
    this.#serf.userEvent("invalidate", key);
  }

  async #listen(): Promise<void> {
    for await (const event of this.#serf.events({ types: ["user:invalidate", "member-join"] })) {
      // Who was cut off and is back may have missed something.
      if (event.type === "user") this.#entries.delete(event.text());
      else this.#entries.clear();
    }
  }
}

if (import.meta.main) {
  const [bind = "127.0.0.1:7950", ...others] = process.argv.slice(2);
  const serf = await Serf.create({ name: `cache-${bind}`, bind });
  const cache = new Cache(serf, (key) => {
    console.log(`${serf.name} loads ${key}`);
    return Promise.resolve(`${key} of ${new Date().toISOString()}`);
  });
  if (others.length > 0) await serf.join(others);
  setInterval(async () => console.log(await cache.get("price")), 1_000);
  setInterval(() => cache.invalidate("price"), 5_000);
}
