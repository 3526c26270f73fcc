import { assertEquals, assertThrows } from "@std/assert";
import { ClosedError } from "../../lib/base/errors.ts";
import { profiles } from "../../lib/swim/config.ts";
import { addressOf, blind, leave, SerfNetwork } from "./serf_network.ts";

Deno.test("a node that leaves is seen as left everywhere, and is done after a second", () => {
  const network = new SerfNetwork();
  const [a, b, c] = network.cluster(["a", "b", "c"]);
  a.core.leave({ id: 1 });
  assertEquals(a.core.state, "leaving");
  assertEquals(a.core.local.status, "leaving");
  network.run(8_000);
  assertEquals(a.core.state, "left");
  assertEquals(a.all("done"), [{ type: "done", id: 1, error: undefined }]);
  assertEquals(a.logs("WARN"), []);
  for (const node of [a, b, c]) {
    assertEquals(node.status("a"), "left");
    assertEquals(node.memberEvents(), ["member-leave a"]);
  }
});

Deno.test("with eager gossip a leave is known at once, and the intent before the death", () => {
  const network = new SerfNetwork();
  const nodes = network.cluster(["a", "b", "c", "d", "e"]);
  nodes[0].core.leave({ id: 1 });
  network.run(100);
  for (const node of nodes) {
    assertEquals(node.status("a"), "left");
    assertEquals(node.memberEvents(), ["member-leave a"]);
  }
});

Deno.test("in a small cluster every member is sent the leave intent directly, before the leave", () => {
  const network = new SerfNetwork();
  const node = network.start("self");
  node.meet("a", "b", "c");
  node.core.leave({ id: 1 });
  const told = node.lost.filter(({ message }) => message.type === "leave").map(({ to }) => to.text);
  assertEquals(told.sort(), ["a", "b", "c"].map((name) => addressOf(name).text));
  network.run(49);
  assertEquals(node.core.local.status, "leaving");
  network.run(2);
  assertEquals(node.core.local.status, "left");
});

Deno.test("where no coordinate tells the round trip times, a leave waits for a share of the probe timeout", () => {
  const network = new SerfNetwork();
  const node = network.start("self", { profile: profiles.wan, coordinates: false });
  node.meet("a");
  node.core.leave({ id: 1 });
  network.run(299);
  assertEquals(node.core.local.status, "leaving");
  network.run(2);
  assertEquals(node.core.local.status, "left");
});

Deno.test("in a large cluster a leave waits as long as its intent takes by gossip ticks", () => {
  const network = new SerfNetwork();
  const node = network.start("self");
  node.meet(...Array.from({ length: 70 }, (_, i) => String.fromCharCode(200 + i)));
  network.run(10_000);
  node.core.leave({ id: 1 });
  // Eight copies take three ticks of three.
  network.run(599);
  assertEquals(node.core.local.status, "leaving");
  network.run(2);
  assertEquals(node.core.local.status, "left");
});

Deno.test("a node without others leaves within the propagate delay", () => {
  const network = new SerfNetwork();
  const node = network.start("self");
  node.core.leave({ id: 1 });
  network.run(999);
  assertEquals(node.core.state, "leaving");
  network.run(2);
  assertEquals(node.core.state, "left");
  assertEquals(node.core.stats().intent_queue, "0");
});

Deno.test("a step of a leave that takes too long is logged, and the leave goes on", () => {
  const network = new SerfNetwork();
  // Without gossip nothing is ever sent.
  const profile = { ...blind.profile, gossipIntervalMs: 1e12, eagerGossip: false };
  const node = network.start("self", { profile });
  node.meet("a");
  node.core.leave({ id: 1 });
  network.run(10_999);
  assertEquals(node.core.state, "leaving");
  network.run(2);
  assertEquals(node.core.state, "left");
  assertEquals(node.logs("WARN"), [
    "timeout while waiting for graceful leave",
    "timeout waiting for leave broadcast: timeout waiting for leave broadcast",
  ]);
  assertEquals(node.all("done"), [{ type: "done", id: 1, error: undefined }]);
});

Deno.test("a second leave fails while the first goes on, and succeeds after it", () => {
  const network = new SerfNetwork();
  const node = network.start("self");
  node.core.leave({ id: 1 });
  node.core.leave({ id: 2 });
  network.run(2_000);
  node.core.leave({ id: 3 });
  node.core.shutdown();
  node.core.leave({ id: 4 });
  assertEquals(node.all("done").map(({ id, error }) => [id, error]), [
    [2, "Leave already in progress"],
    [1, undefined],
    [3, undefined],
    [4, "Leave called after Shutdown"],
  ]);
  assertEquals(node.logs("WARN"), []);
});

