/**
 * Sharing work among members without asking anybody: rendezvous hashing, or highest random weight (Thaler and Ravishankar,
 * "Using name-based mappings to increase hit rates", 1998).
 *
 * @module
 */

import { fnv1a, mixBits } from "../base/text.ts";

/**
 * Puts members into the order in which they are responsible for a key: the first one is, and when it goes the next.
 *
 * Everybody who knows the same members, in whatever order, comes to the same result, on every runtime and with every
 * version of the library. Only names count, so pass those who can do the work. When a member goes, its keys are spread over
 * the others and no other key moves; a new member takes an equal share from each.
 *
 * ```ts
 * import { rendezvous, Serf } from "@serf-deno/serf";
 *
 * await using serf = await Serf.create({ name: "web-1", bind: "127.0.0.1:0" });
 * const alive = serf.members().filter(({ status }) => status === "alive");
 * const [owner, deputy] = rendezvous(alive, "session-42");
 * console.log(owner.name, deputy?.name); // web-1 undefined
 * ```
 */
export function rendezvous<M extends { readonly name: string }>(
  members: readonly M[],
  key: string,
): M[] {
  const seed = fnv1a(key);
  return members
    .map((member) => ({ member, weight: mixBits(fnv1a(`\0${member.name}`, seed)) }))
    .sort((a, b) => b.weight - a.weight || (a.member.name < b.member.name ? -1 : 1))
    .map(({ member }) => member);
}
