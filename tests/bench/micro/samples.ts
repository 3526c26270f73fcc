/** Messages as they occur in a cluster of a hundred nodes. */

import { Address } from "../../../lib/base/address.ts";
import { encodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import type { SerfMessage } from "../../../lib/wire/messages/serf_messages.ts";
import type { Claim, Message, PushPull } from "../../../lib/wire/messages/messages.ts";
import { encodeTags } from "../../../lib/wire/messages/tags.ts";

/** What members of today announce. */
export const versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCur: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCur: 4,
};
const meta = encodeTags({ role: "web", zone: "eu-west-1a" }, 5);
const payload = new TextEncoder().encode("v1.42.0 to all of eu-west-1a");
const source = { address: Address.parse("10.0.3.17", 7946), node: "web-17" };

/** A claim that nobody has encoded yet. */
export function claimOf(index: number): Claim {
  return {
    node: `web-${index}`,
    incarnation: index,
    state: "alive",
    address: Address.parse(`10.0.${index >> 8}.${index & 255}`, 7946),
    meta,
    versions,
  };
}

const userEvent: SerfMessage = {
  type: "user-event",
  lTime: 4711,
  name: "deploy",
  payload,
  coalesce: false,
};

/** The membership messages. Each call makes a new object, since gossip is encoded once per object. */
export const messageMakers: Readonly<Record<Message["type"], () => Message>> = {
  ping: () => ({ type: "ping", sequence: 70_000, node: "web-18", source }),
  "indirect-ping": () => ({
    type: "indirect-ping",
    sequence: 70_000,
    node: "web-18",
    target: Address.parse("10.0.3.18", 7946),
    nack: true,
    source,
  }),
  ack: () => ({ type: "ack", sequence: 70_000, payload: new Uint8Array(83) }),
  nack: () => ({ type: "nack", sequence: 70_000 }),
  suspect: () => ({ type: "suspect", node: "web-18", incarnation: 12, from: "web-17" }),
  alive: () => ({ type: "alive", claim: claimOf(18) }),
  dead: () => ({ type: "dead", node: "web-18", incarnation: 12, from: "web-17" }),
  user: () => ({ type: "user", body: { bytes: encodeSerf(userEvent) } }),
};

const names = Array.from({ length: 100 }, (_, i) => `web-${i}`);

/** The Serf messages. */
export const serfMessages: readonly SerfMessage[] = [
  { type: "leave", lTime: 4711, node: "web-18", prune: false },
  { type: "join", lTime: 4711, node: "web-18" },
  {
    type: "push-pull",
    lTime: 4711,
    eventLTime: 900,
    queryLTime: 30,
    statusLTimes: new Map(names.map((name, i) => [name, 4_000 + i])),
    leftMembers: names.slice(0, 3),
    events: Array.from(
      { length: 512 },
      (_, i) => i % 8 === 0 ? { lTime: 512 + i, events: [{ name: "deploy", payload }] } : null,
    ),
  },
  userEvent,
  {
    type: "query",
    lTime: 31,
    id: 0x12345678,
    address: source.address,
    sourceNode: source.node,
    filters: null,
    flags: 1,
    relayFactor: 0,
    timeoutNs: 15_000_000_000,
    name: "load",
    payload: null,
  },
  {
    type: "query-response",
    lTime: 31,
    id: 0x12345678,
    from: "web-18",
    flags: 0,
    payload,
  },
  {
    type: "relay",
    destination: source.address,
    destinationName: source.node,
    message: encodeSerf(userEvent),
  },
  {
    type: "conflict-response",
    member: {
      name: "web-18",
      address: source.address,
      tags: new Map([["role", "web"]]),
      status: 1,
      ...versions,
    },
  },
  { type: "key-request", key: new Uint8Array(32).fill(7) },
  {
    type: "key-response",
    result: true,
    message: "",
    keys: ["AAECAwQFBgcICQoLDA0ODw=="],
    primaryKey: "AAECAwQFBgcICQoLDA0ODw==",
  },
];

/** What a node tells another one when it joins. */
export const fullState: PushPull = {
  type: "push-pull",
  join: true,
  nodes: names.map((_, i) => claimOf(i)),
  userState: { bytes: encodeSerf(serfMessages[2]) },
};
