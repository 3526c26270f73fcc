/** Keys are never in recordings, and payloads only if they are wanted; a replay is the same run all the same. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { createHmac } from "node:crypto";
import { Redaction } from "../../lib/recording/redaction.ts";
import { joinBytes } from "../../lib/base/bytes.ts";
import { replayRun, runsOf } from "../../lib/recording/parts/run.ts";
import type { Cluster } from "../../lib/sim/mod.ts";
import { readSample, sampleParts } from "./sample.ts";

const encoder = new TextEncoder();
const oldKey = encoder.encode("0123456789abcdef");
const newKey = encoder.encode("the new key, of 32 bytes in all.");
const badKey = encoder.encode("a key of the wrong size");
const payload = "top secret text";
const shortPayload = "psst";

/** Whether bytes occur in a recording. */
function contains(recording: Uint8Array, wanted: Uint8Array | string): boolean {
  const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);
  const part = text(typeof wanted === "string" ? encoder.encode(wanted) : wanted);
  for (let at = 0; at < recording.length; at += 10_000) {
    if (text(recording.subarray(at, at + 10_000 + part.length)).includes(part)) return true;
  }
  return false;
}

function useKeysAndPayloads(cluster: Cluster, second: number): void {
  const [first, other] = cluster.nodes;
  switch (second) {
    case 0:
      cluster.answerQueries((node) => encoder.encode(`${payload} of ${node.name}`));
      first.keys("install-key", newKey);
      return;
    case 1:
      other.keys("use-key", newKey);
      return;
    case 2:
      first.keys("list-keys");
      other.keys("list-keys");
      first.keys("install-key", badKey);
      return;
    case 3:
      first.userEvent("deploy", payload);
      other.userEvent("deploy", payload);
      other.userEvent("note", shortPayload);
      // Somebody types a key in the wrong place.
      other.userEvent(`note ${newKey.toBase64()}`, newKey);
      first.userEvent("note", `${newKey.toBase64()} is the key`);
      first.userEvent(`${newKey.toBase64()} is the key`);
      return;
    case 4:
      first.query("ask", payload);
      other.query("ask", payload, { relayFactor: 1 });
      other.keys("remove-key", oldKey);
      return;
    case 5:
      other.restart();
      return;
    case 15:
      first.whyAll(other.name);
  }
}

/** Records the first node in many parts, so that the states with which they begin have keys and payloads in every place. */
function recordSecrets(redaction?: () => Redaction): readonly Uint8Array[] {
  return sampleParts({
    nodes: 3,
    keys: [oldKey],
    seconds: 45,
    act: useKeysAndPayloads,
    redaction,
    partBytes: () => 200,
    blockBytes: 200,
  });
}

function assertSameRun(parts: readonly Uint8Array[]): void {
  assertGreater(parts.length, 50);
  const [run] = runsOf(parts.map(readSample));
  const { divergence, steps, parts: replayed } = replayRun(run);
  assertEquals(divergence, undefined);
  assertEquals(replayed, parts.length);
  assertGreater(steps, 100);
}

Deno.test("keys are in no recording, neither raw nor in base64", () => {
  const parts = recordSecrets();
  const bytes = joinBytes(...parts);
  for (const key of [oldKey, newKey, badKey]) {
    assertEquals(contains(bytes, key), false);
    assertEquals(contains(bytes, key.toBase64()), false);
  }
  assert(contains(bytes, payload), "payloads are recorded");
  assertSameRun(parts);
});

Deno.test("without payloads, those of events, queries and responses are in no recording", () => {
  const parts = recordSecrets(() =>
    new Redaction({ keyedHash: (text) => createHmac("sha256", "x").update(text).digest() })
  );
  const bytes = joinBytes(...parts);
  for (const secret of [payload, shortPayload, oldKey, newKey, oldKey.toBase64()]) {
    assertEquals(contains(bytes, secret), false, `${secret}`);
  }
  assert(contains(bytes, "deploy"), "names are recorded");
  assertSameRun(parts);
});

Deno.test("a filler is as long as the payload, and equal for equal payloads", () => {
  const redaction = new Redaction({
    keyedHash: (text) => createHmac("sha256", "x").update(text).digest(),
  });
  const long = encoder.encode("x".repeat(100));
  assertEquals(redaction.payload(long)?.length, 100);
  assertEquals(redaction.payload(long), redaction.payload(long.slice()));
  assertEquals(redaction.payload(null), null);
});