Deno.test("a leaving node does not refute leave intents and cannot join", () => {
  const network = new SerfNetwork();
  const node = network.start("self", blind);
  node.core.leave({ id: 1 });
  node.hear(leave("self", 50));
  assertEquals(node.core.local.status, "left");
  assertThrows(
    () => node.core.join([addressOf("a")], { id: 2 }),
    ClosedError,
    "Serf can't Join after Leave or Shutdown",
  );
});

Deno.test("a force-leave makes a failed member left everywhere", () => {
  const network = new SerfNetwork();
  const [a, b, c] = network.cluster(["a", "b", "c"]);
  c.host.kill();
  network.run(15_000);
  assertEquals([a.status("c"), b.status("c")], ["failed", "failed"]);
  a.core.forceLeave("c", { id: 1 });
  network.run(2_000);
  assertEquals([a.status("c"), b.status("c")], ["left", "left"]);
  assertEquals(a.all("done"), [{ type: "done", id: 1, error: undefined }]);
});

Deno.test("a force-leave with prune erases a failed member everywhere", () => {
  const network = new SerfNetwork();
  const [a, b, c] = network.cluster(["a", "b", "c"]);
  c.host.kill();
  network.run(15_000);
  a.core.forceLeave("c", { id: 1, prune: true });
  network.run(2_000);
  assertEquals([a.status("c"), b.status("c")], [undefined, undefined]);
  assertEquals(a.memberEvents(), ["member-failed c", "member-leave c", "member-reap c"]);
});

Deno.test("a live member refutes a force-leave, and is alive again everywhere", () => {
  const network = new SerfNetwork();
  const [a, b, c] = network.cluster(["a", "b", "c"]);
  a.core.forceLeave("c", { id: 1 });
  assertEquals(a.status("c"), "leaving");
  network.run(3_000);
  assertEquals([a, b, c].map((node) => node.status("c")), ["alive", "alive", "alive"]);
  assertEquals(c.logs("DEBUG").includes("Refuting an older leave intent"), true);
});

Deno.test("a force-leave of the only other member is not broadcast", () => {
  const network = new SerfNetwork();
  const [a, b] = network.cluster(["a", "b"]);
  a.core.forceLeave("b", { id: 1 });
  assertEquals(a.all("done").length, 1);
  network.run(3_000);
  assertEquals([a.status("b"), b.status("b")], ["leaving", "alive"]);
});

Deno.test("a force-leave with prune of the only other member is done when it is erased", () => {
  const network = new SerfNetwork();
  const [a] = network.cluster(["a", "b"]);
  a.core.forceLeave("b", { id: 1, prune: true });
  network.run(5_900);
  assertEquals([a.status("b"), a.all("done").length], ["leaving", 0]);
  network.run(200);
  assertEquals([a.status("b"), a.all("done").length], [undefined, 1]);
});

Deno.test("a force-leave that cannot be broadcast in time is an error", () => {
  const network = new SerfNetwork();
  const profile = { ...blind.profile, gossipIntervalMs: 1e12, eagerGossip: false };
  const node = network.start("self", { profile });
  node.meet("a", "b");
  node.core.forceLeave("b", { id: 1 });
  network.run(5_001);
  assertEquals(node.all("done"), [
    { type: "done", id: 1, error: "timed out broadcasting node removal" },
  ]);
});

Deno.test("a force-leave of an unknown node is kept until the node is known", () => {
  const node = new SerfNetwork().start("self", blind);
  node.core.forceLeave("a", { id: 1 });
  node.meet("a");
  assertEquals(node.status("a"), "leaving");
});

Deno.test("a node that left comes back by joining again", () => {
  const network = new SerfNetwork();
  const [a, b, c] = network.cluster(["a", "b", "c"]);
  c.core.leave({ id: 1 });
  network.run(5_000);
  c.host.kill();
  network.run(5_000);
  assertEquals(a.status("c"), "left");
  const again = network.start("c");
  again.core.join([a.address], { id: 1 });
  network.run(5_000);
  for (const node of [a, b, again]) assertEquals(node.status("c"), "alive");
});

Deno.test("after a shutdown a node neither sends nor handles anything", () => {
  const network = new SerfNetwork();
  const [a] = network.cluster(["a", "b"]);
  a.core.shutdown();
  assertEquals(a.core.state, "shutdown");
  assertEquals(a.logs("WARN"), ["Shutdown without a Leave"]);
  a.core.shutdown();
  a.outputs.length = 0;
  a.meet("x");
  a.hear(leave("b", 50));
  assertEquals(
    a.core.accept(addressOf("b"), { type: "push-pull", join: false, nodes: [], userState: null }),
    null,
  );
  network.run(60_000);
  assertEquals(a.outputs, []);
  assertEquals(a.status("b"), "alive");
});
