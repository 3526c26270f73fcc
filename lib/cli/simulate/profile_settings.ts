/**
 * The settings of a profile as operators write them: `probe_interval` with the value `500ms` is `probeIntervalMs: 500`.
 *
 * @module
 */

import { type Profile, profiles } from "../../swim/config.ts";
import { boolean, duration, integer, ShapeError, unknownWord } from "./json_shape.ts";

/** Far beyond what makes sense for any setting that is a count. */
const MAX_COUNT = 1_000_000;

/** The keys of a profile by the names that operators use. */
const keyOf: ReadonlyMap<string, keyof Profile> = new Map(
  (Object.keys(profiles.lan) as (keyof Profile)[]).map((key) => [
    key.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    key,
  ]),
);

/** Reads an object of settings. */
export function profileSettings(value: unknown, place: string): Partial<Profile> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ShapeError(place, `got ${JSON.stringify(value)}, expected an object`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, setting]) => {
      const key = keyOf.get(name);
      if (key === undefined) {
        throw unknownWord(name, place, { kind: "setting", known: [...keyOf.keys()] });
      }
      return [key, shapeOf(key)(setting, `${place}.${name}`)];
    }),
  );
}

/** Reads `name=value`, with the value as it would stand in a file, but without quotes. */
export function profileSetting(text: string, place: string): Partial<Profile> {
  const [name, value] = text.split(/=(.*)/s, 2);
  const isJson = /^(\d+|true|false)$/.test(value ?? "");
  return profileSettings({ [name]: isJson ? JSON.parse(value) : value }, place);
}

function shapeOf(key: keyof Profile) {
  if (typeof profiles.lan[key] === "boolean") return boolean;
  if (!key.endsWith("Ms")) return integer(0, MAX_COUNT);
  return (value: unknown, place: string) => {
    const ms = duration(value, place);
    if (ms >= 1) return ms;
    throw new ShapeError(place, `got ${JSON.stringify(value)}, expected at least 1ms`);
  };
}
