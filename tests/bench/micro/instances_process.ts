/** A process with a number of `Serf` instances that have joined a cluster: `instances_process.ts FIRST COUNT SEED`. */

import { Serf } from "../../../lib/host/serf.ts";

const [first, count, seed] = Deno.args;
for (let i = 0; i < Number(count); i++) {
  const number = Number(first) + i;
  const serf = await Serf.create({ name: `n${number}`, bind: `127.0.91.${number + 1}:17946` });
  if (serf.address.text !== seed) await serf.join([seed]);
  serf.closed.then(() => Deno.exit(1));
}
console.log("ready");
