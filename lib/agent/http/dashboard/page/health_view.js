/**
 * How well the agent itself does, and whom its cluster suspects.
 *
 * @module
 */

import { html, useMemo } from "htm/preact/standalone";
import { Chart } from "./chart.js";
import { milliseconds } from "./format.js";

/** The charts: what each line shows, in which colour. */
const CHARTS = [
  {
    title: "Local health score",
    help: "0 is healthy; with every point probes wait longer (Lifeguard)",
    lines: { health_score: ["score", "accent"] },
  },
  {
    title: "Event-loop lag, ms",
    help: "how late timers of the agent are",
    lines: { lag50: ["median", "accent"], lag99: ["p99", "leaving"] },
  },
  {
    title: "Queues, messages",
    help: "what waits to be gossiped",
    lines: {
      event_queue: ["events", "accent"],
      intent_queue: ["intents", "alive"],
      query_queue: ["queries", "leaving"],
    },
  },
  {
    title: "Probes, ms",
    help: "from a ping to the end of the probe",
    lines: { probe50: ["median", "accent"], probe99: ["p99", "leaving"] },
  },
  {
    title: "Gossip rounds, ms",
    help: "the time that this node spends on one",
    lines: { gossip50: ["median", "accent"], gossip99: ["p99", "leaving"] },
  },
  {
    title: "Push/pull, ms",
    help: "exchanges of the whole state with one member",
    lines: { pushPull50: ["median", "accent"], pushPull99: ["p99", "leaving"] },
  },
];

/** The view. */
export function HealthView({ cluster: { samples, members, self } }) {
  const times = useMemo(() => samples.map(({ timeMs }) => timeMs / 1_000), [samples]);
  const counts = {};
  for (const { Status } of members) counts[Status] = (counts[Status] ?? 0) + 1;
  return html`
    <p>${Object.entries(counts).map(([status, count]) =>
      html`
        <span class="status ${status}">${count} ${status}</span>${" "}
      `
    )}</p>
    <${Suspicions} suspicions=${self?.Suspicions ?? []} />
    <div class="charts">
      ${CHARTS.map((chart) =>
        html`<${Line} key=${chart.title} chart=${chart} samples=${samples} times=${times} />`
      )}
    </div>
  `;
}

function Line({ chart: { title, help, lines }, samples, times }) {
  const names = Object.keys(lines);
  const data = useMemo(() => [
    times,
    ...names.map((name) =>
      samples.map(({ values }) => Number.isNaN(values[name]) ? null : values[name])
    ),
  ], [samples]);
  const shown = names.map((name) => {
    const [label, colour] = lines[name];
    const value = samples.at(-1)?.values[name];
    const latest = value === undefined || Number.isNaN(value) ? "–" : Number(value.toFixed(2));
    return { label, colour, latest };
  });
  return html`<${Chart} title=${title} help=${help} lines=${shown} data=${data} />`;
}

/** Who is suspected by whom. Only members that are told of it can refute. */
function Suspicions({ suspicions }) {
  if (suspicions.length === 0) return html`<p class="suspicions">No member is suspected.</p>`;
  return html`
    <table class="suspicions">
      <caption>Suspicions</caption>
      <thead>
        <tr>
          <th scope="col">Suspect</th>
          <th scope="col">Accused by</th>
          <th scope="col">For</th>
          <th scope="col">Fails in</th>
        </tr>
      </thead>
      <tbody>
        ${suspicions.map(({ Node, From, AgeMs, LeftMs }) =>
          html`
            <tr key=${Node}>
              <th scope="row">${Node}</th>
              <td>${From.join(", ")}</td>
              <td>${milliseconds(AgeMs)}</td>
              <td>${milliseconds(LeftMs)}</td>
            </tr>
          `
        )}
      </tbody>
    </table>
  `;
}
