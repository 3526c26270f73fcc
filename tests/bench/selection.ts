/** What to run, as the command line says. */

/** Those whose names stand in a comma list, or all. Throws a `RangeError` for a name that none has. */
export function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  only: unknown,
): readonly T[] {
  if (only === undefined) return all;
  return String(only).split(",").map((name) => {
    const found = all.find((each) => each.name === name);
    if (found !== undefined) return found;
    const names = all.map((each) => each.name).join(", ");
    throw new RangeError(`Cannot run benchmark: got "${name}", expected some of ${names}`);
  });
}

/** For `parseArgs`: refuses what it does not know, which would otherwise be ignored. Throws a `TypeError`. */
export function refuseUnknown(argument: string): never {
  throw new TypeError(`Cannot run benchmarks: got "${argument}", which is no option`);
}
