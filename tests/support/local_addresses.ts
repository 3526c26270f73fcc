/**
 * Addresses in 127.0.0.0/8 that no other test uses, nor another run of the tests on this machine.
 *
 * @module
 */

/** A network is taken by whoever listens here, at its last address. */
const LOCK_PORT = 17372;

/**
 * Keeps clear of 127.0.0.0/16, where other programs are. macOS has only addresses that were added by `ifconfig`: those of
 * eight networks, as `.github/workflows/ci.yml` does it.
 */
const NETWORKS = Deno.build.os === "darwin"
  ? { from: 16, to: 24, third: 1 }
  : { from: 16, to: 254, third: 256 };

const own = claimNetwork();
let last = 0;

/**
 * Takes a network of 254 addresses, 1 to 254, and returns what they begin with, for instance `127.83.201`. It belongs to
 * this process until that ends; as the lock is a resource, it must be taken outside of tests.
 */
export function claimNetwork(): string {
  for (;;) {
    const { from, to, third } = NETWORKS;
    const [a, b] = crypto.getRandomValues(new Uint8Array(2));
    const network = `127.${from + a % (to - from)}.${b % third}`;
    try {
      Deno.listen({ hostname: `${network}.255`, port: LOCK_PORT });
      return network;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** An address that was not given out before. */
export function localAddress(): string {
  if (last === 254) {
    throw new RangeError("Cannot give out an address: the network of this file is used up");
  }
  return `${own}.${++last}`;
}
