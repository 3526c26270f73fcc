import { assertEquals } from "@std/assert";
import { verifyProtocol } from "../../../lib/swim/state/verify_protocol.ts";
import type { Claim } from "../../../lib/wire/messages/messages.ts";
import { claimOf, versions } from "../hand_world.ts";

Deno.test("versions are compatible when all live nodes understand what each node speaks", () => {
  const speaking = (protocolCur: number, delegateCur: number): Claim =>
    claimOf("n1", { versions: { ...versions, protocolCur, delegateCur } });
  const local = [claimOf("self")];
  assertEquals(verifyProtocol([speaking(1, 2)], local), undefined);
  assertEquals(verifyProtocol([speaking(5, 5)], local), undefined);
  assertEquals(
    verifyProtocol([speaking(6, 5)], local),
    "Node 'n1' protocol version (6) is incompatible: [1, 5]",
  );
  assertEquals(
    verifyProtocol([speaking(2, 1)], local),
    "Node 'n1' delegate protocol version (1) is incompatible: [2, 5]",
  );
});

Deno.test("a node with a high minimum version makes others incompatible, but only while it is alive", () => {
  const demanding = { ...versions, protocolMin: 3, protocolCur: 3 };
  const remote = (state: Claim["state"]) => [claimOf("n1", { state, versions: demanding })];
  const local = [claimOf("self")];
  assertEquals(
    verifyProtocol(remote("alive"), local),
    "Node 'self' protocol version (2) is incompatible: [3, 5]",
  );
  assertEquals(verifyProtocol(remote("suspect"), local), undefined);
  assertEquals(
    verifyProtocol([], [...remote("alive"), ...local]),
    "Node 'self' protocol version (2) is incompatible: [3, 5]",
  );
});

Deno.test("a node without versions speaks version 0, in any state", () => {
  const silent = (state: Claim["state"]) => [claimOf("n1", { state, versions: null })];
  for (const state of ["alive", "dead", "left"] as const) {
    assertEquals(
      verifyProtocol(silent(state), [claimOf("self")]),
      "Node 'n1' protocol version (0) is incompatible: [1, 5]",
    );
  }
  assertEquals(
    verifyProtocol([], [claimOf("self"), ...silent("alive")]),
    "Node 'self' protocol version (2) is incompatible: [1, 0]",
  );
});
