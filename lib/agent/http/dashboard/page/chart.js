/**
 * A chart that fits its place, in the colours of the page.
 *
 * @module
 */

import { html, useLayoutEffect, useRef } from "htm/preact/standalone";
import uPlot from "uplot";

const HEIGHT = 170;

/**
 * `lines` have a label, the name of a colour and text for their latest value. `data` is that of uPlot: the places on
 * the axis, then the values of each line. With `bars` they are bars, and the axis is not time.
 */
export function Chart({ title, lines, data, bars = false, help = "" }) {
  const place = useRef(null);
  const plot = useRef(null);
  useLayoutEffect(() => {
    const width = place.current.clientWidth;
    plot.current = new uPlot(
      options({ width, lines, bars, place: place.current }),
      data,
      place.current,
    );
    const resize = new ResizeObserver(() => {
      plot.current.setSize({ width: place.current.clientWidth, height: HEIGHT });
    });
    const scheme = globalThis.matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => plot.current.redraw();
    resize.observe(place.current);
    scheme.addEventListener("change", redraw);
    return () => {
      resize.disconnect();
      scheme.removeEventListener("change", redraw);
      plot.current.destroy();
    };
  }, []);
  useLayoutEffect(() => plot.current.setData(data), [data]);
  return html`
    <figure>
      <figcaption>
        <strong>${title}</strong> ${lines.map(({ label, colour, latest }) =>
          html`
            <span class="key ${colour}">${label} ${latest}</span>
          `
        )}
        ${help !== "" && html`<small>${help}</small>`}
      </figcaption>
      <div class="chart" aria-hidden="true" ref=${place}></div>
    </figure>
  `;
}

function clock(_plot, seconds) {
  return seconds.map((at) => new Date(at * 1_000).toLocaleTimeString(undefined, { hour12: false }));
}

function options({ width, lines, bars, place }) {
  // The canvas does not know the variables of style sheets.
  const colour = (name) => () => {
    place.style.color = `var(--${name})`;
    return getComputedStyle(place).color;
  };
  const axis = {
    stroke: colour("faint"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1 },
    font: "12px system-ui, sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: !bars },
      y: { range: (_plot, _low, high) => [0, Math.max(1, high || 0)] },
    },
    axes: [bars ? axis : { ...axis, values: clock, space: 70 }, { ...axis, size: 56 }],
    series: [
      {},
      ...lines.map(({ colour: name }) => ({
        stroke: colour(name),
        ...bars
          ? { fill: colour(name), paths: uPlot.paths.bars({ size: [0.9, 60] }) }
          : { width: 1.5 },
        points: { show: false },
      })),
    ],
  };
}
