import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { boot, type RecordingHost, recordingHosts } from "./recording_machine.ts";

/** What happened to a machine since it was started. */
function logOf({ machine }: RecordingHost): string[] {
  return machine.log.slice(1);
}

Deno.test("a datagram arrives after its delay, with the sender's address", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2, { latencyMs: [5, 10] });
  a.machine.ping(1, 7);
  simulation.run(4.9);
  assertEquals(logOf(b), []);
  simulation.run(5.1);
  assertEquals(logOf(b), ["packet 7 from 10.0.0.1"]);
  assertEquals(simulation.now, 10);
});

Deno.test("timers fire in the order of their times, and equal times in the order in which they were set", () => {
  const { simulation, hosts: [a] } = recordingHosts(1);
  for (const [ms, text] of [[2, "c"], [1, "a"], [1, "b"], [0, "now"]] as const) {
    a.machine.world.after(ms, { type: "note", text });
  }
  assertEquals(logOf(a), []);
  simulation.run(2);
  assertEquals(logOf(a), ["now", "a", "b", "c"]);
});

Deno.test("the clocks of hosts have different origins and run at the same rate", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2);
  const before = [a.machine.world.now, b.machine.world.now];
  assertNotEquals(before[0], before[1]);
  simulation.run(1234);
  assertEquals([a.machine.world.now, b.machine.world.now], before.map((now) => now + 1234));
});

Deno.test("a datagram to an address where nobody listens is dropped and counted", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2);
  a.machine.ping(99, 1);
  b.host.kill();
  a.machine.ping(1, 2);
  simulation.run(100);
  assertEquals(simulation.statistics.unreachable, 2);
});

Deno.test("the reply of an exchange never arrives before the request has returned", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2, { latencyMs: [1, 1] });
  a.machine.dial(1, 5);
  a.machine.dial(0, 6);
  assertEquals(logOf(a), []);
  simulation.run(3.5);
  assertEquals(logOf(a), ["stream ping", "reply 6 ack"]);
  simulation.run(100);
  assertEquals(logOf(a), ["stream ping", "reply 6 ack", "reply 5 ack"]);
  assertEquals(logOf(b), ["stream ping"]);
});

Deno.test("a message may arrive after its sender has given up, but not on a connection that comes too late", () => {
  for (const { ms, arrives } of [{ ms: 400, arrives: true }, { ms: 600, arrives: false }]) {
    const { simulation, hosts: [a, b] } = recordingHosts(2, { latencyMs: [ms, ms] });
    a.machine.dial(1, 5, { timeoutMs: 1000 });
    simulation.run(10_000);
    assertEquals(logOf(a), ["reply 5 dial tcp 10.0.0.2:7946: i/o timeout"]);
    assertEquals(logOf(b), arrives ? ["stream ping"] : []);
  }
});

Deno.test("what had to be sent again for minutes does not arrive", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2, { loss: 1 });
  a.machine.dial(1, 5, { timeoutMs: 1000 });
  simulation.network.loss = 0;
  simulation.run(1_000_000);
  assertEquals(logOf(a), ["reply 5 dial tcp 10.0.0.2:7946: i/o timeout"]);
  assertEquals(logOf(b), []);
});

Deno.test("an exchange that is closed without an answer ends with EOF", () => {
  const { simulation, hosts: [a] } = recordingHosts(2);
  a.machine.dial(1, 5, { node: "nobody" });
  simulation.run(100);
  assertEquals(logOf(a), ["reply 5 EOF"]);
});

Deno.test("an exchange with an address where nobody listens is refused", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2);
  b.host.kill();
  a.machine.dial(1, 1);
  a.machine.dial(99, 2);
  simulation.run(100);
  assertEquals(a.machine.replies.get(1), [{
    ok: false,
    error: "dial tcp 10.0.0.2:7946: connect: connection refused",
    refused: true,
  }]);
  assertEquals(a.machine.replies.get(2)?.length, 1);
});

