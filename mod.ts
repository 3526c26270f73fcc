/**
 * Cluster membership, failure detection and orchestration in one process: the library of Serf for Deno.
 *
 * A {@link Serf} instance is one member of a cluster. It finds the others by gossip, notices who comes, goes and dies,
 * and carries user events and queries between them. It speaks the protocol of HashiCorp Serf and joins its clusters.
 *
 * ```ts ignore
 * import { Serf } from "@serf-deno/serf";
 *
 * await using serf = await Serf.create({ name: "web-1", tags: { role: "web" } });
 * await serf.join(["10.0.0.1"]);
 * for await (const event of serf.events()) console.log(event.type);
 * ```
 *
 * To talk to an agent that runs already, import `@serf-deno/serf/client`; to try a cluster in virtual time,
 * `@serf-deno/serf/sim`.
 *
 * @module
 */

export { Address } from "./lib/base/address.ts";
export { ClosedError, JoinError, type JoinFailure, TimeoutError } from "./lib/base/errors.ts";
export { type MetricKind, type MetricName, METRICS, type Metrics } from "./lib/base/metrics.ts";
export { Subscription, type SubscriptionOptions } from "./lib/base/subscription.ts";
export type { Log, LogLevel } from "./lib/base/log.ts";
export { type HostEvent, IncomingQuery } from "./lib/host/incoming_query.ts";
export { KeyError, KeyManager, type KeyOptions } from "./lib/host/key_manager.ts";
export { type Ended, type JoinOptions, Serf, type SerfState } from "./lib/host/serf.ts";
export type { MachineOptions, SerfOptions, WireChoices } from "./lib/host/serf_options.ts";
export type { MemberEvent, MemberEventType, UserEvent } from "./lib/api/event.ts";
export type { KeyOperation, KeyResult } from "./lib/api/keys.ts";
export type { Member, MemberStatus } from "./lib/api/member.ts";
export type { QueryOptions, QueryRecord } from "./lib/api/query.ts";
export type { SerfConfig } from "./lib/serf/config.ts";
export { type Profile, type ProfileName, profiles } from "./lib/swim/config.ts";
export { type Coordinate, distance } from "./lib/wire/messages/coordinate.ts";
export { Keyring } from "./lib/wire/framing/keyring.ts";
export type { WireOptions } from "./lib/wire/framing/wire_options.ts";
