/**
 * The requests that an agent answers once, each of which is a method of `RpcClient`, too. Commands that need no more load
 * no more.
 *
 * @module
 */

import {
  checkMemberFilter,
  checkOptions,
  checkPayload,
  checkTagChange,
  checkText,
  checkTexts,
} from "../../api/arguments.ts";
import type { Coordinate } from "../../api/coordinate.ts";
import type { Member, MemberFilter } from "../../api/member.ts";
import {
  type CallOptions,
  type ForceLeaveOptions,
  type JoinOptions,
  OPTION_NAMES,
  type UserEventOptions,
} from "../../api/options.ts";
import type { Payload } from "../../api/payload.ts";
import type { TagChange } from "../../api/tag_change.ts";
import type { ClusterExplanation } from "../../api/why/compare.ts";
import type { Explanation } from "../../api/why/story.ts";
import { toBytes } from "../../base/bytes.ts";
import type { RpcChannel } from "./rpc_channel.ts";

/** `RpcClient.members`. */
export async function listMembers(
  channel: RpcChannel,
  filter: MemberFilter = {},
  options?: CallOptions,
): Promise<readonly Member[]> {
  checkMemberFilter(filter);
  const { tags = {}, status = "", name = "" } = filter;
  const body = { Tags: new Map(Object.entries(tags)), Status: status, Name: name };
  return (await channel.ask("members-filtered", body, options)).Members;
}

/** `RpcClient.join`. */
export async function joinCluster(
  channel: RpcChannel,
  addresses: readonly string[],
  options: JoinOptions = {},
): Promise<number> {
  checkTexts("addresses", addresses, "10.0.0.1:7946");
  checkOptions(options, OPTION_NAMES.join);
  const { replay = false, signal } = options;
  return (await channel.ask("join", { Existing: addresses, Replay: replay }, { signal })).Num;
}

/** `RpcClient.leave`. */
export async function leaveCluster(channel: RpcChannel, options?: CallOptions): Promise<void> {
  await channel.ask("leave", null, options);
}

/** `RpcClient.forceLeave`. */
export async function forceLeaveMember(
  channel: RpcChannel,
  name: string,
  options: ForceLeaveOptions = {},
): Promise<void> {
  checkText("name", name);
  checkOptions(options, OPTION_NAMES.forceLeave);
  const { prune = false, signal } = options;
  await channel.ask("force-leave", { Node: name, Prune: prune }, { signal });
}

/** `RpcClient.updateTags`. */
export async function updateTags(
  channel: RpcChannel,
  change: TagChange,
  options?: CallOptions,
): Promise<void> {
  checkTagChange(change);
  const { set = {}, delete: deleted = [] } = change;
  const body = { Tags: new Map(Object.entries(set)), DeleteTags: deleted };
  await channel.ask("tags", body, options);
}

/** `RpcClient.userEvent`. */
export async function sendUserEvent(
  channel: RpcChannel,
  name: string,
  payload: Payload = null,
  options: UserEventOptions & CallOptions = {},
): Promise<void> {
  checkText("name", name);
  checkPayload(payload);
  checkOptions(options, [...OPTION_NAMES.userEvent, ...OPTION_NAMES.call]);
  const { coalesce = false, signal } = options;
  const body = { Name: name, Payload: toBytes(payload), Coalesce: coalesce };
  await channel.ask("event", body, { signal });
}

/** `RpcClient.info`. */
export async function getInfo(
  channel: RpcChannel,
  options?: CallOptions,
): Promise<Record<string, Record<string, string>>> {
  const sections = await channel.ask("stats", null, options);
  return Object.fromEntries(
    Array.from(sections, ([name, values]) => [name, Object.fromEntries(values)]),
  );
}

/** `RpcClient.metrics`. */
export async function getMetrics(
  channel: RpcChannel,
  options?: CallOptions,
): Promise<readonly string[]> {
  return (await channel.ask("metrics", null, options)).Lines;
}

/** `RpcClient.why`. */
export async function explain(
  channel: RpcChannel,
  name: string,
  options?: CallOptions,
): Promise<Explanation> {
  checkText("name", name);
  const { Report } = await channel.ask("why", { Node: name, All: false }, options);
  return JSON.parse(Report) as Explanation;
}

/** `RpcClient.whyAll`. */
export async function explainByAll(
  channel: RpcChannel,
  name: string,
  options?: CallOptions,
): Promise<ClusterExplanation> {
  checkText("name", name);
  const { Report } = await channel.ask("why", { Node: name, All: true }, options);
  return JSON.parse(Report) as ClusterExplanation;
}

/** `RpcClient.coordinate`. */
export async function getCoordinate(
  channel: RpcChannel,
  name: string,
  options?: CallOptions,
): Promise<Coordinate | undefined> {
  checkText("name", name);
  const { Ok, Coord } = await channel.ask("get-coordinate", { Node: name }, options);
  if (!Ok) return undefined;
  const { Vec, Error: error, Adjustment: adjustment, Height: height } = Coord;
  return { vec: Vec ?? [], error, adjustment, height };
}
