/**
 * What has happened, in lanes along the time and as a list: as far back as the agent keeps events.
 *
 * @module
 */

import { html, useMemo, useState } from "htm/preact/standalone";
import { payloadText, time } from "./format.js";
import { useNarrow, VirtualList } from "./virtual_list.js";

const LANES = {
  member: { title: "Members", includes: ({ type }) => type.startsWith("member-") },
  user: { title: "User events", includes: ({ type }) => type === "user" },
  query: { title: "Queries", includes: ({ type }) => type === "query" },
};

const SPANS = [
  { title: "all", ms: Infinity },
  { title: "5 minutes", ms: 300_000 },
  { title: "1 hour", ms: 3_600_000 },
];

/** How a lane is divided, and how high it is, in units of the picture. */
const COLUMNS = 160;
const WIDTH = 960;
const HEIGHT = 44;
/** The events that make a column as high as its lane; fewer are logarithmically lower. */
const FULL = 64;

/** The view. */
export function TimelineView({ cluster }) {
  const [lane, setLane] = useState("");
  const [span, setSpan] = useState(SPANS[0]);
  const [open, setOpen] = useState("");
  const narrow = useNarrow();
  const { events, eventCount } = cluster;
  const shown = useMemo(() => {
    const since = Date.now() - span.ms;
    return events.filter((event) =>
      event.timeMs >= since &&
      (lane === "" || event.type === "gap" || LANES[lane].includes(event))
    ).reverse();
  }, [eventCount, events, lane, span]);
  const header = html`
    <div class="row event head" role="row" aria-rowindex="1">
      ${["Time", "Event", "About", "Payload"].map((title) =>
        html`<div role="columnheader" class=${title}>${title}</div>`
      )}
    </div>
  `;
  const row = (event, index) => {
    const { label, about, payload } = describe(event);
    return html`
      <div class="row event" role="row" key=${event.id + event.type} aria-rowindex=${index + 2}>
        <div role="cell" class="Time">${time(event.timeMs)}</div>
        <div role="cell" class="Event"><span class="kind ${event.type}">${label}</span></div>
        <div role="cell" class="About">${about}</div>
        <div role="cell" class="Payload">
          ${payload === ""
            ? ""
            : html`<button onClick=${() => setOpen(payload)}>${payload}</button>`}
        </div>
      </div>
    `;
  };
  return html`
    <form class="bar" onSubmit=${(event) => event.preventDefault()}>
      <label>Show <select value=${lane} onChange=${(event) => setLane(event.target.value)}>
        <option value="">all events</option>
        ${Object.entries(LANES).map(([name, { title }]) =>
          html`<option value=${name}>${title}</option>`
        )}
      </select></label>
      <label>of the last <select value=${span.title}
        onChange=${(event) => setSpan(SPANS.find(({ title }) => title === event.target.value))}>
        ${SPANS.map(({ title }) => html`<option value=${title}>${title}</option>`)}
      </select></label>
      <span role="status">${shown.length} events</span>
    </form>
    <${Lanes} events=${shown} span=${span} />
    <${VirtualList} items=${shown} row=${row} header=${header} label="Events" columns=${4}
      rowHeight=${narrow ? 64 : 36} />
    <section aria-live="polite">
      ${open !== "" && html`
        <h3>Payload</h3>
        <pre>${open}</pre>
      `}
    </section>
  `;
}

/** One row of columns for each lane, which are as high as there are events; gaps go through all of them. */
function Lanes({ events, span }) {
  if (events.length === 0) return null;
  const end = Date.now();
  const start = Number.isFinite(span.ms) ? end - span.ms : events.at(-1).timeMs;
  const column = ({ timeMs }) =>
    Math.max(0, Math.min(COLUMNS - 1, Math.floor((timeMs - start) / (end - start + 1) * COLUMNS)));
  const width = WIDTH / COLUMNS;
  return html`
    <div class="lanes" aria-hidden="true">
      ${Object.values(LANES).map(({ title, includes }) => {
        const bars = new Map();
        for (const event of events) {
          if (!includes(event) && event.type !== "gap") continue;
          const x = column(event);
          const bar = bars.get(x) ?? { x, count: 0, types: new Set() };
          bar.count++;
          bar.types.add(event.type);
          bars.set(x, bar);
        }
        return html`
          <span>${title}</span>
          <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none">
            ${[...bars.values()].map(({ x, count, types }) => {
              const type = ["gap", "member-failed", "member-leave", "member-reap"]
                .find((worst) => types.has(worst)) ?? [...types][0];
              const high = HEIGHT *
                (type === "gap" ? 1 : Math.min(1, 0.3 + 0.7 * Math.log(count) / Math.log(FULL)));
              return html`
                <rect class="kind ${type}" x=${x * width} y=${HEIGHT - high} width=${width -
                  1} height=${high}>
                  <title>${count} × ${[...types].join(", ")}</title>
                </rect>
              `;
            })}
          </svg>
        `;
      })}
      <span></span><p class="times"><span>${time(start)}</span><span>${time(end)}</span></p>
    </div>
  `;
}

function describe({ type, data, answered }) {
  switch (type) {
    case "gap": {
      const lost = data.Lost === null ? "events" : `${data.Lost} events`;
      const why = data.Reason === "restart"
        ? "the agent has started again"
        : "they came faster than they were read";
      return { label: "gap", about: `${lost} are missing: ${why}`, payload: "" };
    }
    case "user":
      return { label: `user: ${data.Name}`, about: "", payload: payloadText(data.Payload) };
    case "query": {
      const about = answered === undefined
        ? `asked by ${data.SourceNode}`
        : `asked here: ${answered.answers} answers, ${answered.acks} acks`;
      return { label: `query: ${data.Name}`, about, payload: payloadText(data.Payload) };
    }
    default:
      return { label: type, about: data.Members.map(({ Name }) => Name).join(", "), payload: "" };
  }
}
