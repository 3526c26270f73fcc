/**
 * Changing some of the tags of a member.
 *
 * @module
 */

/** Changes to the tags of a member. Deletions act on the old tags: a tag that is also set stays. */
export interface TagChange {
  /** Tags to add or replace. */
  readonly set?: Readonly<Record<string, string>>;
  /** Names of tags to remove. */
  readonly delete?: readonly string[];
}

/** The tags after a change. */
export function applyTagChange(
  tags: Readonly<Record<string, string>>,
  change: TagChange,
): Record<string, string> {
  const changed = new Map(Object.entries(tags));
  for (const name of change.delete ?? []) changed.delete(name);
  for (const [name, value] of Object.entries(change.set ?? {})) changed.set(name, value);
  return Object.fromEntries(changed);
}
