import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertStringIncludes,
} from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import { Driver } from "../../lib/host/driver.ts";
import { NetTransport } from "../../lib/host/transport/net_transport.ts";
import type { Packet, StreamMessage } from "../../lib/wire/messages/messages.ts";
import { sleep } from "../support/sleep.ts";
import { until } from "../support/until.ts";

/** From so many milliseconds on, a timer is late because of a stall, as the driver sees it. */
const STALL_MS = 20;

/** A machine under a driver of its own, whose parts a test replaces. */
class Rig implements AsyncDisposable {
  readonly log: string[] = [];
  readonly events: string[] = [];
  readonly handled: string[] = [];
  onHandle: (text: string) => void = () => {};
  onReceive: (packet: Packet) => void = () => {};
  readonly address: Address;
  readonly driver: Driver<string, string>;

  private constructor(transport: NetTransport, log: string[]) {
    this.log = log;
    this.address = transport.address;
    this.driver = new Driver({
      transport,
      log: (level, text) => void log.push(`${level} ${text}`),
      deliver: (event: string) => {
        this.events.push(event);
        if (event === "poison") throw new Error("cannot deliver");
      },
    });
    this.driver.start({
      start: () => this.driver.emit("started"),
      receive: (_from, packet) => this.onReceive(packet),
      accept: (): StreamMessage | null => {
        throw new Error("cannot accept");
      },
      isStale: (text) => text.startsWith("stale"),
      reply: (id, reply) => this.driver.emit(`reply ${id} ${reply.ok ? "" : reply.error}`),
      handle: (text: string) => {
        this.handled.push(text);
        this.onHandle(text);
      },
    });
  }

  static async start(): Promise<Rig> {
    const log: string[] = [];
    const transport = await NetTransport.bind({
      bind: Address.parse("127.0.0.1", 0),
      wire: { compress: false },
      streamTimeoutMs: 1_000,
      log: (level, text) => void log.push(`${level} ${text}`),
    });
    return new Rig(transport, log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
  }
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

Deno.test("time stands still while the machine is called", async () => {
  await using rig = await Rig.start();
  const times = rig.driver.call(() => {
    const { now } = rig.driver;
    block(5);
    return [now, rig.driver.call(() => rig.driver.now)];
  });
  assertEquals(times[0], times[1]);
  assertGreaterOrEqual(rig.driver.now, times[0] + 5);
});

Deno.test("events of a machine are delivered in order after it has returned", async () => {
  await using rig = await Rig.start();
  assertEquals(rig.events, ["started"]);
  rig.driver.call(() => {
    rig.driver.emit("a");
    rig.driver.call(() => rig.driver.emit("b"));
    assertEquals(rig.events, ["started"]);
    rig.driver.emit("c");
  });
  assertEquals(rig.events, ["started", "a", "b", "c"]);
});

Deno.test("a timer of 0 ms fires in the same turn, when the answers to the call are out", async () => {
  // After a stall of this process it would wait for datagrams. Then the turn says nothing.
  for (let tookMs = Infinity; tookMs >= STALL_MS;) {
    await using rig = await Rig.start();
    const order = rig.handled;
    const begun = performance.now();
    rig.driver.call(() => rig.driver.after(0, "timer"));
    const answer = async () => {
      for (let i = 0; i < 24; i++) await undefined;
      order.push("answer");
    };
    answer();
    const turn = sleep(0).then(() => order.push("next turn"));
    assertEquals(order, []);
    await turn;
    tookMs = performance.now() - begun;
    if (tookMs < STALL_MS) assertEquals(order, ["answer", "timer", "next turn"]);
  }
});

Deno.test("a timer started by a timer fires too, before later ones that were started earlier", async () => {
  await using rig = await Rig.start();
  const due = new Map<string, number>();
  const start = (ms: number, text: string) => {
    due.set(text, rig.driver.now + ms);
    rig.driver.after(ms, text);
  };
  rig.onHandle = (text) => {
    if (text === "first") start(5, "second");
  };
  rig.driver.call(() => {
    start(60, "last");
    start(5, "first");
  });
  await until(() => rig.handled.length === 3);
  // After a stall of this process the second one may be due after the last.
  const inOrder = [...due].toSorted(([, a], [, b]) => a - b).map(([text]) => text);
  assertEquals(rig.handled, inOrder);
});

Deno.test("a timer that is stale by then is not handled", async () => {
  await using rig = await Rig.start();
  rig.driver.call(() => {
    rig.driver.after(1, "stale");
    rig.driver.after(5, "good");
    rig.driver.after(6, "stale, too");
    rig.driver.after(8, "last");
  });
  await until(() => rig.handled.length === 2);
  assertEquals(rig.handled, ["good", "last"]);
});

Deno.test("an exception of the machine is logged, and the machine goes on", async () => {
  await using rig = await Rig.start();
  rig.onHandle = (text) => {
    if (text === "bad") throw new Error("machine trouble");
  };
  rig.driver.call(() => {
    rig.driver.after(0, "bad");
    rig.driver.after(0, "good");
  });
  await until(() => rig.handled.length === 2);
  assertStringIncludes(rig.log.join("\n"), "ERR serf: Unexpected error: Error: machine trouble");
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: rig.address.port });
  conn.close();
  rig.driver.request(
    rig.address,
    { message: { type: "ping", sequence: 1, node: "" }, timeoutMs: 1_000 },
    7,
  );
  await until(() => rig.events.includes("reply 7 EOF"));
  assertStringIncludes(rig.log.join("\n"), "Error: cannot accept");
});

Deno.test("after a stall, datagrams that have arrived are read before overdue timers are handled", async () => {
  await using rig = await Rig.start();
  await using sender = await Rig.start();
  const order: string[] = [];
  rig.onReceive = () => order.push("datagram");
  rig.onHandle = (text) => order.push(text);
  let asked: number;
  do {
    order.length = 0;
    asked = performance.now();
    rig.driver.call(() => rig.driver.after(50, "timer"));
    // Lets the event loop set up its timer before it is blocked. On a busy machine that may take too long.
    await sleep(5);
  } while (order.length > 0);
  for (let i = 0; i < 20; i++) {
    const messages = [{ type: "nack", sequence: i }] as const;
    sender.driver.send(rig.address, { messages, crc: false });
  }
  block(150);
  await until(() => order.includes("timer"));
  assertEquals(order.indexOf("timer"), 20);
  assertGreater(performance.now() - asked, 150);
});

Deno.test("a closed driver calls its machine no more and logs no error", async () => {
  const rig = await Rig.start();
  rig.driver.call(() => rig.driver.after(1, "never"));
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const to = Address.parse("127.0.0.1", silent.addr.port);
  const message = { type: "ping", sequence: 1, node: "" } as const;
  rig.driver.request(to, { message, timeoutMs: 60_000 }, 1);
  await rig.driver.close();
  silent.close();
  assertEquals(rig.handled, []);
  assertEquals(rig.events, ["started"]);
  assert(rig.log.every((line) => line.startsWith("DEBUG")));
});

Deno.test("an event that cannot be delivered is logged, and keeps neither events nor timers back", async () => {
  await using rig = await Rig.start();
  rig.driver.call(() => {
    rig.driver.emit("poison");
    rig.driver.emit("after");
    rig.driver.after(1, "timer");
  });
  assertEquals(rig.events, ["started", "poison", "after"]);
  assertStringIncludes(rig.log[0], "ERR serf: Unexpected error: Error: cannot deliver");
  await until(() => rig.handled.includes("timer"));
});
