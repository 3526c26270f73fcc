/**
 * Checks of settings, with Serf's error messages.
 *
 * @module
 */

import { MAX_META, MAX_NAME } from "../wire/messages/claim_codec.ts";
import { encodeTags } from "../wire/messages/tags.ts";
import type { SerfConfig } from "./config.ts";
import { MAX_USER_EVENT_SIZE } from "./events/user_events.ts";

/** The versions of the Serf protocol that are understood. */
export const SERF_PROTOCOLS = { min: 2, max: 5 } as const;

/** The longest valid name, in characters (Serf's `MaxNodeNameLength`). */
const MAX_VALID_NAME = 128;

/** Throws a `RangeError` with Serf's message if a setting is out of range. */
export function checkConfig(config: SerfConfig): void {
  const { name, protocol, userEventSizeLimit, validateNodeNames, maxMembers } = config;
  const { min, max } = SERF_PROTOCOLS;
  if (protocol < min || protocol > max) {
    const wrong = protocol < min ? "low" : "high";
    throw new RangeError(
      `Protocol version '${protocol}' too ${wrong}. Must be in range: [${min}, ${max}]`,
    );
  }
  if (userEventSizeLimit > MAX_USER_EVENT_SIZE) {
    throw new RangeError(`user event size limit exceeds limit of ${MAX_USER_EVENT_SIZE} bytes`);
  }
  if (!(maxMembers >= 1)) {
    throw new RangeError(`Maximum of members must be at least 1: got ${maxMembers}`);
  }
  if (validateNodeNames) checkName(name);
  if (name.length > MAX_NAME) {
    throw new RangeError(`Node name is ${name.length} characters, at most ${MAX_NAME} are allowed`);
  }
}

function checkName(name: string): void {
  if (/[^A-Za-z0-9.-]/.test(name)) {
    throw new RangeError(
      `Node name contains invalid characters ${name} , ` +
        "Valid characters include all alpha-numerics and dashes and '.' ",
    );
  }
  if (name.length > MAX_VALID_NAME) {
    throw new RangeError(
      `Node name is ${name.length} characters. Valid length is between 1 and ${MAX_VALID_NAME} characters`,
    );
  }
}

/** Encodes tags for the network. Throws a `RangeError` if they are too large. */
export function encodeMeta(tags: Readonly<Record<string, string>>, protocol: number): Uint8Array {
  const meta = encodeTags(tags, protocol);
  if (meta.length > MAX_META) {
    throw new RangeError(`Encoded length of tags exceeds limit of ${MAX_META} bytes`);
  }
  return meta;
}
