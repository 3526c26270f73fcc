/**
 * The members where their network coordinates are: near each other if messages between them are quick.
 *
 * @module
 */

import { html, useMemo, useRef, useState } from "htm/preact/standalone";
import { Projection, roundTripMs } from "./coordinates.js";
import { milliseconds } from "./format.js";

/** The most members that are drawn. All that have failed and this node are among them, up to that number. */
const MAX_DRAWN = 1_000;
/** How many of the nearest members are named. */
const NEIGHBOURS = 5;
/** The picture in its own units; its edge is empty. */
const SIZE = 1_000;
const EDGE = 40;
/** The smallest extent of the picture: below, differences are chance. */
const MIN_EXTENT_MS = 0.5;

/** The view. */
export function MapView({ cluster: { members, coordinates, node } }) {
  const projection = useRef(null);
  projection.current ??= new Projection();
  const [selected, setSelected] = useState("");
  const { drawn, without } = useMemo(() => {
    const located = members.filter(({ Name }) => coordinates.has(Name));
    return {
      drawn: place(sample(located, node), coordinates, projection.current),
      without: members.filter(({ Name }) => !coordinates.has(Name)),
    };
  }, [members, coordinates, node]);
  const { points, unitMs } = drawn;
  const onKey = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || points.length === 0) return;
    event.preventDefault();
    const at = points.findIndex(({ Name }) => Name === selected);
    setSelected(points.at((at + step + (at < 0 && step < 0 ? 1 : 0)) % points.length).Name);
  };
  const onPointer = ({ target }) => {
    const { name } = target.dataset;
    if (name !== undefined) setSelected(name);
  };
  const scaleMs = roundScale(unitMs * SIZE / 4);
  return html`
    <p>
      ${points.length} of ${members.length} members are drawn${without.length > 0
        ? `; ${without.length} have no coordinates yet`
        : ""}. Point at one, or choose with the arrow keys.
    </p>
    <div class="map">
      <svg viewBox="0 0 ${SIZE} ${SIZE}" tabindex="0" role="application"
        aria-label="Map of the members by round trip; arrow keys choose one"
        onKeyDown=${onKey} onPointerOver=${onPointer} onPointerDown=${onPointer}>
        ${points.map(({ Name, Status, x, y }) =>
          html`
            <circle key=${Name} data-name=${Name} cx=${x} cy=${y}
              r=${Name === selected ? 16 : Name === node ? 13 : 9}
              class="${Status} ${Name === node ? "self" : ""} ${Name === selected
                ? "selected"
                : ""}" />
          `
        )}
        <g class="scale" transform="translate(${EDGE} ${SIZE - 12})">
          <path d="M0 -8 V0 H${scaleMs / unitMs} V-8" />
          <text x="8" y="-14">${milliseconds(scaleMs)}</text>
        </g>
      </svg>
      <section aria-live="polite">
        <${Neighbours} name=${selected ||
          node} members=${members} coordinates=${coordinates} self=${node} />
      </section>
    </div>
  `;
}

function Neighbours({ name, members, coordinates, self }) {
  const member = members.find(({ Name }) => Name === name);
  const here = coordinates.get(name);
  if (member === undefined) return null;
  const nearest = here === undefined ? [] : members
    .filter(({ Name }) => Name !== name && coordinates.has(Name))
    .map(({ Name, Status }) => ({ Name, Status, rtt: roundTripMs(here, coordinates.get(Name)) }))
    .sort((a, b) => a.rtt - b.rtt)
    .slice(0, NEIGHBOURS);
  return html`
    <h3>${name} <span class="status ${member.Status}">${member.Status}</span></h3>
    ${name !== self &&
      html`<p>${milliseconds(roundTripMs(here, coordinates.get(self)))} from ${self}</p>`}
    <p>${here === undefined ? "It has no coordinate yet." : "Nearest, by estimated round trip:"}</p>
    <ol>
      ${nearest.map(({ Name, Status, rtt }) =>
        html`
          <li>${Name} <span class="status ${Status}">${Status}</span> ${milliseconds(rtt)}</li>
        `
      )}
    </ol>
  `;
}

/** Not too many members: this node, those that have failed, and of the others every so many. */
function sample(members, self) {
  if (members.length <= MAX_DRAWN) return members;
  const always = members.filter(({ Name, Status }) => Name === self || Status === "failed")
    .slice(0, MAX_DRAWN);
  const chosen = new Set(always);
  const others = members.filter((member) => !chosen.has(member));
  const step = others.length / Math.max(1, MAX_DRAWN - always.length);
  for (let i = 0; i < others.length && chosen.size < MAX_DRAWN; i += step) {
    chosen.add(others[Math.floor(i)]);
  }
  return members.filter((member) => chosen.has(member));
}

function place(members, coordinates, projection) {
  const plane = projection.project(members.map(({ Name }) => coordinates.get(Name).Vec));
  const [xs, ys] = [0, 1].map((axis) => plane.map((point) => point[axis]));
  const [left, right, top, bottom] = [lowest(xs), -lowest(xs, -1), lowest(ys), -lowest(ys, -1)];
  const extentMs = Math.max(right - left, bottom - top, MIN_EXTENT_MS);
  const unitMs = extentMs / (SIZE - 2 * EDGE);
  const points = members.map(({ Name, Status }, i) => ({
    Name,
    Status,
    x: SIZE / 2 + (xs[i] - (left + right) / 2) / unitMs,
    y: SIZE / 2 + (ys[i] - (top + bottom) / 2) / unitMs,
  }));
  // Those that have failed are drawn last, so that none is hidden by others.
  points.sort((a, b) => Number(a.Status === "failed") - Number(b.Status === "failed"));
  return { points, unitMs };
}

function lowest(values, sign = 1) {
  return values.reduce((low, value) => Math.min(low, sign * value), Infinity);
}

/** The largest of 1, 2, 5, 10 … that is not larger. */
function roundScale(ms) {
  const power = 10 ** Math.floor(Math.log10(ms));
  return power * [5, 2, 1].find((digit) => digit * power <= ms);
}
