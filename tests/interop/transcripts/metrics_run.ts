/** The figures that an agent sends and shows. */

import { DatagramServer } from "../../agent/datagram_server.ts";
import { writeFiles } from "../../agent/write_files.ts";
import { delay } from "./delay.ts";
import type { Ledger } from "./ledger.ts";
import type { Stage } from "./stage.ts";

const FILE = "metrics";
const ALPHA_RPC = "-rpc-addr=127.0.0.1:7420";

/** Names that only come up when something goes wrong, as it may on a machine under load. */
const TROUBLE = /\.(degraded|health|flap|rejected|zero-rtt|suspect|compact)\b/;

/** A little of everything that counts, watched for longer than the queues go between two checks. */
export async function metrics(stage: Stage, ledger: Ledger): Promise<void> {
  using server = new DatagramServer();
  // Not by way of the stage, which would move the address.
  writeFiles(stage.directory, { "m.json": `{"statsd_addr": "127.0.0.1:${server.port}"}` });
  const names = namesUpTo("serf-agent.serf.queue.Query|ms", server);
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
  compareNames("statsd-names", [...await names], ledger);
  // What is shown is the ten-second intervals that are over.
  await delay(11_000);
  alpha.signal("SIGUSR1");
  await delay(500);
  const shown = alpha.stderr.matchAll(/^\[.*?\]\[([GCS])\] '(.*?)'/gm);
  const shownNames = new Set(Array.from(shown, ([, type, name]) => `${type} ${name}`));
  compareNames("sigusr1-names", [...shownNames], ledger);
}

function compareNames(entry: string, names: readonly string[], ledger: Ledger): void {
  const lines = names.filter((name) => !TROUBLE.test(name))
    .map((name) => name.replace(Deno.hostname(), "HOSTNAME"));
  ledger.compare(FILE, entry, { lines });
}

/** Gathers `NAME|TYPE` of all figures, until one of that name has come or the server has been closed. */
async function namesUpTo(last: string, server: DatagramServer): Promise<Set<string>> {
  const names = new Set<string>();
  try {
    while (!names.has(last)) {
      for (const line of (await server.receive()).trimEnd().split("\n")) {
        names.add(line.replace(/:[^:|]*\|/, "|"));
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.Interrupted)) throw error;
  }
  return names;
}
