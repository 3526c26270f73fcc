import { assertEquals } from "@std/assert";
import { RateLimiter } from "../../lib/base/rate_limiter.ts";

Deno.test("each key is allowed once per interval", () => {
  const limiter = new RateLimiter(100);
  assertEquals(limiter.allows("a", 0), true);
  assertEquals(limiter.allows("a", 99), false);
  assertEquals(limiter.allows("b", 99), true);
  assertEquals(limiter.allows("a", 100), true);
  assertEquals(limiter.allows("a", 150), false);
});

Deno.test("only so many keys are remembered, those that were allowed last", () => {
  const limiter = new RateLimiter(1e9);
  for (let i = 0; i < 1_500; i++) assertEquals(limiter.allows(`${i}`, i), true);
  assertEquals(limiter.allows("1499", 2_000), false);
  assertEquals(limiter.allows("476", 2_000), false);
  assertEquals(limiter.allows("475", 2_000), true);
});

Deno.test("a key may be allowed several times per interval", () => {
  const limiter = new RateLimiter(100, { times: 3 });
  assertEquals([0, 10, 20, 30, 99].map((now) => limiter.allows("a", now)), [
    true,
    true,
    true,
    false,
    false,
  ]);
  assertEquals([100, 100, 100, 100].map((now) => limiter.allows("a", now)), [
    true,
    true,
    true,
    false,
  ]);
});
