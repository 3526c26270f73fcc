import { assert, assertEquals } from "@std/assert";
import { profiles } from "../../../lib/swim/config.ts";
import { StallWatch } from "../../../lib/swim/failure_detector/stall_watch.ts";
import type { Message } from "../../../lib/wire/messages/messages.ts";
import {
  addressOf,
  aliveOf,
  hear,
  type StartedNode,
  startNode,
  suspectOf,
  viewOf,
} from "../hand_world.ts";

const others = ["n1", "n2", "n3", "n4", "n5"];

/** A node that suspects n1, and will declare it dead after `leftMs`. */
function suspecting(leftMs: number, profile = {}): StartedNode {
  const started = startNode({ knows: others, profile });
  // Confirmed by two, a suspicion lasts 4 s.
  hear(started.swim, suspectOf("n1", "n2"), suspectOf("n1", "n3"), suspectOf("n1", "n4"));
  started.world.run(4_000 - leftMs);
  assertEquals(viewOf(started.swim, "n1"), "suspect 1");
  return started;
}

Deno.test("a slightly late timer is tolerated, a very late one shows how much time was lost", () => {
  const watch = new StallWatch(profiles.lan);
  assertEquals(watch.lostMs(10_000, 10_250), 0);
  assertEquals(watch.lostMs(10_000, 10_300), 300);
});

Deno.test("the same lost time is reported once, however many timers were late", () => {
  const watch = new StallWatch(profiles.lan);
  assertEquals(watch.lostMs(10_000, 15_000), 5_000);
  assertEquals(watch.lostMs(12_000, 15_000), 0);
  assertEquals(watch.lostMs(14_900, 15_200), 0);
  assertEquals(watch.lostMs(14_900, 15_300), 300);
});

Deno.test("without stall awareness, as in memberlist, no time is ever lost", () => {
  const watch = new StallWatch({ ...profiles.lan, stallAware: false });
  assertEquals(watch.lostMs(10_000, 60_000), 0);
});

Deno.test("lost time raises our health score by the number of missed probes, and is logged", () => {
  for (const [stallMs, score] of [[1_300, 1], [3_500, 2], [3_600_000, 7]]) {
    const { swim, world } = startNode({ knows: ["n1"] });
    world.stall(stallMs);
    // Before the next probe is answered.
    world.peersAnswer = false;
    world.run(0);
    assertEquals(swim.healthScore, score, `${stallMs} ms`);
    const [line, ...more] = world.log("WARN");
    assert(/^memberlist: Timers fired \d+ ms late, not accusing others meanwhile$/.test(line));
    assertEquals(more, []);
  }
});

Deno.test("a suspicion whose timeout passed during a stall goes on, and the suspect is notified", () => {
  const { swim, world } = suspecting(1_000);
  world.takeSent();
  world.stall(60_000);
  world.run(0);
  assertEquals(viewOf(swim, "n1"), "suspect 1");
  const told = world.sent.filter(({ to, packet }) =>
    to.equals(addressOf("n1")) && packet.messages.some(({ type }) => type === "suspect")
  );
  assert(told.length > 0);
  hear(swim, aliveOf("n1", { incarnation: 2 }));
  world.run(60_000);
  assertEquals(viewOf(swim, "n1"), "alive 2");
});

Deno.test("a suspect that stays silent is declared dead later by the lost time", () => {
  const { swim, world } = suspecting(1_000);
  world.stall(60_000);
  world.run(500);
  assertEquals(viewOf(swim, "n1"), "suspect 1");
  world.run(2_000);
  assertEquals(viewOf(swim, "n1"), "dead 1");
});

Deno.test("without stall awareness, as in memberlist, it is declared dead after the stall", () => {
  const { swim, world } = suspecting(1_000, { stallAware: false });
  world.stall(60_000);
  world.run(0);
  assertEquals(viewOf(swim, "n1"), "dead 1");
});

Deno.test("after a stall, no nacks are sent for others, but acks are passed on", () => {
  const { swim, world } = startNode({ peersAnswer: false, packetOverhead: 1_390 });
  const request: Message = {
    type: "indirect-ping",
    sequence: 77,
    node: "n2",
    target: addressOf("n2"),
    nack: true,
    source: { address: addressOf("n1"), node: "n1" },
  };
  hear(swim, request, { ...request, sequence: 78 });
  const [{ message: ping }] = world.takeSent();
  assert(ping.type === "ping");
  world.stall(2_000);
  hear(swim, { type: "ack", sequence: ping.sequence, payload: null });
  world.run(1_000);
  assertEquals(world.takeSent().map(({ message }) => message), [
    { type: "ack", sequence: 77, payload: null },
  ]);
});
