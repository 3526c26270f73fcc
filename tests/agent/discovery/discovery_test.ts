import { assertEquals, assertRejects } from "@std/assert";
import type { Answer, Question } from "multicast-dns";
import { defaultConfig } from "../../../lib/agent/config/config.ts";
import { Discovery, type DiscoveryOptions } from "../../../lib/agent/discovery/discovery.ts";
import type { MdnsNetworkOptions } from "../../../lib/agent/discovery/mdns_network.ts";
import { MdnsService } from "../../../lib/agent/discovery/mdns_service.ts";
import { Address } from "../../../lib/base/address.ts";
import { JoinError } from "../../../lib/base/errors.ts";
import { until } from "../../support/until.ts";
import { capturedPacket } from "./dns_packets.ts";

const config = { ...defaultConfig, discover: "testc", nodeName: "md1" };

/** What another agent says of itself. */
function answersOf(node: string, ip: string): Answer[] {
  const address = Address.parse(ip, 7946);
  return new MdnsService({ cluster: "testc", node, host: "vm", address })
    .answers({ name: "_serf_testc._tcp.local", type: "PTR" });
}

/** An agent that looks for others on a network of which the test plays the rest. */
class Setup implements AsyncDisposable {
  readonly queries: Question[] = [];
  readonly joined: string[][] = [];
  readonly replays: boolean[] = [];
  readonly lines: string[] = [];
  /** How joins fail; by default they succeed. */
  joinFailure: Error | undefined;
  queryFailure: Error | undefined;
  network!: MdnsNetworkOptions;
  closed = false;
  #discovery: Discovery | undefined;

  async start(changes: Partial<typeof config> = {}, options: Partial<DiscoveryOptions> = {}) {
    this.#discovery = await Discovery.start({ ...config, ...changes }, {
      agent: {
        address: Address.parse("127.0.0.63", 7963),
        join: (addresses, { replay }) => {
          this.joined.push([...addresses]);
          this.replays.push(replay);
          if (this.joinFailure !== undefined) return Promise.reject(this.joinFailure);
          return Promise.resolve(addresses.length);
        },
      },
      log: (level, text) => this.lines.push(`[${level}] ${text}`),
      openNetwork: (network) => {
        this.network = network;
        return Promise.resolve({
          query: (question) => {
            this.queries.push(question);
            return this.queryFailure ? Promise.reject(this.queryFailure) : Promise.resolve();
          },
          close: () => {
            this.closed = true;
            return Promise.resolve();
          },
        });
      },
      ...options,
    });
    return this;
  }

  /** Receives the announcements of agents. */
  receive(...agents: readonly (readonly [node: string, ip: string])[]): void {
    for (const [node, ip] of agents) this.network.receive(answersOf(node, ip));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#discovery?.[Symbol.asyncDispose]();
  }
}

Deno.test("an agent queries as Serf does, and answers for itself", async () => {
  await using setup = await new Setup().start();
  const { questions: [{ name, type }] } = capturedPacket("001-query");
  assertEquals(setup.queries, [{ name, type }]);
  const [pointer, , address] = setup.network.answers({ name, type });
  assertEquals(pointer.data, "md1._serf_testc._tcp.local");
  assertEquals(address.data, "127.0.0.63");
});

Deno.test("agents that are found at about the same time are joined together, each once", async () => {
  await using setup = await new Setup().start();
  setup.receive(["a", "10.0.0.1"], ["b", "10.0.0.2"], ["a", "10.0.0.1"]);
  assertEquals(setup.joined, []);
  await until(() => setup.lines.length > 0);
  assertEquals(setup.joined, [["10.0.0.1:7946", "10.0.0.2:7946"]]);
  assertEquals(setup.lines, ["[INFO] agent.mdns: Joined 2 hosts"]);
  setup.receive(["b", "10.0.0.2"], ["c", "fd00::3"]);
  await until(() => setup.lines.length > 1);
  assertEquals(setup.joined[1], ["[fd00::3]:7946"]);
});

Deno.test("an address that could not be joined is not tried again", async () => {
  await using setup = await new Setup().start({ replayOnJoin: true }, { pollMs: 20 });
  setup.joinFailure = new JoinError([{ address: "10.0.0.1", reason: "no route to host" }]);
  setup.receive(["a", "10.0.0.1"]);
  await until(() => setup.lines.length > 0);
  assertEquals(setup.lines[0].startsWith("[ERR] agent.mdns: Failed to join: "), true);
  const polls = setup.queries.length;
  await until(() => setup.queries.length > polls);
  setup.receive(["a", "10.0.0.1"], ["b", "10.0.0.2"]);
  await until(() => setup.joined.length > 1);
  assertEquals(setup.joined, [["10.0.0.1:7946"], ["10.0.0.2:7946"]]);
  assertEquals(setup.replays, [true, true]);
});

