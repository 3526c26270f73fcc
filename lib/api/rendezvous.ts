/**
 * Sharing work among members without asking anybody: rendezvous hashing, or highest random weight (Thaler and Ravishankar,
 * "Using name-based mappings to increase hit rates", 1998).
 *
 * @module
 */

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
  const seed = fnv1a(key, FNV_OFFSET);
  return members
    .map((member) => ({ member, weight: mix(fnv1a(`\0${member.name}`, seed)) }))
    .sort((a, b) => b.weight - a.weight || (a.member.name < b.member.name ? -1 : 1))
    .map(({ member }) => member);
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, with the UTF-16 units of a text for bytes. */
function fnv1a(text: string, hash: number): number {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash;
}

/** MurmurHash3's finaliser: the last characters of a text change all bits too. */
function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
