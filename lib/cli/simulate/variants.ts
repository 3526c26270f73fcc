/**
 * What `serf simulate -compare` sets side by side.
 *
 * @module
 */

import type { Scenario } from "../../sim/scenario/scenario.ts";
import { type ProfileName, profiles } from "../../swim/config.ts";
import { ShapeError } from "./json_shape.ts";
import { profileSetting } from "./profile_settings.ts";

/** A scenario under the name of what is special about it. */
export interface Variant {
  readonly name: string;
  readonly scenario: Scenario;
}

/** As many as a table and a chart can show. */
const MAX_VARIANTS = 4;

/**
 * Reads a list such as `lan,wan` or `probe_interval=500ms`. An entry is a profile, settings that are changed, or both,
 * joined by `+`. A single entry is compared with the scenario as it is.
 *
 * @throws {ShapeError} if there is no such profile or setting
 */
export function variantsOf(scenario: Scenario, compare: string | undefined): readonly Variant[] {
  const asIs: Variant = { name: scenario.profile, scenario };
  if (compare === undefined) return [asIs];
  const entries = compare.split(",").map((entry) => entry.trim());
  const variants = entries.map((name): Variant => ({
    name,
    scenario: name.split("+").reduce(change, scenario),
  }));
  const all = variants.length === 1 ? [asIs, ...variants] : variants;
  if (all.length > MAX_VARIANTS) {
    throw new ShapeError(
      "-compare",
      `got ${all.length} variants, expected at most ${MAX_VARIANTS}`,
    );
  }
  return all;
}

function change(scenario: Scenario, part: string): Scenario {
  if (part.includes("=")) {
    return { ...scenario, tune: { ...scenario.tune, ...profileSetting(part, "-compare") } };
  }
  if (!Object.hasOwn(profiles, part)) {
    const known = Object.keys(profiles).join(", ");
    throw new ShapeError(
      "-compare",
      `got "${part}", expected a profile (${known}) or a setting such as probe_interval=500ms`,
    );
  }
  return { ...scenario, profile: part as ProfileName };
}