Deno.test("queries are sent again and again, even if sending fails for a while", async () => {
  await using setup = await new Setup().start({}, { pollMs: 10 });
  setup.queryFailure = new Error("network is unreachable");
  await until(() => setup.lines.length > 1);
  const line = "[ERR] agent.mdns: Failed to poll for new hosts: network is unreachable";
  assertEquals(setup.lines.slice(0, 2), [line, line]);
  setup.queryFailure = undefined;
  const polls = setup.queries.length;
  await until(() => setup.queries.length > polls + 1);
});

Deno.test("a name that was heard forges no line of the log", async () => {
  await using setup = await new Setup().start();
  setup.queryFailure = new Error("network is unreachable");
  setup.network.receive(answersOf("a\n[ERR]\x1b", "10.0.0.1").slice(0, 1));
  await until(() => setup.lines.length > 0);
  const instance = "a\\n[ERR]\\x1b._serf_testc._tcp.local";
  assertEquals(setup.lines, [
    `[ERR] agent.mdns: Failed to query instance ${instance}: network is unreachable`,
  ]);
});

Deno.test("an instance that lacks a record is queried for it", async () => {
  await using setup = await new Setup().start();
  const records = answersOf("a", "10.0.0.1");
  setup.network.receive(records.slice(0, 1));
  setup.network.receive(records.slice(0, 1));
  assertEquals(setup.queries.slice(1), [{ name: "a._serf_testc._tcp.local", type: "ANY" }]);
  setup.network.receive(records.slice(1));
  await until(() => setup.joined.length > 0);
  assertEquals(setup.joined, [["10.0.0.1:7946"]]);
});

Deno.test("only 64 addresses of a flood are joined at a time", async () => {
  await using setup = await new Setup().start();
  for (let i = 0; i < 200; i++) setup.receive([`n${i}`, `10.0.1.${i}`]);
  await until(() => setup.joined.length > 0);
  assertEquals(setup.joined[0].length, 64);
});

Deno.test("the interface and the IP versions are those of the configuration", async () => {
  await using plain = await new Setup().start();
  const { interface: name, ipv4, ipv6 } = plain.network;
  assertEquals([name, ipv4, ipv6], [undefined, true, true]);
  await using bound = await new Setup().start({ interface: "eth1", mdnsDisableIpv4: true });
  assertEquals([bound.network.interface, bound.network.ipv4], ["eth1", false]);
  assertEquals(bound.lines, ["[INFO] agent: Starting mDNS listener on interface eth1"]);
  const own = { interface: "eth1", mdnsInterface: "eth2", mdnsDisableIpv6: true };
  await using other = await new Setup().start(own);
  assertEquals([other.network.interface, other.network.ipv6], ["eth2", false]);
});

Deno.test("nothing is joined after the end", async () => {
  const setup = await new Setup().start();
  setup.receive(["a", "10.0.0.1"]);
  await setup[Symbol.asyncDispose]();
  assertEquals(setup.closed, true);
  setup.receive(["b", "10.0.0.2"]);
  assertEquals(setup.joined, []);
});

Deno.test("a name that cannot be announced and a network that cannot be opened are errors", async () => {
  await assertRejects(() => new Setup().start({ nodeName: "a..b" }), RangeError, "Cannot announce");
  const openNetwork = () => Promise.reject(new Error("no multicast listeners could be started"));
  await assertRejects(
    () => new Setup().start({}, { openNetwork }),
    Error,
    "no multicast listeners",
  );
});

Deno.test("hosts that are heard while the network is opened are joined", async () => {
  const joined: string[][] = [];
  await using _ = await Discovery.start(config, {
    agent: {
      address: Address.parse("127.0.0.63", 7963),
      join: (addresses) => Promise.resolve(joined.push([...addresses])),
    },
    log: () => {},
    openNetwork: ({ receive }) => {
      receive(answersOf("early", "127.0.0.64"));
      return Promise.resolve({ query: () => Promise.resolve(), close: () => Promise.resolve() });
    },
  });
  await until(() => joined.length === 1);
  assertEquals(joined, [["127.0.0.64:7946"]]);
});
