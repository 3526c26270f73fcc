/**
 * Serf clusters in virtual time: hundreds of nodes in one process, a network that loses, delays and splits as told,
 * and runs that repeat exactly from their seed. The protocol machines are the ones that the agent runs.
 *
 * ```ts
 * import { simulate } from "@serf-deno/serf/sim";
 *
 * const cluster = simulate({ nodes: 5, seed: 42, loss: 0.01 });
 * cluster.node(3).pause();
 * cluster.run({ seconds: 30 });
 * console.log(cluster.node(0).status("n3")); // "failed"
 * ```
 *
 * @module
 */

export type { Address } from "../base/address.ts";
export type { LamportTime } from "../base/lamport_time.ts";
export type { LogLevel } from "../base/log.ts";
export {
  type MemberEvent,
  type MemberEventType,
  QueryEvent,
  type SerfEvent,
  UserEvent,
} from "../api/event.ts";
export type { KeyOperation, KeyResult } from "../api/keys.ts";
export type { Member, MemberStatus } from "../api/member.ts";
export type { Payload } from "../api/payload.ts";
export type { QueryParameters } from "../api/query.ts";
export type { SerfState } from "../api/serf_state.ts";
export {
  type MetricKind,
  type MetricLabels,
  type MetricName,
  METRICS,
  type Metrics,
} from "../base/metrics.ts";
export type {
  EvidenceEntry,
  Observation,
  Origin,
  StreamOutcome,
  UnansweredPeer,
  WhyReport,
} from "../api/why/evidence.ts";
export type {
  Answers,
  ClusterConclusion,
  ClusterExplanation,
  ExplainedView,
} from "../api/why/compare.ts";
export type { Cause } from "../api/why/diagnosis.ts";
export type { MemberView } from "../api/why/view.ts";
export {
  type Conclusion,
  type Explanation,
  type StoryOptions,
  tellStory,
} from "../api/why/story.ts";
export type { ProtocolSettings, SerfConfig, SerfSettings } from "../serf/config.ts";
export { type Profile, type ProfileName, profiles } from "../swim/config.ts";
export type { Coordinate } from "../api/coordinate.ts";
export {
  type AddOptions,
  type Answerer,
  Cluster,
  type NodeEvent,
  type SimLogLine,
  simulate,
  type SimulateOptions,
  type Span,
} from "./cluster.ts";
export type { LinkOptions, NetworkOptions } from "./network.ts";
export type { HostState } from "./sim_host.ts";
export { type RestartOptions, SimNode } from "./sim_node.ts";
export type { DiskState } from "./sim_snapshot.ts";
export { SimOperation, SimQuery, SimWhy } from "./sim_operation.ts";
export { SimulationError } from "./simulation_error.ts";
export type { Statistics } from "./statistics.ts";
