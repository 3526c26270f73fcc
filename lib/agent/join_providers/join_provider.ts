/**
 * Targets of a join that name a provider of addresses instead of an address: `dns+NAME`, `srv+NAME`, `file:PATH` and
 * `exec:COMMAND`.
 *
 * @module
 */

/** `file:7946` is port 7946 of the host `file`, and likewise with `exec`. */
const PROVIDER = /^(?:(dns|srv)\+|(file|exec):(?!\d*$))(.*)$/s;

/** What has the addresses of a join. */
export interface JoinProvider {
  readonly kind: "dns" | "srv" | "file" | "exec";
  /** The name, the path or the command. */
  readonly input: string;
}

/** The provider that a target of a join names; `undefined` if it is an address. */
export function parseJoinProvider(target: string): JoinProvider | undefined {
  const [, dns, list, input] = PROVIDER.exec(target) ?? [];
  return input === undefined ? undefined : { kind: (dns ?? list) as JoinProvider["kind"], input };
}
