import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { MemberRecord } from "../../../lib/serf/members/member_table.ts";
import { claimOf } from "../serf_network.ts";

Deno.test("nodes that believe the same of a member share its record, even if other nodes do not", () => {
  const claim = claimOf("a");
  const early = MemberRecord.of(claim, "alive", 0);
  const late = MemberRecord.of(claim, "alive", 7);
  const failed = MemberRecord.of(claim, "failed", 7);
  assertStrictEquals(MemberRecord.of(claim, "alive", 0), early);
  assertStrictEquals(MemberRecord.of(claim, "alive", 7), late);
  assertStrictEquals(MemberRecord.of(claim, "failed", 7), failed);
  assert(MemberRecord.of(claimOf("a"), "alive", 0) !== early);
  assertEquals([early, late, failed].map(({ statusLTime }) => statusLTime), [0, 7, 7]);
});

Deno.test("records that are not in use any more are not kept", () => {
  const claim = claimOf("a");
  const first = MemberRecord.of(claim, "alive", 0);
  for (let lTime = 1; lTime <= 4; lTime++) MemberRecord.of(claim, "alive", lTime);
  assert(MemberRecord.of(claim, "alive", 0) !== first);
});
