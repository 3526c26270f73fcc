/**
 * What an agent goes on sending: the events of its node, and its log.
 *
 * @module
 */

import {
  checkNumber,
  checkOptions,
  checkPayload,
  checkText,
  checkTexts,
} from "../../api/arguments.ts";
import { type EventOf, type EventType, QueryEvent, type SerfEvent } from "../../api/event.ts";
import { type CallOptions, type EventsOptions, OPTION_NAMES } from "../../api/options.ts";
import type { Payload } from "../../api/payload.ts";
import { toBytes } from "../../base/bytes.ts";
import { Subscription } from "../../base/subscription.ts";
import { eventRecord } from "../event_record.ts";
import { logRecord } from "../protocol.ts";
import type { RpcChannel } from "./rpc_channel.ts";

/** How the agent's log is followed. */
export interface MonitorOptions {
  /** How many lines are kept for a slow reader before they are dropped and counted. Default 1024. */
  readonly capacity?: number;
  /** Ends the subscription with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** `RpcClient.events`. */
export async function openEvents<const Type extends EventType = "*">(
  channel: RpcChannel,
  options: EventsOptions<Type> = {},
): Promise<Subscription<EventOf<Type>>> {
  checkOptions(options, OPTION_NAMES.events);
  const { types = [], capacity, signal } = options;
  checkTexts("types", types, "member-failed");
  const events = await channel.open("stream", { Type: types.join(",") || "*" }, {
    capacity,
    signal,
    subscribe: (settings) => new Subscription<SerfEvent>(settings),
    decode: (reader): SerfEvent => {
      const event = eventRecord.read(reader);
      if (event.type !== "query") return event;
      return new QueryEvent(event, (payload) => respond(channel, event.id, payload));
    },
  });
  // The agent sends no others.
  return events as Subscription<EventOf<Type>>;
}

/** `RpcClient.respond`. */
export async function respond(
  channel: RpcChannel,
  id: number,
  payload: Payload,
  options?: CallOptions,
): Promise<void> {
  checkNumber("id", id);
  checkPayload(payload);
  await channel.ask("respond", { ID: BigInt(id), Payload: toBytes(payload) }, options);
}

/** `RpcClient.monitor`. */
export async function openMonitor(
  channel: RpcChannel,
  level = "INFO",
  options: MonitorOptions = {},
): Promise<Subscription<string>> {
  checkText("level", level);
  checkOptions(options, ["capacity", "signal"]);
  return await channel.open("monitor", { LogLevel: level }, {
    ...options,
    subscribe: (settings) => new Subscription<string>(settings),
    decode: (reader) => logRecord.read(reader).Log,
  });
}
