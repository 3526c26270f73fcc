/**
 * A member's view of another as bytes: the answer to a `_serf_why` query, small enough for a datagram.
 *
 * @module
 */

import type { StreamOutcome } from "../../../api/why/evidence.ts";
import type { MemberView } from "../../../api/why/view.ts";
import { Reader } from "../../../wire/msgpack/reader.ts";
import { Writer } from "../../../wire/msgpack/writer.ts";
import {
  bool,
  type Field,
  list,
  struct,
  text,
  u32,
  u8,
  type Values,
} from "../../../wire/msgpack/struct.ts";

/** What comes first. A view in another format has another number, and is ignored. */
const VERSION = 1;

/**
 * Ages and durations are whole milliseconds; ages are one more, so that 0 means none. The struct is written as an array in this
 * order, which takes a quarter of the bytes of a map; new fields are added at the end.
 */
const fields = {
  Version: u8,
  IsSelf: bool,
  State: text,
  Address: text,
  AnsweredAgo: u32,
  PingedAgo: u32,
  Elsewhere: text,
  BeganAgo: u32,
  LatestAgo: u32,
  Unanswered: u32,
  Helped: u32,
  Late: u32,
  StreamOnly: u32,
  Pings: u32,
  Stream: text,
  Asked: u8,
  Nacked: u8,
  SuspectedBy: list(text),
  FailedBy: text,
  FailedAgo: u32,
  SuspectedMs: u32,
  ToldBy: text,
  Refutations: u32,
  AliveAgo: u32,
  Forced: bool,
  Conflict: text,
  AccusedBy: list(text),
  HealthScore: u8,
  LagMs: u32,
  Stalls: u32,
  StalledMs: u32,
  OthersAnswering: u32,
  OthersFailing: list(text),
  OthersHeard: list(text),
  OthersByTcp: list(text),
};

const wireView = struct(fields);
const wireFields = Object.entries(fields) as [keyof typeof fields, Field<unknown>][];

const MAX_U8 = 0xff;
const MAX_U32 = 0xffff_ffff;

const STATES: readonly MemberView["state"][] = [
  ...["none", "alive", "leaving", "left", "failed", "suspect"] as const,
];

const STREAMS: readonly StreamOutcome[] = [
  ...["untried", "open", "answered", "refused", "silent", "unreachable", "failed"] as const,
];

/** Encodes a view; whose it is stands in the answer to the query. */
export function encodeView(view: MemberView): Uint8Array {
  const values: Values<typeof fields> = {
    Version: VERSION,
    IsSelf: view.isSelf,
    State: view.state,
    Address: view.address,
    AnsweredAgo: wireAge(view.answeredAgoMs),
    PingedAgo: wireAge(view.pingedAgoMs),
    Elsewhere: view.elsewhere,
    BeganAgo: wireAge(view.beganAgoMs),
    LatestAgo: wireAge(view.latestAgoMs),
    Unanswered: whole(view.unanswered),
    Helped: whole(view.helped),
    Late: whole(view.late),
    StreamOnly: whole(view.streamOnly),
    Pings: whole(view.pings),
    Stream: view.stream,
    Asked: Math.min(MAX_U8, view.asked),
    Nacked: Math.min(MAX_U8, view.nacked),
    SuspectedBy: view.suspectedBy,
    FailedBy: view.failedBy,
    FailedAgo: wireAge(view.failedAgoMs),
    SuspectedMs: whole(view.suspectedMs),
    ToldBy: view.toldBy,
    Refutations: whole(view.refutations),
    AliveAgo: wireAge(view.aliveAgoMs),
    Forced: view.forced,
    Conflict: view.conflict,
    AccusedBy: view.accusedBy,
    HealthScore: Math.min(MAX_U8, view.healthScore),
    LagMs: whole(view.lagMs),
    Stalls: whole(view.stalls),
    StalledMs: whole(view.stalledMs),
    OthersAnswering: whole(view.othersAnswering),
    OthersFailing: view.othersFailing,
    OthersHeard: view.othersHeard,
    OthersByTcp: view.othersByTcp,
  };
  const writer = new Writer().array(wireFields.length);
  for (const [name, field] of wireFields) field.write(writer, values[name]);
  return writer.bytes();
}

/** Decodes the view of a member; `undefined` if it is in another format. Throws a `DecodeError` if it is none. */
export function decodeView(observer: string, bytes: Uint8Array): MemberView | undefined {
  const wire = wireView.read(new Reader(bytes));
  if (wire.Version !== VERSION) return undefined;
  return {
    observer,
    isSelf: wire.IsSelf,
    state: STATES.find((state) => state === wire.State) ?? "none",
    address: wire.Address,
    answeredAgoMs: wire.AnsweredAgo - 1,
    pingedAgoMs: wire.PingedAgo - 1,
    elsewhere: wire.Elsewhere,
    beganAgoMs: wire.BeganAgo - 1,
    latestAgoMs: wire.LatestAgo - 1,
    unanswered: wire.Unanswered,
    helped: wire.Helped,
    late: wire.Late,
    streamOnly: wire.StreamOnly,
    pings: wire.Pings,
    stream: STREAMS.find((stream) => stream === wire.Stream) ?? "untried",
    asked: wire.Asked,
    nacked: wire.Nacked,
    suspectedBy: wire.SuspectedBy,
    failedBy: wire.FailedBy,
    failedAgoMs: wire.FailedAgo - 1,
    suspectedMs: wire.SuspectedMs,
    toldBy: wire.ToldBy,
    refutations: wire.Refutations,
    aliveAgoMs: wire.AliveAgo - 1,
    forced: wire.Forced,
    conflict: wire.Conflict,
    accusedBy: wire.AccusedBy,
    healthScore: wire.HealthScore,
    lagMs: wire.LagMs,
    stalls: wire.Stalls,
    stalledMs: wire.StalledMs,
    othersAnswering: wire.OthersAnswering,
    othersFailing: wire.OthersFailing,
    othersHeard: wire.OthersHeard,
    othersByTcp: wire.OthersByTcp,
  };
}

function whole(value: number): number {
  return Math.min(MAX_U32, Math.round(value));
}

function wireAge(ms: number): number {
  return ms < 0 ? 0 : whole(ms + 1);
}
