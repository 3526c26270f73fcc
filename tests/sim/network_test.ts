import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Network, type NetworkOptions } from "../../lib/sim/network.ts";
import { Random } from "../../lib/sim/random.ts";

function network(options: NetworkOptions = {}): Network {
  return new Network(new Random(1), options);
}

function delays(net: Network, count: number): number[] {
  return Array.from({ length: count }, () => net.datagramDelay(0, 1));
}

Deno.test("delays are spread over the whole range", () => {
  const all = delays(network({ latencyMs: [5, 10] }), 1000);
  assert(all.every((delay) => delay >= 5 && delay < 10));
  assert(Math.min(...all) < 5.1 && Math.max(...all) > 9.9);
});

Deno.test("loss drops its share of datagrams, and delays streams", () => {
  const net = network({ loss: 0.25, latencyMs: [1, 1] });
  const lost = delays(net, 10_000).filter((delay) => delay < 0).length;
  assertAlmostEquals(lost, 2500, 5 * Math.sqrt(10_000 * 0.25 * 0.75));
  const streams = Array.from({ length: 1000 }, () => net.streamDelay(0, 1, 1));
  assert(streams.every((delay) => delay >= 1));
  const late = streams.filter((delay) => delay > 1).length;
  assertAlmostEquals(late, 250, 5 * Math.sqrt(1000 * 0.25 * 0.75));
});

Deno.test("a stream over a link that loses everything gets a long but finite delay", () => {
  assert(network({ loss: 1 }).streamDelay(0, 1, 1) > 60_000);
});

Deno.test("reordering delays its share of datagrams", () => {
  const all = delays(network({ reorder: 0.5, latencyMs: [1, 1] }), 1000);
  assertAlmostEquals(all.filter((delay) => delay > 1).length, 500, 5 * Math.sqrt(250));
});

Deno.test("a partition separates its groups, and the hosts in no group, until it heals", () => {
  const net = network();
  net.partition([[0, 1], [2]]);
  assert(net.reaches(0, 1) && net.reaches(3, 4));
  for (const [a, b] of [[0, 2], [0, 3], [2, 3]]) {
    assertEquals([net.reaches(a, b), net.reaches(b, a)], [false, false]);
  }
  assertEquals(net.datagramDelay(0, 2), -1);
  net.heal();
  assert(net.reaches(0, 2) && net.datagramDelay(0, 2) > 0);
});

Deno.test("a cut link is cut in one direction", () => {
  const net = network();
  net.cut(0, 1);
  assertEquals([net.reaches(0, 1), net.reaches(1, 0), net.reaches(0, 2)], [false, true, true]);
  net.heal();
  assert(net.reaches(0, 1));
});

Deno.test("a datagram of a host to itself always arrives", () => {
  const net = network({ loss: 1 });
  assert(net.datagramDelay(3, 3) > 0);
});

Deno.test("settings out of range are refused by name", () => {
  assertThrows(() => network({ loss: 1.5 }), RangeError, "Cannot use loss: got 1.5");
  assertThrows(() => network({ duplicate: -1 }), RangeError, "Cannot use duplicate");
  assertThrows(() => network({ reorder: NaN }), RangeError, "Cannot use reorder");
  assertThrows(() => network({ latencyMs: [2, 1] }), RangeError, "Cannot use latencyMs");
  const net = network();
  assertThrows(() => net.loss = 2, RangeError, "Cannot use loss");
});

Deno.test("a link of its own has its latency and loss, in its direction", () => {
  const net = network({
    latencyMs: [1, 2],
    link: (from, to) => from === 0 && to === 1 ? { latencyMs: [50, 60] } : undefined,
  });
  assert(delays(net, 100).every((delay) => delay >= 50 && delay < 60));
  assert(net.datagramDelay(1, 0) < 2);
  assert(net.streamDelay(0, 1, 3) >= 150);
  assertEquals(net.streamDelay(0, -1, 1) < 2, true, "nobody is there");
  const lossy = network({ link: () => ({ loss: 1 }) });
  assert(delays(lossy, 100).every((delay) => delay < 0));
  const wrong = network({ link: () => ({ latencyMs: [2, 1] }) });
  assertThrows(() => wrong.datagramDelay(0, 1), RangeError, "Cannot use latencyMs");
});
