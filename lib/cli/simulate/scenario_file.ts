/**
 * Scenarios in JSON, which `README.md` in this folder documents.
 *
 * @module
 */

import type { Scenario } from "../../sim/scenario/scenario.ts";
import { calmScenario } from "../../sim/scenario/scenario.ts";
import { type ProfileName, profiles } from "../../swim/config.ts";
import {
  boolean,
  duration,
  integer,
  list,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  ShapeError,
  text,
  unexpected,
} from "./json_shape.ts";
import { profileSettings } from "./profile_settings.ts";

/** The largest cluster that was simulated. */
export const MAX_NODES = 10_000;
/** A day. */
const MAX_SECONDS = 86_400;
/** The longest lists of zones, links and faults of one kind. */
const MAX_ENTRIES = 100;
/** Event rates beyond this are a flood, of which nothing would arrive. */
const MAX_PER_SECOND = 1_000;
/** So many events are sent in one run at most. */
const MAX_EVENTS = 100_000;
/** Serf's limit of a user event is 512 bytes, its name included. */
const MAX_PAYLOAD = 490;

const share = number(0, 1);
const nodes = integer(1, MAX_NODES);

/** One duration, or a list of the shortest and the longest. */
const latency: Shape<readonly [number, number]> = (value, place) => {
  if (!Array.isArray(value)) {
    const ms = duration(value, place);
    return [ms, ms];
  }
  const [min, max, ...more] = list(duration, 2)(value, place);
  if (max === undefined || more.length > 0 || max < min) {
    throw unexpected(value, place, 'two durations, the shorter first, such as ["1ms", "5ms"]');
  }
  return [min, max];
};

const link = { latency: optional(latency), loss: optional(share) };
const period = { at: optional(duration, 0), for: optional(duration) };
const fault = { nodes: optional(integer(0, MAX_NODES), 1), zone: optional(text), ...period };
const entries = <T>(shape: Shape<T>) => optional(list(shape, MAX_ENTRIES), []);

const file = object({
  nodes: optional(nodes),
  seconds: optional(integer(1, MAX_SECONDS), calmScenario.seconds),
  seed: optional(integer(0, Number.MAX_SAFE_INTEGER), calmScenario.seed),
  formed: optional(boolean, calmScenario.formed),
  profile: optional(oneOf(Object.keys(profiles) as ProfileName[]), calmScenario.profile),
  tune: optional(profileSettings, calmScenario.tune),
  loss: optional(share, calmScenario.loss),
  latency: optional(latency, calmScenario.latencyMs),
  zones: entries(object({ name: text, nodes, ...link })),
  links: entries(object({ between: list(text, 2), ...link })),
  kills: entries(object(fault)),
  pauses: entries(object(fault)),
  slow: entries(object({ delay: duration, ...fault })),
  partitions: entries(
    object({ zones: optional(list(text, MAX_ENTRIES), []), nodes: optional(nodes), ...period }),
  ),
  events: entries(
    object({
      per_second: number(0.001, MAX_PER_SECOND),
      payload_bytes: optional(integer(0, MAX_PAYLOAD), 100),
      ...period,
    }),
  ),
});

/** Reads a decoded scenario. Throws a {@link ShapeError} that names the key, what was got, and what was expected. */
export function readScenario(json: unknown): Scenario {
  const { latency, zones, links, kills, pauses, slow, partitions, events, ...rest } = file(
    json,
    "",
  );
  const inZones = zones.reduce((sum, { nodes }) => sum + nodes, 0);
  if (zones.length > 0 && rest.nodes !== undefined && rest.nodes !== inZones) {
    throw new ShapeError("nodes", `got ${rest.nodes}, expected the ${inZones} of all zones`);
  }
  if (inZones > MAX_NODES) {
    throw new ShapeError("zones", `got ${inZones} nodes, expected at most ${MAX_NODES}`);
  }
  const scenario: Scenario = {
    ...rest,
    nodes: zones.length > 0 ? inZones : rest.nodes ?? calmScenario.nodes,
    latencyMs: latency,
    zones: zones.map(linked),
    links: links.map(({ between: [a, b], ...link }, i) => {
      if (b === undefined) throw unexpected([a], `links[${i}].between`, "the names of two zones");
      return { ...linked(link), between: [a, b] };
    }),
    kills: kills.map(timed),
    pauses: pauses.map(timed),
    slow: slow.map(({ delay, ...fault }) => ({ ...timed(fault), delayMs: delay })),
    partitions: partitions.map(({ nodes, ...partition }, i) => {
      if ((nodes === undefined) === (partition.zones.length === 0)) {
        throw new ShapeError(`partitions[${i}]`, "expected either zones or nodes");
      }
      return { ...timed(partition), nodes: nodes ?? 0 };
    }),
    events: events.map(({ per_second, payload_bytes, ...load }) => ({
      ...timed(load),
      perSecond: per_second,
      payloadBytes: payload_bytes,
    })),
  };
  checkZones(scenario);
  checkPartitions(scenario);
  checkEvents(scenario);
  return scenario;
}

/** A link, or what has one, with the simulator's name for the latency. */
function linked<T extends { readonly latency?: readonly [number, number] }>(
  { latency, ...rest }: T,
): Omit<T, "latency"> & { readonly latencyMs?: readonly [number, number] } {
  return { ...rest, latencyMs: latency };
}

/** Something with a beginning and an end, with the simulator's names for them. */
function timed<T extends { readonly at: number; readonly for?: number }>(
  { at, for: lasts, ...rest }: T,
): Omit<T, "at" | "for"> & { readonly atMs: number; readonly forMs?: number } {
  return { ...rest, atMs: at, forMs: lasts };
}

/** All zones that are mentioned exist, and each once. */
function checkZones({ zones, links, kills, pauses, slow, partitions }: Scenario): void {
  const names = zones.map(({ name }) => name);
  const expected = names.length === 0 ? "zones to be listed" : `one of ${names.join(", ")}`;
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ShapeError("zones", `got "${twice}" twice`);
  const check = (name: string | undefined, place: string) => {
    if (name !== undefined && !names.includes(name)) throw unexpected(name, place, expected);
  };
  for (const [i, { between }] of links.entries()) {
    for (const name of between) check(name, `links[${i}].between`);
    if (between[0] === between[1]) throw unexpected(between, `links[${i}].between`, "two zones");
  }
  for (const [kind, faults] of Object.entries({ kills, pauses, slow })) {
    for (const [i, { zone }] of faults.entries()) check(zone, `${kind}[${i}].zone`);
  }
  for (const [i, { zones }] of partitions.entries()) {
    for (const name of zones) check(name, `partitions[${i}].zones`);
  }
}

/** There is one partition at a time. */
function checkPartitions({ partitions }: Scenario): void {
  const byTime = [...partitions].sort((a, b) => a.atMs - b.atMs);
  for (const [i, { atMs }] of byTime.entries()) {
    const before = byTime[i - 1];
    if (before !== undefined && before.atMs + (before.forMs ?? Infinity) > atMs) {
      throw new ShapeError("partitions", `one begins at ${atMs / 1000}s, before another has ended`);
    }
  }
}

function checkEvents({ events, seconds }: Scenario): void {
  const count = events.reduce(
    (sum, { perSecond, forMs }) => sum + perSecond * Math.min(seconds, (forMs ?? Infinity) / 1000),
    0,
  );
  if (count <= MAX_EVENTS) return;
  throw new ShapeError("events", `got ${Math.ceil(count)} in all, expected at most ${MAX_EVENTS}`);
}
