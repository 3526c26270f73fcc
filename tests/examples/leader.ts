/**
 * A leader: of the members that are alive, the one with the lowest name. When the network is split there may be two, as
 * without a quorum there always may; so what a leader does carries a fencing token, and what it is done to refuses the
 * older leader. The token is the Lamport time of the event by which a leader takes office: it is higher than that of every
 * event which the leader has heard of. A new leader that is refused has not heard of the one before, and asks for another
 * term.
 *
 * ```sh
 * deno run -A tests/examples/leader.ts 127.0.0.1:7950
 * deno run -A tests/examples/leader.ts 127.0.0.1:7951 127.0.0.1:7950
 * ```
 *
 * @module
 */

import process from "node:process";
import { type LamportTime, Serf } from "@serf-deno/serf";

/** Who leads, as this member sees it. */
export function leaderOf(serf: Serf): string {
  return serf.members().filter(({ status }) => status === "alive").map(({ name }) => name)
    .sort()[0];
}

/** A right to lead, to be shown with everything that a leader does. */
export interface Term {
  readonly leader: string;
  readonly token: LamportTime;
}

/** Takes office, or takes it again with a higher token. */
export function askForTerm(serf: Serf): void {
  serf.userEvent("leader", serf.name);
}

/** Stands for election until the member is shut down; each term that it wins is passed to `lead`. */
export async function standForElection(serf: Serf, lead: (term: Term) => void): Promise<void> {
  const types = ["user:leader", "member-join", "member-leave", "member-failed"] as const;
  const events = serf.events({ types });
  let leader = "";
  const elect = () => {
    if (leader === leaderOf(serf)) return;
    leader = leaderOf(serf);
    if (leader === serf.name) askForTerm(serf);
  };
  elect();
  for await (const event of events) {
    if (event.type !== "user") elect();
    else if (event.text() === serf.name) lead({ leader: serf.name, token: event.lTime });
  }
}

/** Guards a resource: it takes work of the newest leader that it knows of, and of no older one. */
export class Fence {
  #newest: Term = { leader: "", token: 0 };

  /** Whether this term is not over. */
  admits(term: Term): boolean {
    const { leader, token } = this.#newest;
    if (term.token < token || term.token === token && term.leader !== leader) return false;
    this.#newest = term;
    return true;
  }
}

if (import.meta.main) {
  const [bind = "127.0.0.1:7950", ...others] = process.argv.slice(2);
  const serf = await Serf.create({ name: `candidate-${bind}`, bind });
  if (others.length > 0) await serf.join(others);
  await standForElection(serf, ({ token }) => console.log(`${serf.name} leads, token ${token}`));
}
