/** The seeds that every scenario runs with, unless `SERF_SIM_SEED` names others: one, or a range such as `1-100`. */
const SEEDS = [1, 2, 3];

function seedsOf(text: string): number[] {
  const [first, last = first] = text.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/**
 * Registers a simulated scenario as a test that runs once for each seed. When it fails it tells the seed and the
 * command that repeats the failing run.
 */
export function scenario(
  name: string,
  run: (seed: number) => void,
  { seeds = SEEDS }: { seeds?: readonly number[] } = {},
): void {
  const wanted = Deno.env.get("SERF_SIM_SEED");
  Deno.test(name, () => {
    for (const seed of wanted === undefined ? seeds : seedsOf(wanted)) {
      try {
        run(seed);
      } catch (error) {
        const replay =
          `SERF_SIM_SEED=${seed} deno test --allow-all tests/scenarios --filter "${name}"`;
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`Failed with seed ${seed}. Replay: ${replay}\n${reason}`, { cause: error });
      }
    }
  });
}
