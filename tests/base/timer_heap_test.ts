import { assertEquals } from "@std/assert";
import { Random } from "../../lib/sim/random.ts";
import { TimerHeap } from "../../lib/base/timer_heap.ts";

function drain<T>(heap: TimerHeap<T>): T[] {
  const timers: T[] = [];
  while (heap.size > 0) timers.push(heap.pop() as T);
  return timers;
}

Deno.test("an empty heap has no first timer", () => {
  const heap = new TimerHeap<string>();
  assertEquals([heap.size, heap.peekTime(), heap.pop()], [0, undefined, undefined]);
});

Deno.test("timers come out by time", () => {
  const heap = new TimerHeap<string>();
  heap.push(3, "c");
  heap.push(1, "a");
  heap.push(2.5, "b");
  assertEquals(heap.peekTime(), 1);
  assertEquals(drain(heap), ["a", "b", "c"]);
});

Deno.test("timers due at the same time come out in the order of insertion", () => {
  const heap = new TimerHeap<number>();
  for (let i = 0; i < 1000; i++) heap.push(i % 3, i);
  const expected = [0, 1, 2].flatMap((time) =>
    Array.from({ length: 1000 }, (_, i) => i).filter((i) => i % 3 === time)
  );
  assertEquals(drain(heap), expected);
});

Deno.test("pushes and pops in any order agree with a sorted list", () => {
  const random = new Random(12345);
  const heap = new TimerHeap<number>();
  const model: { at: number; order: number }[] = [];
  for (let step = 0; step < 20_000; step++) {
    if (random.below(5) < 3) {
      const at = random.below(100);
      heap.push(at, step);
      model.push({ at, order: step });
    } else {
      model.sort((a, b) => a.at - b.at || a.order - b.order);
      assertEquals(heap.peekTime(), model[0]?.at);
      assertEquals(heap.pop(), model.shift()?.order);
    }
    assertEquals(heap.size, model.length);
  }
});
