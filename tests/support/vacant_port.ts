/**
 * A port of 127.0.0.1 where nobody listens.
 *
 * @module
 */

/** Below the ports that the system chooses for others. */
const FIRST = 20_000;
const COUNT = 10_000;

/** A port that is free, and that nobody gets by asking the system for any port. */
export function vacantPort(): number {
  for (;;) {
    const [draw] = crypto.getRandomValues(new Uint16Array(1));
    const port = FIRST + draw % COUNT;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
