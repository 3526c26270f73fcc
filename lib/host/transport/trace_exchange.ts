/**
 * The spans of stream exchanges.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { Reply, StreamMessage } from "../../wire/messages/messages.ts";
import type { Tracer } from "../tracing.ts";

/** An exchange, seen from either side. */
export interface TracedExchange {
  readonly peer: Address;
  readonly role: "dialler" | "server";
  /** The message that began it. */
  readonly message: StreamMessage;
}

/** Runs an exchange, in a span if it is one of states. The span tells how many nodes the first state and the answer have. */
export function traceExchange<Answer extends Reply | StreamMessage | null>(
  tracer: Tracer | undefined,
  { peer, role, message }: TracedExchange,
  run: () => Promise<Answer>,
): Promise<Answer> {
  if (tracer === undefined || message.type !== "push-pull") return run();
  const attributes = {
    "network.peer.address": peer.host,
    "network.peer.port": peer.port,
    "serf.exchange.role": role,
    "serf.exchange.join": message.join,
    "serf.exchange.request_nodes": message.nodes.length,
  };
  return tracer.span("serf.state_exchange", attributes, async (span) => {
    const answer = await run();
    const outcome = outcomeOf(answer);
    if (typeof outcome === "string") span.fail(outcome);
    else span.set({ "serf.exchange.answer_nodes": outcome });
    return answer;
  });
}

/** The number of nodes in the answer, or why there is none. */
function outcomeOf(answer: Reply | StreamMessage | null): number | string {
  if (answer === null) return "no answer";
  if ("ok" in answer) return answer.ok ? outcomeOf(answer.message) : answer.error;
  if (answer.type === "push-pull") return answer.nodes.length;
  return answer.type === "err" ? answer.error : `answered by ${answer.type}`;
}
