/** The figures that an agent sends and shows. */

import { DatagramServer } from "../../../support/datagram_server.ts";
import { until } from "../../../support/until.ts";
import { sleep } from "../../../support/sleep.ts";
import type { Ledger } from "../ledger.ts";
import type { Stage } from "../stage.ts";

const FILE = "metrics";
const ALPHA_RPC = "-rpc-addr=127.0.0.1:7420";

/** Names that only come up when something goes wrong, as it may on a machine under load. */
const TROUBLE = /\.(degraded|health|flap|rejected|zero-rtt|suspect|compact)\b/;

/** The queues are measured every half minute. */
const LONGEST_WAIT_MS = 60_000;

/** A little of everything that counts, watched for longer than the queues go between two checks. */
export async function metrics(stage: Stage, ledger: Ledger): Promise<void> {
  await using statsd = new Statsd();
  // Not by way of the stage, which would move the address.
  stage.directory.write({ "m.json": `{"statsd_addr": "127.0.0.1:${statsd.port}"}` });
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
  await sleep(5_000);
  bravo.signal("SIGINT");
  await statsd.received("serf-agent.serf.queue.Query|ms");
  // memberlist, which looks at its queue as often, may come a little later.
  await ledger.settle(FILE, "statsd-names", {
    get lines() {
      return comparable(statsd.names);
    },
  });
  // What is shown is the ten-second intervals that are over.
  await sleep(11_000);
  alpha.signal("SIGUSR1");
  await ledger.settle(FILE, "sigusr1-names", {
    get lines() {
      const shown = alpha.stderr.matchAll(/^\[.*?\]\[([GCS])\] '(.*?)'/gm);
      return comparable(Array.from(shown, ([, type, name]) => `${type} ${name}`));
    },
  });
}

/** The names that are expected on every machine, each once. */
function comparable(names: Iterable<string>): string[] {
  return [...new Set(names)].filter((name) => !TROUBLE.test(name))
    .map((name) => name.replace(Deno.hostname(), "HOSTNAME"));
}

/** Gathers `NAME|TYPE` of all figures. */
class Statsd implements AsyncDisposable {
  readonly names = new Set<string>();
  readonly #server = new DatagramServer();
  readonly #gathering: Promise<void> = this.#gather();

  get port(): number {
    return this.#server.port;
  }

  /** Waits until a figure has come. */
  async received(name: string): Promise<void> {
    const has = () => Promise.resolve(this.names.has(name));
    await until(has, {
      what: `${name} has come`,
      detail: () => [...this.names].join("\n"),
      timeoutMs: LONGEST_WAIT_MS,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server[Symbol.dispose]();
    await this.#gathering;
  }

  async #gather(): Promise<void> {
    try {
      for (;;) {
        for (const line of (await this.#server.receive()).trimEnd().split("\n")) {
          this.names.add(line.replace(/:[^:|]*\|/, "|"));
        }
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.Interrupted)) throw error;
    }
  }
}
