import { assertEquals } from "@std/assert";
import { nearest } from "../../lib/cli/nearest.ts";

Deno.test("the nearest word is the only one that begins so, or one with few other characters", () => {
  const words = ["members", "monitor", "metrics", "reachability", "rtt", "tags"];
  for (
    const [word, meant] of [
      ["member", "members"],
      ["mebmers", "members"],
      ["reach", "reachability"],
      ["m", undefined],
      ["rt", "rtt"],
      ["status", undefined],
      ["", undefined],
      ["x".repeat(100_000), undefined],
    ] as const
  ) {
    assertEquals(nearest(word, words), meant, word.slice(0, 20));
  }
});
