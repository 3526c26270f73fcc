/**
 * `deno task bench:delivery`: what share of user events and queries arrives in simulated clusters that lose datagrams, as
 * a table in Markdown. It takes a few minutes, nearly all of them for 1,000 nodes.
 *
 *     deno task bench:delivery --nodes 100,300   clusters of other sizes
 *     deno task bench:delivery --seed 7          another run
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Delivery, measureDelivery } from "../scenarios/delivery.ts";
import { refuseUnknown } from "./selection.ts";

const LOSSES = [0, 0.1, 0.3];

const columns: readonly { readonly title: string; readonly share: keyof Delivery }[] = [
  { title: "events", share: "events" },
  { title: "acks", share: "acks" },
  { title: "answers", share: "answers" },
  { title: "relayed acks", share: "relayedAcks" },
  { title: "relayed answers", share: "relayedAnswers" },
];

const { nodes, seed } = parseArgs(Deno.args, {
  string: ["nodes", "seed"],
  default: { nodes: "100,1000", seed: "1" },
  unknown: refuseUnknown,
});
console.log(row(["nodes", "loss", ...columns.map(({ title }) => title)]));
console.log(row(["nodes", "loss", ...columns].map(() => "---:")));
for (const size of String(nodes).split(",").map(Number)) {
  const deliveries = measureDelivery({ nodes: size, seed: Number(seed) }, LOSSES);
  for (const [i, delivery] of deliveries.entries()) {
    const shares = columns.map(({ share }) => `${(100 * delivery[share]).toFixed(2)} %`);
    console.log(row([size.toLocaleString("en"), `${100 * LOSSES[i]} %`, ...shares]));
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
