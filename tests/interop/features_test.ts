/** What agents of both kinds do for each other: events, queries, keys, distances. */

import { assertEquals, assertLess } from "@std/assert";
import type { QueryOptions, RpcClient } from "../../lib/rpc/client/client.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { AgentCluster, allSee, join, type Plan } from "./agent_cluster.ts";
import type { Agent } from "../support/agent.ts";
import { interopTest } from "../support/program.ts";
import type { SerfVersion } from "../support/serf_versions.ts";
import { until } from "../support/until.ts";

/** Two agents of each kind, named `n1` to `n4`. */
function mixed(serf: SerfVersion, args: (name: string) => readonly string[] = () => []): Plan[] {
  return (["ours", serf, "ours", serf] as const).map((kind, i) => {
    const name = `n${i + 1}`;
    return { kind, name, args: args(name) };
  });
}

/** A connection to each agent, for as long as the test lasts. */
async function connectAll(
  agents: readonly Agent[],
): Promise<{ clients: RpcClient[] } & AsyncDisposable> {
  const clients = await Promise.all(agents.map((agent) => agent.rpc()));
  return {
    clients,
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** Collects what a stream of user events brings, as `name payload-in-hex`. */
async function collect(client: RpcClient, into: string[]): Promise<void> {
  for await (const event of await client.events({ types: ["user"] })) {
    if (event.type === "user") into.push(`${event.name} ${event.payload?.toHex() ?? "null"}`);
  }
}

/** Payloads that text would not survive. */
const payloads: readonly (Uint8Array | null)[] = [
  null,
  Uint8Array.of(0),
  Uint8Array.of(0xff, 0xfe, 0x0a, 0x00, 0xc3, 0x28),
  Uint8Array.from({ length: 256 }, (_, i) => i),
  new Uint8Array(479).fill(0xc0),
  new TextEncoder().encode("grüße\r\n"),
];

interopTest(
  "user events of any bytes reach every agent of both kinds exactly once",
  async (serf) => {
    await using cluster = new AgentCluster();
    const agents = await cluster.startJoined(mixed(serf));
    await using connected = await connectAll(agents);
    const { clients } = connected;
    const received = agents.map((): string[] => []);
    const collecting = clients.map((client, i) => collect(client, received[i]));

    const sent: string[] = [];
    for (const [round, payload] of payloads.entries()) {
      for (const [sender, client] of clients.entries()) {
        const name = `${round}${sender}`;
        await client.userEvent(name, payload);
        sent.push(`${name} ${payload?.toHex() ?? "null"}`);
        await until(() => received.every((events) => events.includes(sent.at(-1)!)), {
          what: `every agent has ${name}`,
          detail: () => JSON.stringify(received),
        });
      }
    }
    // A second delivery would have come with the state exchanges and gossip since then.
    for (const events of received) assertEquals(events.toSorted(), sent.toSorted());
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(collecting);
  },
);

interface Asked {
  readonly name: string;
  readonly payload?: Uint8Array;
  readonly options: QueryOptions;
  /** Who acknowledges. */
  readonly acks: readonly string[];
  /** What is answered, in hex, by whom. */
  readonly answers: Readonly<Record<string, string>>;
}

const everybody = ["n1", "n2", "n3", "n4"];
const binary = Uint8Array.of(0, 0xff, 0x80, 0x0a);

function answersOf(names: readonly string[], payload?: Uint8Array): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [name, payload?.toHex() ?? new TextEncoder().encode(name).toHex()]),
  );
}

const questions: readonly Asked[] = [
  { name: "who", options: { requestAck: true }, acks: everybody, answers: answersOf(everybody) },
  {
    name: "echo",
    payload: binary,
    options: { relayFactor: 2 },
    acks: [],
    answers: answersOf(everybody, binary),
  },
  {
    name: "who",
    options: { requestAck: true, relayFactor: 3 },
    acks: everybody,
    answers: answersOf(everybody),
  },
  { name: "nobody's", options: { requestAck: true }, acks: everybody, answers: {} },
  {
    name: "who",
    options: { requestAck: true, nodes: ["n2", "n3", "n9"] },
    acks: ["n2", "n3"],
    answers: answersOf(["n2", "n3"]),
  },
  {
    name: "who",
    options: { requestAck: true, tags: { kind: "^o.rs$" } },
    acks: ["n1", "n3"],
    answers: answersOf(["n1", "n3"]),
  },
  {
    name: "who",
    options: { tags: { place: "[34]", missing: "^$" } },
    acks: [],
    answers: answersOf(["n3", "n4"]),
  },
  {
    name: "who",
    options: { requestAck: true, nodes: ["n1", "n2"], tags: { kind: "th" } },
    acks: ["n2"],
    answers: answersOf(["n2"]),
  },
  { name: "who", options: { requestAck: true, tags: { kind: "(" } }, acks: [], answers: {} },
];