Deno.test("an exchange across a partition times out, even if only the answer is cut off", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2, { latencyMs: [1, 1] });
  simulation.network.partition([[0], [1]]);
  a.machine.dial(1, 1, { timeoutMs: 500 });
  simulation.run(499);
  assertEquals(logOf(a), []);
  simulation.run(1);
  const timeout = {
    ok: false,
    error: "dial tcp 10.0.0.2:7946: i/o timeout",
    refused: false,
  } as const;
  assertEquals(a.machine.replies.get(1), [timeout]);
  simulation.network.heal();
  a.machine.dial(1, 2, { timeoutMs: 500 });
  simulation.run(3.5);
  assertEquals(logOf(b), ["stream ping"]);
  simulation.network.cut(1, 0);
  simulation.run(1000);
  assertEquals(a.machine.replies.get(2), [timeout]);
  assertEquals(simulation.statistics.timedOut, 2);
});

Deno.test("a paused host answers when it resumes, which may be too late", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2);
  b.host.pause();
  a.machine.dial(1, 1, { timeoutMs: 500 });
  a.machine.dial(1, 2, { timeoutMs: 5000 });
  simulation.run(1000);
  b.host.resume();
  simulation.run(10_000);
  assertEquals(logOf(b), ["stream ping", "stream ping"]);
  assertEquals(logOf(a), ["reply 1 read tcp 10.0.0.2:7946: i/o timeout", "reply 2 ack"]);
});

Deno.test("when a paused host resumes, overdue timers fire before waiting packets are received", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2);
  b.machine.world.after(50, { type: "note", text: "timer" });
  b.machine.world.after(200, { type: "note", text: "later timer" });
  b.host.pause();
  a.machine.ping(1, 1);
  simulation.run(100);
  assertEquals(logOf(b), []);
  b.host.resume();
  simulation.run(1);
  assertEquals(logOf(b), ["timer", "packet 1 from 10.0.0.1"]);
  simulation.run(99);
  assertEquals(logOf(b)[2], "later timer");
});

Deno.test("of a blocked host only chosen timers fire, and after a block timers come before messages", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2);
  b.machine.world.after(50, { type: "note", text: "held" });
  b.machine.world.after(60, { type: "note", text: "fires" });
  b.machine.onNote = (text) => {
    if (text === "fires") b.machine.ping(0, 2);
    if (text === "held") b.machine.world.after(0, { type: "note", text: "follows" });
  };
  b.host.block((timer) => timer.type === "note" && timer.text === "fires");
  a.machine.ping(1, 1);
  simulation.run(100);
  assertEquals([logOf(a), logOf(b)], [[], ["fires"]]);
  b.host.unblock();
  simulation.run(10);
  assertEquals(logOf(b), ["fires", "held", "follows", "packet 1 from 10.0.0.1"]);
  assertEquals(logOf(a), ["packet 2 from 10.0.0.2"]);
});

Deno.test("the receive buffer of a paused host is bounded", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2);
  b.host.pause();
  for (let i = 0; i < 1000; i++) a.machine.ping(1, 1);
  simulation.run(10);
  b.host.resume();
  simulation.run(1);
  assertEquals(logOf(b).length, 256);
  assertEquals(simulation.statistics.overflowed, 744);
});

Deno.test("a killed process gets nothing, and its successor gets nothing of what was meant for it", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2, { latencyMs: [1, 1] });
  a.machine.world.after(10, { type: "note", text: "of the first generation" });
  a.machine.dial(1, 1);
  simulation.run(3.5);
  a.host.kill();
  const second = boot(a.host, 0);
  simulation.run(1000);
  assertEquals(logOf(b), ["stream ping"]);
  assertEquals(logOf(a), []);
  assertEquals(logOf(second), []);
  assertEquals(second.host.generation, 2);
});

Deno.test("a host that is restarted at another address is reached only there", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2);
  a.host.kill();
  const moved = boot(a.host, 7);
  b.machine.ping(0, 1);
  b.machine.ping(7, 2);
  b.machine.dial(0, 3);
  simulation.run(100);
  assertEquals(logOf(moved), ["packet 2 from 10.0.0.2"]);
  assert(logOf(b)[0].endsWith("connection refused"));
});

