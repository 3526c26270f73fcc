/**
 * What this node knows about why a member is in its state, put together from SWIM's evidence and the table of members.
 *
 * @module
 */

import { lastEpisode } from "../api/why/episode.ts";
import type { EvidenceEntry, Origin, UnansweredPeer, WhyReport } from "../api/why/evidence.ts";
import type { MemberLog, StoredEntry } from "../swim/evidence/evidence_store.ts";
import type { Swim } from "../swim/swim.ts";
import type { SerfContext } from "./context.ts";

/** What happened to ourselves so long before a member was in trouble may have to do with it, milliseconds. */
const LEAD_MS = 30_000;

const NOTHING: MemberLog = { pingedAt: -Infinity, elsewhere: undefined, entries: [] };

/**
 * Reports what is known about a member, or about this node itself. Times are the world's; `shiftTimes` makes them those of
 * a calendar. See {@link isKnown} for names of which nothing is known.
 */
export function whyReport(
  node: string,
  { config, members, world }: SerfContext,
  swim: Swim,
): WhyReport {
  const { evidence } = swim;
  const member = members.get(node)?.member;
  const claim = swim.claim(node);
  const log = evidence.log(node);
  const { pingedAt, elsewhere, entries } = log ?? NOTHING;
  const answer = evidence.answer(node);
  const nameOf = namesByAddress(swim);
  const about = entries.map((entry) => publicEntry(entry, nameOf));
  const [first] = lastEpisode(about);
  const since = (first?.timeMs ?? world.now) - LEAD_MS;
  const stalls = node === config.name ? [] : stallsSince(since, evidence.log(config.name));
  return {
    node,
    observer: config.name,
    timeMs: world.now,
    status: member?.status ?? "none",
    suspect: claim?.state === "suspect",
    address: (member?.address ?? claim?.address)?.text ?? "",
    incarnation: claim?.incarnation ?? 0,
    healthScore: swim.healthScore,
    lagMs: evidence.lagMs,
    lastAnswer: answer === undefined ? null : { timeMs: answer.at, rttMs: answer.rttMs },
    lastPing: pingedAt === -Infinity
      ? null
      : { timeMs: pingedAt, elsewhere: elsewhere?.text ?? "" },
    ...otherMembers(swim, {
      except: [node, config.name],
      failingSince: since,
      answeringSince: first?.timeMs ?? since,
    }),
    entries: [...about, ...stalls].toSorted((a, b) => a.timeMs - b.timeMs),
  };
}

/** Whether there is anything to report about a name. */
export function isKnown(node: string, { members }: SerfContext, swim: Swim): boolean {
  return members.get(node) !== undefined || swim.claim(node) !== undefined ||
    swim.evidence.log(node) !== undefined || swim.evidence.answer(node) !== undefined;
}

/** Which members a sender's address belongs to. A connection has a port of its own, so the host alone must do there. */
function namesByAddress(swim: Swim): (address: string) => string {
  const names = new Map<string, string | undefined>();
  for (const { node, address: { text, host } } of swim.claims()) {
    names.set(text, node);
    // A host of several members does not tell which one it was.
    names.set(host, names.has(host) ? undefined : node);
  }
  return (address) => names.get(address) ?? address;
}

function publicEntry(
  { at, lastAt, times, healthScore, lagMs, what }: StoredEntry,
  nameOf: (address: string) => string,
): EvidenceEntry {
  const named = "origin" in what ? { ...what, origin: namedOrigin(what.origin, nameOf) } : what;
  return { timeMs: at, lastMs: lastAt, times, healthScore, lagMs, what: named };
}

function namedOrigin({ how, from }: Origin, nameOf: (address: string) => string): Origin {
  return { how, from: nameOf(from) };
}

function stallsSince(since: number, own: MemberLog | undefined): EvidenceEntry[] {
  return (own?.entries ?? [])
    .filter(({ what, lastAt }) => what.type === "stalled" && lastAt >= since)
    .map((entry) => publicEntry(entry, (address) => address));
}

/** How many of the other members have answered since a time, and which ones have not, although they were probed. */
function otherMembers(
  swim: Swim,
  { except, failingSince, answeringSince }: {
    readonly except: readonly string[];
    readonly failingSince: number;
    readonly answeringSince: number;
  },
): Pick<WhyReport, "othersAnswering" | "othersFailing"> {
  const { evidence } = swim;
  const answered = (node: string) => evidence.answer(node)?.at ?? -Infinity;
  const ownShare = except.filter((node) => answered(node) >= answeringSince).length;
  const othersAnswering = evidence.answeredSince(answeringSince) - ownShare;
  const othersFailing: UnansweredPeer[] = [];
  for (const [node, { pingedAt, entries }] of evidence.logs()) {
    const answeredAt = answered(node);
    if (except.includes(node) || answeredAt >= answeringSince) continue;
    const last = entries.findLast(({ what }) => what.type === "probe");
    if (last === undefined || last.lastAt < failingSince || last.lastAt <= answeredAt) continue;
    const byTcp = last.what.type === "probe" && last.what.stream === "answered";
    othersFailing.push({ node, heard: pingedAt >= last.at, byTcp });
  }
  return { othersAnswering, othersFailing };
}