/** Asks one question and takes what comes until the query is over. */
async function ask(client: RpcClient, { name, payload, options }: Asked) {
  const acks: string[] = [];
  const answers: [string, string][] = [];
  const records = await client.query(name, payload, { ...options, timeoutMs: 2_000 });
  for await (const record of records) {
    if (record.type === "ack") acks.push(record.from);
    else if (record.type === "response") answers.push([record.from, record.payload?.toHex() ?? ""]);
  }
  return { acks: acks.toSorted(), answers: answers.toSorted() };
}

interopTest("queries find the agents they are for, and both kinds answer", async (serf) => {
  await using cluster = new AgentCluster();
  const agents = await cluster.startJoined(
    mixed(serf, (name) => [
      `-tag=kind=${["theirs", "ours"][Number(name[1]) % 2]}`,
      `-tag=place=${name}`,
      "-event-handler=query:who=printf %s $SERF_SELF_NAME",
      "-event-handler=query:echo=cat",
      "-log-level=debug",
    ]),
  );
  await using connected = await connectAll(agents);
  // One asker after the other: Serf drops what does not fit into its gossip.
  for (const [i, asker] of connected.clients.slice(0, 2).entries()) {
    const outcomes = await Promise.all(questions.map((question) => ask(asker, question)));
    for (const [j, { name, options, acks, answers }] of questions.entries()) {
      const what = `${agents[i].kind} asks ${name} ${JSON.stringify(options)}`;
      assertEquals(outcomes[j], { acks: [...acks], answers: Object.entries(answers) }, what);
    }
  }
  for (const agent of agents) await agent.printed("Relaying response to addr: ");
});

interopTest("keys are rotated under a cluster of both kinds, and nobody is lost", async (serf) => {
  using directory = new TemporaryDirectory();
  const keys = [16, 32, 24].map((size) => crypto.getRandomValues(new Uint8Array(size)).toBase64());
  const ringFile = (name: string) => directory.file(`${name}.json`);
  for (const name of everybody) Deno.writeTextFileSync(ringFile(name), JSON.stringify([keys[0]]));

  await using cluster = new AgentCluster();
  const plans = mixed(serf, (name) => [`-keyring-file=${ringFile(name)}`]);
  const agents = await cluster.startJoined(plans);
  await using connected = await connectAll(agents);
  const { clients } = connected;
  const lost: string[] = [];
  for (const client of clients) {
    const events = await client.events({ types: ["member-failed", "member-leave"] });
    (async () => {
      for await (const { type } of events) lost.push(type);
    })();
  }

  for (const [i, manager] of clients.slice(0, 2).entries()) {
    const [old, fresh] = [keys[i], keys[i + 1]];
    assertEquals((await manager.keys.install(fresh)).responses, 4);
    assertEquals((await manager.keys.list()).keys, new Map([[old, 4], [fresh, 4]]));
    assertEquals((await manager.keys.use(fresh)).responses, 4);
    for (const name of everybody) {
      assertEquals(Deno.readTextFileSync(ringFile(name)), `[\n  "${fresh}",\n  "${old}"\n]`, name);
    }
    assertEquals((await manager.keys.remove(old)).responses, 4);
    assertEquals((await manager.keys.list()).keys, new Map([[fresh, 4]]));
    for (const name of everybody) {
      assertEquals(Deno.readTextFileSync(ringFile(name)), `[\n  "${fresh}"\n]`, name);
    }
  }

  // With the file of the last rotation, one can join; with the first key, not.
  Deno.copyFileSync(ringFile("n1"), ringFile("n5"));
  const [late] = await cluster.start([
    {
      kind: serf,
      name: "n5",
      args: [`-keyring-file=${ringFile("n5")}`],
    },
  ]);
  await join(late, agents[0].ip);
  await allSee([late, ...agents], {
    n1: "alive",
    n2: "alive",
    n3: "alive",
    n4: "alive",
    n5: "alive",
  });
  assertEquals(lost, []);
});

