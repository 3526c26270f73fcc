/**
 * Whether all members understand each other (memberlist's `verifyProtocol`).
 *
 * @module
 */

import type { Claim, Versions } from "../../wire/messages/messages.ts";

const NO_VERSIONS: Versions = {
  protocolMin: 0,
  protocolMax: 0,
  protocolCur: 0,
  delegateMin: 0,
  delegateMax: 0,
  delegateCur: 0,
};

interface Range {
  min: number;
  max: number;
}

/**
 * Checks that all nodes that are alive, ours and theirs, understand the version that each node speaks. Returns memberlist's
 * error text, or `undefined`. A node that announces no versions counts as speaking version 0.
 */
export function verifyProtocol(
  remote: readonly Claim[],
  local: readonly Claim[],
): string | undefined {
  const protocol: Range = { min: 0, max: 255 };
  const delegate: Range = { min: 0, max: 255 };
  const narrow = (v: Versions) => {
    protocol.min = Math.max(protocol.min, v.protocolMin);
    protocol.max = Math.min(protocol.max, v.protocolMax);
    delegate.min = Math.max(delegate.min, v.delegateMin);
    delegate.max = Math.min(delegate.max, v.delegateMax);
  };
  for (const { state, versions } of remote) if (state === "alive" && versions) narrow(versions);
  for (const { state, versions } of local) if (state === "alive") narrow(versions ?? NO_VERSIONS);
  for (const claims of [remote, local]) {
    for (const { node, versions } of claims) {
      const { protocolCur, delegateCur } = versions ?? NO_VERSIONS;
      const problem = rangeProblem("protocol", protocolCur, protocol) ??
        rangeProblem("delegate protocol", delegateCur, delegate);
      if (problem !== undefined) return `Node '${node}' ${problem}`;
    }
  }
  return undefined;
}

function rangeProblem(what: string, version: number, { min, max }: Range): string | undefined {
  if (version >= min && version <= max) return undefined;
  return `${what} version (${version}) is incompatible: [${min}, ${max}]`;
}
