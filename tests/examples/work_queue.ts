/**
 * A work queue without a broker. Every member hears of every job, and the one that rendezvous hashing names does it; if
 * that one goes before it has said that the job is done, the next one does it. So a job is done at least once.
 *
 * ```sh
 * deno run -A tests/examples/work_queue.ts 127.0.0.1:7950
 * deno run -A tests/examples/work_queue.ts 127.0.0.1:7951 127.0.0.1:7950
 * ```
 *
 * @module
 */

import process from "node:process";
import { rendezvous, Serf } from "@serf-deno/serf";

/** Takes part in the work until the member is shut down. Jobs are texts that tell them apart. */
export async function work(serf: Serf, run: (job: string) => Promise<void>): Promise<void> {
  const undone = new Set<string>();
  const begun = new Set<string>();
  const begin = async (job: string) => {
    begun.add(job);
    try {
      await run(job);
      serf.userEvent("done", job);
    } catch (error) {
      console.error(`${job} failed, and is tried again with the next event:`, error);
      begun.delete(job);
    }
  };
  const isMine = (job: string) => {
    const alive = serf.members().filter(({ status }) => status === "alive");
    return rendezvous(alive, job)[0].name === serf.name;
  };
  const types = ["user:job", "user:done", "member-leave", "member-failed"] as const;
  for await (const event of serf.events({ types })) {
    if (event.type === "user" && event.name === "done") {
      undone.delete(event.text());
      begun.delete(event.text());
      continue;
    }
    if (event.type === "user") undone.add(event.text());
    for (const job of undone) {
      if (!begun.has(job) && isMine(job)) begin(job);
    }
  }
}

/** Adds a job. */
export function addJob(serf: Serf, job: string): void {
  serf.userEvent("job", job);
}

if (import.meta.main) {
  const [bind = "127.0.0.1:7950", ...others] = process.argv.slice(2);
  const serf = await Serf.create({ name: `worker-${bind}`, bind });
  if (others.length > 0) await serf.join(others);
  setInterval(() => addJob(serf, `${serf.name}/${Date.now()}`), 1_000);
  await work(serf, (job) => Promise.resolve(console.log(`${serf.name} does ${job}`)));
}
