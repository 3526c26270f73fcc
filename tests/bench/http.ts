/**
 * `deno task bench:http`: what the HTTP API costs an agent, switched off and on, and with a thousand streams of events, as
 * tables in Markdown. It takes three minutes. Linux only.
 *
 *     deno task bench:http --before OLD/main.js   start-up and memory of another bundle too, in the same run
 *     deno task bench:http --only streams --clients 100 --events 50 --seconds 10
 *
 * Without `-http-addr` an agent must start as fast, and take as much memory, as before there was an HTTP API.
 */

import { parseArgs } from "@std/cli/parse-args";
import { RpcClient } from "../../lib/rpc/client/client.ts";
import { localAddress } from "../support/local_addresses.ts";
import { BUNDLE_FLAGS } from "../../lib/packaging/compile.ts";
import { agentPermissions, noUpdateCheck, ourProgram } from "../support/program.ts";
import { sleep } from "../support/sleep.ts";
import { until } from "../support/until.ts";
import { cpuMsOf, memoryOf } from "./process_usage.ts";
import { refuseUnknown } from "./selection.ts";
import { median, percentile } from "./statistics.ts";

const flags = parseArgs(Deno.args, {
  string: ["only", "before", "clients", "events", "seconds"],
  default: { only: "starts,streams", clients: "1000", events: "100", seconds: "60" },
  unknown: refuseUnknown,
});
const [clients, eventsPerSecond, seconds] = [flags.clients, flags.events, flags.seconds].map(
  Number,
);

const RPC_PORT = 17373;
const HTTP_PORT = 17380;
/** Starts of each kind of agent. */
const STARTS = 11;
/** How long an agent is left alone before its memory is looked at. */
const IDLE_MS = 3_000;
/** Clients that connect and then read nothing. */
const SILENT_CLIENTS = 20;
/** The payload of an event, bytes. */
const PAYLOAD = "x".repeat(100);

/** A bundle or source and the arguments with which it is run. */
interface Variant {
  readonly label: string;
  readonly main: string;
  readonly http: boolean;
}

class BenchAgent implements AsyncDisposable {
  readonly ip = localAddress();
  readonly child: Deno.ChildProcess;
  readonly #http: boolean;

  constructor({ main, http }: Variant) {
    this.#http = http;
    const bundleFlags = main.endsWith(".js") ? BUNDLE_FLAGS : [];
    this.child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", ...bundleFlags, ...agentPermissions, main, "agent"],
        ...[`-node=n${this.ip}`, `-bind=${this.ip}:17946`, `-rpc-addr=${this.rpcAddress}`],
        ...http ? [`-http-addr=${this.ip}:${HTTP_PORT}`] : [],
      ],
      env: noUpdateCheck,
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  get rpcAddress(): string {
    return `${this.ip}:${RPC_PORT}`;
  }

  /** Resolves when RPC answers, and HTTP if there is such a thing. */
  async ready(): Promise<void> {
    const port = this.#http ? HTTP_PORT : RPC_PORT;
    const answers = async () => {
      try {
        (await Deno.connect({ hostname: this.ip, port })).close();
        return true;
      } catch {
        return false;
      }
    };
    while (!await answers()) await sleep(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.status;
  }
}

async function measureStarts(): Promise<void> {
  const variants: readonly Variant[] = [
    ...flags.before === undefined
      ? []
      : [{ label: "before", main: String(flags.before), http: false }],
    { label: "without `-http-addr`", main: ourProgram, http: false },
    { label: "with `-http-addr`", main: ourProgram, http: true },
  ];
  const results = variants.map((variant) => ({
    variant,
    startMs: [] as number[],
    cpuMs: [] as number[],
    rss: [] as number[],
  }));
  // In turn, so that what else the machine does hits all of them.
  for (let i = 0; i < STARTS; i++) {
    for (const { variant, startMs, cpuMs, rss } of results) {
      const begun = performance.now();
      await using agent = new BenchAgent(variant);
      await agent.ready();
      startMs.push(performance.now() - begun);
      cpuMs.push(cpuMsOf(agent.child.pid));
      if (i % 3 !== 0) continue;
      await sleep(IDLE_MS);
      rss.push(memoryOf(agent.child.pid).rss);
    }
  }
  print(["agent", "start-up, ms", "… processor, ms", "idle memory, MiB", "ratios"]);
  const [first] = results;
  for (const { variant, ...samples } of results) {
    const values = [samples.startMs, samples.cpuMs, samples.rss].map(median);
    const bases = [first.startMs, first.cpuMs, first.rss].map(median);
    const ratios = values.map((value, i) => (value / bases[i]).toFixed(2));
    print([variant.label, ...values.map(decimal), ratios.join(", ")]);
  }
}

/** A client of the stream: how many events it has seen, and how late they were. */
class StreamClient implements Disposable {
  events = 0;
  readonly delaysMs: number[] = [];
  readonly #connection: Deno.TcpConn;
  readonly #sample: boolean;

