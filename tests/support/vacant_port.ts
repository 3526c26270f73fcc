/**
 * A port of 127.0.0.1 where nobody listens.
 *
 * @module
 */

/** Lets the system choose a port and gives it back. */
export function vacantPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
