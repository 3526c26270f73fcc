/**
 * What the HTTP API needs of the agent that it serves.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { RpcAgent } from "../../rpc/server/rpc_agent.ts";
import type { SuspicionInfo } from "../../swim/state/suspicion.ts";
import type { PrometheusRegistry } from "../telemetry/prometheus_registry.ts";
import type { EventRing } from "./events/event_ring.ts";
import type { EventStreams } from "./events/event_stream.ts";
import type { MembersView } from "./members_view.ts";

/** An agent as the HTTP API sees it. */
export interface HttpAgent extends RpcAgent {
  /** The name of its node. */
  readonly name: string;
  /** How many packets gossip may send at once now; less than 0 is credit. */
  readonly gossipBudget: number;
  /** All members that this node suspects to have failed. */
  suspicions(): readonly SuspicionInfo[];
}

/** What the handlers of the routes work with. */
export interface HttpApi {
  readonly agent: HttpAgent;
  readonly members: MembersView;
  readonly events: EventRing;
  readonly streams: EventStreams;
  readonly registry: PrometheusRegistry;
  /** Whether other members are to be joined, so that an agent that knows none is not ready. */
  readonly wantsToJoin: boolean;
  readonly log: Log;
}
