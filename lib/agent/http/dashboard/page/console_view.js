/**
 * Firing user events and asking queries.
 *
 * @module
 */

import { html, useMemo } from "htm/preact/standalone";
import { call } from "./api.js";
import { Chart } from "./chart.js";
import { milliseconds, payloadText } from "./format.js";
import { Asked } from "./query.js";
import { VirtualList } from "./virtual_list.js";

/** The bars of the histogram. */
const BARS = 20;
/** How many members that are missing are named. */
const MAX_NAMED = 50;

/** The view. */
export function ConsoleView({ cluster, act }) {
  return html`
    <div class="console">
      <${Fire} act=${act} />
      <${Ask} cluster=${cluster} act=${act} />
    </div>
    ${cluster.asked && html`<${Answers} asked=${cluster.asked} />`}
  `;
}

function Fire({ act }) {
  const fire = (event) => {
    event.preventDefault();
    const { name, payload, coalesce } = event.target.elements;
    const path = `v1/event/fire/${encodeURIComponent(name.value)}${
      coalesce.checked ? "?coalesce" : ""
    }`;
    act(`Event ${name.value}`, () => call("PUT", path, { body: payload.value }));
  };
  return html`
    <form class="fire" onSubmit=${fire}>
      <h3>Fire an event</h3>
      <label>Name <input name="name" required placeholder="deploy" /></label>
      <label>Payload <textarea name="payload" rows="2" spellcheck="false"></textarea></label>
      <label><input type="checkbox" name="coalesce" /> receivers may keep only the latest</label>
      <button>Fire</button>
    </form>
  `;
}

function Ask({ cluster, act }) {
  const ask = (event) => {
    event.preventDefault();
    const { name, payload, nodes, tag, timeout, ack } = event.target.elements;
    const asked = new Asked({
      name: name.value,
      payload: payload.value,
      nodes: nodes.value.split(/[\s,]+/).filter((node) => node !== ""),
      tag: tag.value.trim(),
      timeout: timeout.value.trim(),
      ack: ack.checked,
    }, cluster.members);
    cluster.asked = asked;
    act(`Query ${name.value}`, () => asked.run(cluster));
  };
  return html`
    <form class="ask" onSubmit=${ask}>
      <h3>Ask a query</h3>
      <label>Name <input name="name" required placeholder="load" /></label>
      <label>Payload <textarea name="payload" rows="2" spellcheck="false"></textarea></label>
      <label>Only these members <input name="nodes" placeholder="all" /></label>
      <label>Only with tag <input name="tag" placeholder="role=web|db" pattern="[^=]+=.*" /></label>
      <label>Time for answers <input name="timeout" placeholder="by size of cluster, or 10s" /></label>
      <label><input type="checkbox" name="ack" checked /> with acknowledgements</label>
      <button>Ask</button>
    </form>
  `;
}

function Answers({ asked }) {
  const { question, acks, answers, expected, missing, isOpen } = asked;
  const latencies = answers.size > 0
    ? [...answers.values()].map(({ ms }) => ms)
    : [...acks.values()];
  const bars = useMemo(() => histogram(latencies), [answers.size, acks.size]);
  const names = [...new Set([...answers.keys(), ...acks.keys()])];
  const header = html`
    <div class="row answer head" role="row" aria-rowindex="1">
      ${["Member", "Acked", "Answered", "Answer"].map((title) =>
        html`<div role="columnheader">${title}</div>`
      )}
    </div>
  `;
  const row = (name, index) =>
    html`
      <div class="row answer" role="row" key=${name} aria-rowindex=${index + 2}>
        <div role="cell">${name}</div>
        <div role="cell">${milliseconds(acks.get(name))}</div>
        <div role="cell">${milliseconds(answers.get(name)?.ms)}</div>
        <div role="cell">${payloadText(answers.get(name)?.payload)}</div>
      </div>
    `;
  return html`
    <section class="answers">
      <h3>${question.name}</h3>
      <p role="status">
        ${answers.size} answers and ${acks.size} acknowledgements of ${expected.length} members,
        ${isOpen ? " waiting for more …" : " over."}
      </p>
      <p>${missing.length === 0
        ? "Nobody is missing."
        : `No answer from ${missing.slice(0, MAX_NAMED).join(", ")}${
          missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} others` : ""
        }.`}</p>
      <${Chart} title=${answers.size > 0
        ? "Answers by latency, ms"
        : "Acknowledgements by latency, ms"} bars
        lines=${[{ label: "members", colour: "accent", latest: latencies.length }]} data=${bars} />
      <${VirtualList} items=${names} row=${row} header=${header} label="Answers"
        columns=${4} rowHeight=${36} />
    </section>
  `;
}

/** Equally wide bars from 0 to the longest latency. */
function histogram(latencies) {
  const width = Math.max(1, ...latencies) * 1.0001 / BARS;
  const counts = new Array(BARS).fill(0);
  for (const ms of latencies) counts[Math.floor(ms / width)]++;
  return [counts.map((_, i) => (i + 0.5) * width), counts];
}
