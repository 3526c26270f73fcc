/** The figures that an agent sends and shows. */

import { delay } from "./delay.ts";
import type { Ledger } from "./ledger.ts";
import type { Stage } from "./stage.ts";

const FILE = "metrics";
const ALPHA_RPC = "-rpc-addr=127.0.0.1:7420";

/** Names that only come up when something goes wrong, as it may on a machine under load. */
const TROUBLE = /\.(degraded|health|flap|rejected|zero-rtt|suspect|compact)\b/;

/** A little of everything that counts, watched for longer than the queues go between two checks. */
export async function metrics(stage: Stage, ledger: Ledger): Promise<void> {
  using server = new StatsdServer(stage.toOurs("127.0.0.1"));
  stage.write({ "m.json": JSON.stringify({ statsd_addr: `127.0.0.1:${server.port}` }) });
  const alpha = await stage.agent([
    "agent",
    "-node=alpha",
    "-bind=127.0.0.20",
    ALPHA_RPC,
    "-config-file=m.json",
    "-snapshot=snap",
    "-event-handler=user,query:load=echo 1",
  ]);
  await stage.run(["event", ALPHA_RPC, "deploy"]);
  await stage.run(["query", ALPHA_RPC, "-timeout=1s", "load"]);
  const bravo = await stage.agent([
    "agent",
    "-node=bravo",
    "-bind=127.0.0.21",
    "-rpc-addr=127.0.0.1:7421",
    "-join=127.0.0.20",
  ]);
  await stage.run(["join", ALPHA_RPC, "127.0.0.21"]);
  await stage.run(["query", ALPHA_RPC, "-timeout=1s", "load"]);
  await stage.run(["tags", ALPHA_RPC, "-set", "a=b"]);
  await delay(5_000);
  bravo.signal("SIGINT");
  await server.received("serf-agent.serf.queue.Query", 45_000);
  compareNames("statsd-names", [...server.names], ledger);
  // What is shown is the ten-second intervals that are over.
  await delay(11_000);
  alpha.signal("SIGUSR1");
  await delay(500);
  const shown = alpha.stderr.matchAll(/^\[.*?\]\[([GCS])\] '(.*?)'/gm);
  const names = new Set(Array.from(shown, ([, type, name]) => `${type} ${name}`));
  compareNames("sigusr1-names", [...names], ledger);
}

function compareNames(entry: string, names: readonly string[], ledger: Ledger): void {
  const lines = names.filter((name) => !TROUBLE.test(name))
    .map((name) => name.replace(Deno.hostname(), "HOSTNAME"));
  ledger.compare(FILE, entry, { lines });
}

/** Takes figures, and keeps their names with their types. */
class StatsdServer implements Disposable {
  readonly names = new Set<string>();
  readonly #socket: Deno.DatagramConn;

  constructor(hostname: string) {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    this.#collect();
  }

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  /** Waits until a figure of that name has arrived. */
  async received(name: string, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!this.names.has(`${name}|ms`)) {
      if (performance.now() > deadline) throw new Error(`There came no ${name}`);
      await delay(100);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #collect(): Promise<void> {
    for await (const [bytes] of this.#socket) {
      for (
        const line of new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "")
      ) {
        this.names.add(line.replace(/:[^:|]*\|/, "|"));
      }
    }
  }
}
