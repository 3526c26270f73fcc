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
 * It runs on Deno, on Node from version 24, and on Bun.
 *
 * To talk to an agent that runs already, import `@serf-deno/serf/client`; to try a cluster in virtual time,
 * `@serf-deno/serf/sim`.
 *
 * @module
 */

export { type Coordinate, distance } from "./lib/api/coordinate.ts";
export {
  type EventOf,
  type EventType,
  type MemberEvent,
  type MemberEventType,
  QueryEvent,
  type SerfEvent,
  UserEvent,
} from "./lib/api/event.ts";
export {
  KeyError,
  KeyManager,
  type KeyOperation,
  type KeyOptions,
  type KeyResult,
} from "./lib/api/keys.ts";
export type { Member, MemberFilter, MemberStatus } from "./lib/api/member.ts";
export type {
  CallOptions,
  EventsOptions,
  ForceLeaveOptions,
  JoinOptions,
  UserEventOptions,
} from "./lib/api/options.ts";
export type { TagChange } from "./lib/api/tag_change.ts";
export { type Logger, toLog } from "./lib/api/to_log.ts";
export type { Payload } from "./lib/api/payload.ts";
export {
  Query,
  type QueryAck,
  type QueryFailure,
  type QueryOptions,
  type QueryParameters,
  type QueryRecord,
  QueryResponse,
  type QueryResult,
} from "./lib/api/query.ts";
export { rendezvous } from "./lib/api/rendezvous.ts";
export type { SerfClosed, SerfState } from "./lib/api/serf_state.ts";
export type { SerfStats } from "./lib/api/stats.ts";
export type {
  EvidenceEntry,
  Observation,
  Origin,
  StreamOutcome,
  UnansweredPeer,
  WhyReport,
} from "./lib/api/why/evidence.ts";
export type {
  ClusterConclusion,
  ClusterExplanation,
  ExplainedView,
} from "./lib/api/why/compare.ts";
export type { Cause } from "./lib/api/why/diagnosis.ts";
export type { MemberView } from "./lib/api/why/view.ts";
export {
  type Conclusion,
  type Explanation,
  type StoryOptions,
  tellStory,
} from "./lib/api/why/story.ts";
export { Address } from "./lib/base/address.ts";
export { ClosedError, JoinError, type JoinFailure, TimeoutError } from "./lib/base/errors.ts";
export type { LamportTime } from "./lib/base/lamport_time.ts";
export type { Log, LogLevel } from "./lib/base/log.ts";
export {
  type MetricKind,
  type MetricLabels,
  type MetricName,
  METRICS,
  type Metrics,
} from "./lib/base/metrics.ts";
export { Subscription, type SubscriptionOptions } from "./lib/base/subscription.ts";
export { Serf } from "./lib/host/serf.ts";
export type { AdvancedOptions, SerfOptions } from "./lib/host/serf_options.ts";
export type { ProtocolSettings } from "./lib/serf/config.ts";
export { type Profile, type ProfileName, profiles } from "./lib/swim/config.ts";
export { Keyring } from "./lib/wire/framing/keyring.ts";