  private constructor(connection: Deno.TcpConn, sample: boolean) {
    this.#connection = connection;
    this.#sample = sample;
  }

  static async open(ip: string, { reads, sample }: { reads: boolean; sample: boolean }) {
    const connection = await Deno.connect({ hostname: ip, port: HTTP_PORT });
    const request = `GET /v1/stream?type=user HTTP/1.1\r\nHost: ${ip}\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const client = new StreamClient(connection, sample);
    if (reads) client.#read().catch(() => {});
    return client;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  /** Counts the beginnings of frames; a thousand parsers would measure themselves. */
  async #read(): Promise<void> {
    const buffer = new Uint8Array(262_144);
    const decoder = new TextDecoder();
    for (let count; (count = await this.#connection.read(buffer)) !== null;) {
      const text = decoder.decode(buffer.subarray(0, count));
      for (let at = -1; (at = text.indexOf("\nevent: user", at + 1)) !== -1;) this.events++;
      if (!this.#sample) continue;
      for (const [, time] of text.matchAll(/"Time":"([^"]+)"/g)) {
        this.delaysMs.push(Date.now() - Date.parse(time));
      }
    }
  }
}

async function measureStreams(): Promise<void> {
  await using agent = new BenchAgent({ label: "", main: ourProgram, http: true });
  await agent.ready();
  const { pid } = agent.child;
  using open = new DisposableStack();
  const readers: StreamClient[] = [];
  for (let i = 0; i < clients; i++) {
    const client = await StreamClient.open(agent.ip, { reads: true, sample: i % 100 === 0 });
    readers.push(open.use(client));
  }
  for (let i = 0; i < SILENT_CLIENTS; i++) {
    open.use(await StreamClient.open(agent.ip, { reads: false, sample: false }));
  }
  await sleep(IDLE_MS);
  const connectedRss = memoryOf(pid).rss;
  await using rpc = await RpcClient.connect({ address: agent.rpcAddress });
  const begun = performance.now();
  const cpuBefore = cpuMsOf(pid);
  let peakRss = connectedRss;
  const total = eventsPerSecond * seconds;
  for (let sent = 0; sent < total; sent++) {
    const dueAt = begun + sent * 1_000 / eventsPerSecond;
    if (dueAt > performance.now()) await sleep(dueAt - performance.now());
    await rpc.userEvent("bench", PAYLOAD);
    if (sent % eventsPerSecond === 0) peakRss = Math.max(peakRss, memoryOf(pid).rss);
  }
  const elapsedMs = performance.now() - begun;
  const cpuMs = cpuMsOf(pid) - cpuBefore;
  await until(() => readers.every(({ events }) => events >= total), {
    what: "all readers have seen all events",
    detail: () => `${Math.min(...readers.map(({ events }) => events))} of ${total}`,
  });
  const delays = readers.flatMap(({ delaysMs }) => delaysMs);
  print(["streams", "value"]);
  print(["readers, and clients that read nothing", `${clients}, ${SILENT_CLIENTS}`]);
  print(["events", `${total} in ${decimal(elapsedMs / 1_000)} s`]);
  print(["memory with all connected, MiB", decimal(connectedRss)]);
  print(["peak memory, MiB", decimal(Math.max(peakRss, memoryOf(pid).rss))]);
  print(["processor, % of one core", decimal(100 * cpuMs / elapsedMs)]);
  print(["delay, ms (p50, p99)", [50, 99].map((p) => decimal(percentile(delays, p))).join(", ")]);
}

function decimal(value: number): string {
  return value.toFixed(1);
}

function print(cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

const parts = String(flags.only).split(",");
if (parts.includes("starts")) await measureStarts();
if (parts.includes("streams")) await measureStreams();
