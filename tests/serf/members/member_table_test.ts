import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { MemberRecord } from "../../../lib/serf/members/member_table.ts";
import { claimOf } from "../serf_network.ts";

Deno.test("nodes that do not share records have records of their own", () => {
  const claim = claimOf("a");
  assert(MemberRecord.of(claim, "alive", 0) !== MemberRecord.of(claim, "alive", 0));
});

Deno.test("nodes that believe the same of a member share its record, even if other nodes do not", () => {
  MemberRecord.share();
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
  MemberRecord.share();
  const claim = claimOf("a");
  const first = MemberRecord.of(claim, "alive", 0);
  for (let lTime = 1; lTime <= 4; lTime++) MemberRecord.of(claim, "alive", lTime);
  assert(MemberRecord.of(claim, "alive", 0) !== first);
});

Deno.test("what is said by an intent alone does not change the public view", () => {
  const record = MemberRecord.of(claimOf("a"), "alive", 1);
  const { member } = record;
  assertStrictEquals(record.after("alive", 2).member, member);
  assertEquals(record.after("leaving", 2).member.status, "leaving");
});
