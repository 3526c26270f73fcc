/** Repeats entries of the recording, one after another, on one stage. */

import { RpcClient } from "../../../lib/rpc/client/client.ts";
import { sleep } from "../../support/sleep.ts";
import type { Ledger } from "./ledger.ts";
import { entriesOf, type Entry, entryOf } from "./recording.ts";
import { refusedRequests } from "./manners.ts";
import type { SerfProcess, Stage } from "./stage.ts";

/** A monitor that has printed nothing for so long has everything. */
const QUIET_MS = 500;

/** The entries of a stage, and the ledger that they go into. */
export class Replay {
  readonly stage: Stage;
  readonly ledger: Ledger;

  constructor(stage: Stage, ledger: Ledger) {
    this.stage = stage;
    this.ledger = ledger;
  }

  /** Runs commands of a file: all, one, or those from `first` to `last`. */
  async commands(file: string, first?: string, last = first): Promise<void> {
    for (const { name, argv = [], env } of range(file, first, last)) {
      this.ledger.compare(file, name, await this.stage.run(argv, { env }));
      if (this.stage.kind === "ours") await this.#sendRefused(`${file}/${name}`);
    }
  }

  async #sendRefused(key: string): Promise<void> {
    const send = refusedRequests.get(key);
    if (send === undefined) return;
    await using agent = await RpcClient.connect({ address: this.stage.toOurs("127.0.0.1:7420") });
    await send(agent);
  }

  /** Runs a command and interrupts it once it has printed as much as the recorded one. */
  async interrupted(file: string, name: string, interruptAt: string): Promise<void> {
    const { argv = [] } = entryOf(file, name);
    this.ledger.compare(file, name, await this.stage.run(argv, { interruptAt }));
  }

  /**
   * Runs a monitor of an agent in a process of its own, for as long as the recorded one ran and until it has printed
   * `cue`; `meanwhile` happens once it is connected.
   */
  async monitor(agent: SerfProcess, file: string, name: string, {
    cue = "",
    meanwhile = () => Promise.resolve(),
  }: { readonly cue?: string; readonly meanwhile?: () => Promise<void> } = {}): Promise<void> {
    const { argv = [], signal } = entryOf(file, name);
    const clients = () => agent.stdout.split("Accepted client").length;
    const before = clients();
    await using process = this.stage.spawn(argv);
    await agent.printed("a client more", () => clients() > before);
    await Promise.all([
      sleep((signal?.after_seconds ?? 0) * 1000),
      sleep(1_000).then(meanwhile),
    ]);
    await process.printed(cue, (stdout) => stdout.includes(cue));
    // Log and events come on streams of their own: what belongs to the cue on the other one is on its way.
    await process.quiet(QUIET_MS);
    if (signal !== undefined) process.signal(signal.name);
    await this.ledger.settle(file, name, process);
  }

  /** Starts the agent of an entry. */
  async agent(file: string, name: string): Promise<SerfProcess> {
    return await this.stage.agent(entryOf(file, name).argv ?? []);
  }
}

function range(file: string, first?: string, last?: string): readonly Entry[] {
  const entries = entriesOf(file);
  const names = entries.map(({ name }) => name);
  if (first === undefined || last === undefined) return entries;
  return entries.slice(names.indexOf(first), names.indexOf(last) + 1);
}
