import { assertEquals } from "@std/assert";
import { IntentBuffer } from "../../../lib/serf/members/intent_buffer.ts";

Deno.test("only a newer intent replaces a buffered one, of whichever type", () => {
  const buffer = new IntentBuffer();
  assertEquals(buffer.offer("a", { type: "join", lTime: 5 }, 0), true);
  assertEquals(buffer.offer("a", { type: "leave", lTime: 5 }, 0), false);
  assertEquals(buffer.offer("a", { type: "leave", lTime: 4 }, 0), false);
  assertEquals(buffer.offer("a", { type: "leave", lTime: 6 }, 0), true);
  const { type, lTime } = buffer.take("a")!;
  assertEquals([type, lTime], ["leave", 6]);
});

Deno.test("an intent that was taken is gone", () => {
  const buffer = new IntentBuffer();
  buffer.offer("a", { type: "join", lTime: 5 }, 0);
  buffer.take("a");
  assertEquals(buffer.take("a"), undefined);
});

Deno.test("old intents expire, counted from the last one that was kept", () => {
  const buffer = new IntentBuffer();
  buffer.offer("a", { type: "join", lTime: 5 }, 0);
  buffer.offer("b", { type: "join", lTime: 5 }, 10);
  buffer.offer("a", { type: "join", lTime: 6 }, 20);
  buffer.expire(20);
  assertEquals(buffer.take("b"), undefined);
  assertEquals(buffer.take("a")?.lTime, 6);
});

Deno.test("with too many names the oldest is forgotten", () => {
  const buffer = new IntentBuffer();
  for (let i = 0; i <= 16_384; i++) buffer.offer(`n${i}`, { type: "join", lTime: 1 }, i);
  assertEquals(buffer.take("n0"), undefined);
  assertEquals(buffer.take("n1")?.lTime, 1);
  assertEquals(buffer.take("n16384")?.lTime, 1);
});

Deno.test("intents about names that no node has are not kept", () => {
  const buffer = new IntentBuffer();
  assertEquals(buffer.offer("x".repeat(513), { type: "join", lTime: 1 }, 0), false);
  assertEquals(buffer.offer("x".repeat(512), { type: "join", lTime: 1 }, 0), true);
});