Deno.test("timers and packets of an overloaded host are late", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2, { latencyMs: [1, 1] });
  b.host.lagMs = 100;
  b.machine.world.after(10, { type: "note", text: "timer" });
  a.machine.ping(1, 1);
  simulation.run(100);
  assertEquals(logOf(b), []);
  simulation.run(1);
  assertEquals(logOf(b), ["packet 1 from 10.0.0.1"]);
  simulation.run(9);
  assertEquals(logOf(b)[1], "timer");
});

Deno.test("duplicated datagrams arrive twice", () => {
  const { simulation, hosts: [a, b] } = recordingHosts(2, { duplicate: 1 });
  a.machine.ping(1, 1);
  simulation.run(100);
  assertEquals(logOf(b).length, 2);
});

Deno.test("every exchange ends exactly once, whatever the network does", () => {
  const { simulation, hosts: all } = recordingHosts(5, { loss: 0.3, duplicate: 0.3, seed: 11 });
  for (let id = 1; id <= 500; id++) {
    simulation.after(id * 10, () => {
      const { host, machine } = all[id % 5];
      if (host.state === "running") machine.dial((id * 7) % 6, id, { timeoutMs: 300 });
      if (id % 20 === 0) all[1].host.pause();
      if (id % 20 === 10 && id > 10) all[1].host.resume();
      if (id % 50 === 0) simulation.network.partition([[0, 1], [2, 3]]);
      if (id % 50 === 25) simulation.network.heal();
    });
  }
  simulation.run(5_000);
  all[1].host.resume();
  simulation.run(10_000);
  const replies = all.flatMap(({ machine }) => [...machine.replies.values()]);
  assertEquals(replies.filter((list) => list.length !== 1), []);
  assertEquals(replies.length, simulation.statistics.exchanges);
  assert(simulation.statistics.timedOut > 10 && simulation.statistics.refused > 10);
});

function spreadHighestPing(seed: number, options: { wire?: boolean; loss?: number } = {}) {
  const { simulation, hosts: all, emitted } = recordingHosts(20, {
    seed,
    countBytes: true,
    ...options,
  });
  for (const { machine } of all) machine.gossips = true;
  for (let i = 1; i <= 10; i++) simulation.after(i * 5, () => all[i].machine.ping(0, i));
  simulation.run(1000);
  return { simulation, all, emitted };
}

Deno.test("equal seeds give equal runs, and another seed gives another run", () => {
  const options = { loss: 0.1 };
  const [first, second, other] = [5, 5, 6].map((seed) => spreadHighestPing(seed, options));
  assertEquals(first.simulation.digest, second.simulation.digest);
  assertEquals(first.emitted, second.emitted);
  assertEquals(first.all.map(logOf), second.all.map(logOf));
  assertNotEquals(first.simulation.digest, other.simulation.digest);
});

Deno.test("runs over objects and over bytes are equal", () => {
  const objects = spreadHighestPing(5);
  const bytes = spreadHighestPing(5, { wire: true });
  assertEquals(objects.all.map(logOf), bytes.all.map(logOf));
  assertEquals(objects.simulation.statistics, bytes.simulation.statistics);
  assert(bytes.simulation.statistics.bytes > 0);
});

Deno.test("streams can travel as bytes too", () => {
  const { simulation, hosts: [a] } = recordingHosts(2, { wire: true });
  a.machine.dial(1, 5);
  simulation.run(100);
  assertEquals(logOf(a), ["reply 5 ack"]);
});

Deno.test("a machine that sets timers of 0 ms for ever is reported", () => {
  const { simulation, hosts: [{ machine }] } = recordingHosts(1);
  machine.onNote = () => machine.world.after(0, { type: "note", text: "again" });
  machine.onNote("");
  assertThrows(() => simulation.run(1), Error, "Simulation is stuck");
});