interopTest("handlers of both kinds are told the same, once per burst", async (serf) => {
  using directory = new TemporaryDirectory();
  const note = (name: string) =>
    `(echo "$SERF_EVENT $SERF_USER_EVENT $SERF_USER_LTIME"; sort) >> ${directory.file(name)}`;
  await using cluster = new AgentCluster();
  const agents = await cluster.startJoined(
    mixed(serf, (name) => [`-event-handler=user,member-update=${note(name)}`]),
  );
  await using connected = await connectAll(agents);
  const [ours, theirs] = connected.clients;

  const notes = () => everybody.map((name) => read(directory.file(name)));
  const expected: string[] = [];
  for (const [sender, time] of [[ours, 1], [theirs, 6]] as const) {
    await sender.userEvent("deploy", "v1", { coalesce: true });
    await sender.userEvent("deploy", "v2", { coalesce: true });
    await sender.userEvent("other", null, { coalesce: true });
    await sender.userEvent("deploy", "v3\n", { coalesce: true });
    await sender.userEvent("now", "b\na");
    expected.push(`user now ${time + 4}\na\nb\n`);
    expected.push(`user deploy ${time + 3}\nv3\n`, `user other ${time + 2}\n`);
    await until(() => notes().every((text) => text.length >= expected.join("").length), {
      what: "all handlers have been told of the events",
      detail: () => JSON.stringify(notes()),
    });
  }
  // What was coalesced is told in no particular order.
  const lines = (text: string) => text.split("\n").toSorted();
  for (const text of notes()) assertEquals(lines(text), lines(expected.join("")));

  for (const [i, changed] of [ours, theirs].entries()) {
    await changed.updateTags({ set: { step: "1" } });
    await changed.updateTags({ set: { role: "db", step: "2" } });
    const { name, ip } = agents[i];
    // Serf tells of an update again with every later one.
    const told = new RegExp(`^member-update\\s*\n(?:.*\n)?${name}\t${ip}\tdb\t(\\S+)\n`, "m");
    await until(() => notes().every((text) => told.test(text)), {
      what: "all handlers have been told of the tags",
      detail: () => JSON.stringify(notes()),
    });
    const tags = notes().map((text) => told.exec(text)![1].split(",").toSorted());
    assertEquals(tags, notes().map(() => ["role=db", "step=2"]));
  }
});

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

interopTest("both kinds estimate the same distances", async (serf) => {
  await using cluster = new AgentCluster();
  const agents = await cluster.startJoined(
    mixed(serf, () => ["-profile=local"]).slice(0, 2),
  );
  const [ours, theirs] = agents;
  const estimate = async (agent: Agent) => {
    const { stdout } = await agent.cli(serf, "rtt", ours.name, theirs.name);
    return Number(/rtt: (\d+\.\d+) ms/.exec(stdout)?.[1]);
  };
  let estimates: number[] = [];
  await until(async () => {
    estimates = await Promise.all(agents.map(estimate));
    const [first, second] = estimates;
    return Math.abs(first - second) <= 0.2 * second;
  }, {
    what: "both have measured each other and agree within 20 %",
    detail: () => `The estimates are ${estimates} ms`,
  });
  // On one machine; and it was measured in the same unit.
  for (const rtt of estimates) assertLess(rtt, 100);
});

interopTest(
  "an agent that is alive refutes its removal, whichever kind asks for it",
  async (serf) => {
    await using cluster = new AgentCluster();
    const agents = await cluster.startJoined(
      mixed(serf, () => ["-log-level=debug"]),
    );
    const alive = Object.fromEntries(everybody.map((name) => [name, "alive"]));
    for (const [asker, removed] of [[0, 1], [1, 0], [2, 0], [3, 1]]) {
      const { code } = await agents[asker].cli(serf, "force-leave", agents[removed].name);
      assertEquals(code, 0);
      await allSee(agents, alive);
    }
    for (const agent of agents.slice(0, 2)) await agent.printed("Refuting an older leave intent");
  },
);

interopTest(
  "a handler that fails is told to who asks for failures, and unseen by Serf",
  async (serf) => {
    const handlers = [
      "-event-handler=query:bad=exit 7",
      "-event-handler=query:big=printf %2000d 1",
    ];
    await using cluster = new AgentCluster();
    const [ours, theirs] = await cluster.startJoined([
      { kind: "ours", name: "n1", args: handlers },
      { kind: serf, name: "n2" },
    ]);
    const query = (asked: Agent, kind: "ours" | SerfVersion, name: string) =>
      asked.cli(kind, "query", "-node=n1", "-timeout=3s", name);
    const [bad, big, ...ofSerf] = await Promise.all([
      query(ours, "ours", "bad"),
      query(ours, "ours", "big"),
      query(theirs, serf, "bad"),
      query(theirs, "ours", "big"),
    ]);
    const reasons = ["event handler failed: exit status 7", "response exceeds limit of 1024 bytes"];
    assertEquals(
      [bad.stderr, big.stderr],
      reasons.map((reason) => `No response from 'n1': ${reason}\n`),
    );
    for (const [i, { stdout, stderr }] of [bad, big, ...ofSerf].entries()) {
      const name = ["bad", "big"][i % 2];
      const lines = ["dispatched", "Ack from 'n1'", "Total Acks: 1", "Total Responses: 0"];
      assertEquals(stdout, [`Query '${name}' ${lines[0]}`, ...lines.slice(1), ""].join("\n"));
      if (i > 1) assertEquals(stderr, "");
    }
  },
);
