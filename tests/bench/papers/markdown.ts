/** Tables in Markdown, and how much is measured for them. */

/** How an experiment is repeated. */
export interface Run {
  /** The first seed. */
  readonly seed: number;
  /** How much is measured. */
  readonly size: "quick" | "usual" | "full";
}

/** A table with columns that are aligned to the right, but for the first. */
export function markdown(title: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const alignment = title.map((_, i) => i === 0 ? ":---" : "---:");
  return [title, alignment, ...rows].map(line).join("\n");
}

/** Seeds that follow each other. */
export function seedsFrom(seed: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => seed + i);
}

/** The mean of numbers. */
export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** A share of something in percent; `–` of nothing. */
export function percentOf(whole: number, part: number): string {
  return whole === 0 ? "–" : `${(100 * part / whole).toFixed(2)} %`;
}
