/**
 * Line charts in SVG: axes with round ticks, a grid, lines, marks, and a legend.
 *
 * @module
 */

/** A point in the units of the axes. */
export type Point = readonly [x: number, y: number];

/** One axis. */
export interface Axis {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** Whether equal distances are equal factors; `min` must then be above 0. */
  readonly log?: boolean;
  /** The text at a tick; default: the number. */
  readonly format?: (value: number) => string;
}

/** A line of a plot. */
export interface Line {
  readonly points: readonly Point[];
  /** Which of the colours it has; lines of one colour belong together. */
  readonly color: number;
}

/** A plot of lines. */
export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
  /** Points that stand out on a line. */
  readonly dots?: readonly { readonly at: Point; readonly color: number }[];
  /** Times at which something happened, with a word for it. */
  readonly marks?: readonly { readonly x: number; readonly text: string }[];
  /** Lines of text above the right end, each in the colour of a line. */
  readonly notes?: readonly { readonly text: string; readonly color: number }[];
}

/** A page of plots. */
export interface Page {
  readonly title: string;
  readonly subtitle: string;
  /** The names of the colours. */
  readonly legend: readonly string[];
  readonly plots: readonly Plot[];
}

/** Okabe and Ito's colours, which colour-blind people can tell apart; dashes help where there is no colour. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#aa4499"];
const DASHES = ["", "7 3", "2 2", "9 3 2 3"];

const PLOT_WIDTH = 460;
const PLOT_HEIGHT = 296;
/** Above a plot is room for as many notes as there are colours. */
const MARGIN = { top: 64, right: 18, bottom: 48, left: 62 };
const HEAD_HEIGHT = 84;
const INNER_WIDTH = PLOT_WIDTH - MARGIN.left - MARGIN.right;
const INNER_HEIGHT = PLOT_HEIGHT - MARGIN.top - MARGIN.bottom;
const COLUMNS = 2;
/** The width of a letter of small text, on average, and of a line of it, pixels. */
const LETTER_WIDTH = 6;
const LINE_HEIGHT = 13;

/** Draws a page, two plots to a row. */
export function drawPage({ title, subtitle, legend, plots }: Page): string {
  const columns = Math.min(COLUMNS, plots.length);
  const width = 40 + columns * PLOT_WIDTH;
  const height = HEAD_HEIGHT + Math.ceil(plots.length / COLUMNS) * PLOT_HEIGHT + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size="12" fill="#333">`,
    `<title>${escape(`${title}: ${subtitle}`)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="30" y="34" font-size="19" font-weight="bold" fill="#111">${escape(title)}</text>`,
    `<text x="30" y="54" fill="#555">${escape(subtitle)}</text>`,
    drawLegend(legend),
    ...plots.map((plot, i) => {
      const x = 20 + (i % COLUMNS) * PLOT_WIDTH;
      const y = HEAD_HEIGHT + Math.floor(i / COLUMNS) * PLOT_HEIGHT;
      return `<g transform="translate(${x} ${y})">${drawPlot(plot)}</g>`;
    }),
    "</svg>\n",
  ].join("\n");
}

function drawLegend(names: readonly string[]): string {
  let x = 30;
  return names.map((name, color) => {
    const entry = `<path d="M${x} 76h26" ${stroke(color)}/>` +
      `<text x="${x + 32}" y="80">${escape(name)}</text>`;
    x += 32 + 7 * name.length + 26;
    return entry;
  }).join("\n");
}

function drawPlot({ title, x, y, lines, dots = [], marks = [], notes = [] }: Plot): string {
  const bottom = MARGIN.top + INNER_HEIGHT;
  const right = MARGIN.left + INNER_WIDTH;
  const toX = scale(x, MARGIN.left, right);
  const toY = scale(y, bottom, MARGIN.top);
  const parts = [
    `<text x="${MARGIN.left}" y="${
      MARGIN.top - 10
    }" font-size="14" font-weight="bold" fill="#111">${escape(title)}</text>`,
  ];
  for (const tick of ticksOf(y)) {
    const at = round(toY(tick));
    parts.push(
      `<path d="M${MARGIN.left} ${at}H${right}" stroke="#e4e4e4"/>`,
      `<text x="${MARGIN.left - 7}" y="${at + 4}" text-anchor="end">${label(y, tick)}</text>`,
    );
  }
  for (const tick of ticksOf(x)) {
    const at = round(toX(tick));
    parts.push(
      `<path d="M${at} ${MARGIN.top}V${bottom}" stroke="#efefef"/>`,
      `<path d="M${at} ${bottom}v4" stroke="#888"/>`,
      `<text x="${at}" y="${bottom + 17}" text-anchor="middle">${label(x, tick)}</text>`,
    );
  }
  parts.push(
    `<path d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${right}" fill="none" stroke="#888"/>`,
    `<text x="${MARGIN.left + INNER_WIDTH / 2}" y="${
      bottom + 36
    }" text-anchor="middle" fill="#555">${escape(x.label)}</text>`,
    `<text transform="translate(14 ${
      MARGIN.top + INNER_HEIGHT / 2
    }) rotate(-90)" text-anchor="middle" fill="#555">${escape(y.label)}</text>`,
  );
  parts.push(...drawMarks(marks.map(({ x, text }) => ({ at: toX(x), text })), bottom));
  for (const { points, color } of lines) {
    if (points.length === 0) continue;
    const path = points.map(([px, py]) => `${round(toX(px))} ${round(toY(py))}`).join("L");
    parts.push(`<path d="M${path}" fill="none" ${stroke(color)}/>`);
  }
  for (const { at: [px, py], color } of dots) {
    parts.push(
      `<circle cx="${round(toX(px))}" cy="${round(toY(py))}" r="4" fill="${
        COLORS[color]
      }" stroke="#fff" stroke-width="1.5"/>`,
    );
  }
  for (const [i, { text, color }] of notes.entries()) {
    const at = MARGIN.top - 10 - LINE_HEIGHT * (notes.length - 1 - i);
    parts.push(
      `<text x="${right}" y="${at}" text-anchor="end" font-size="11" fill="${COLORS[color]}">${
        escape(text)
      }</text>`,
    );
  }
  return parts.join("\n");
}

/** Vertical lines with a word each; a word that would stand on another one goes below it. */
function drawMarks(marks: readonly { at: number; text: string }[], bottom: number): string[] {
  const rowEnds: number[] = [];
  return [...marks].sort((a, b) => a.at - b.at).flatMap(({ at, text }) => {
    const free = rowEnds.findIndex((end) => end < at);
    const row = free < 0 ? rowEnds.length : free;
    rowEnds[row] = at + LETTER_WIDTH * text.length + 8;
    const x = round(at);
    return [
      `<path d="M${x} ${MARGIN.top}V${bottom}" stroke="#999" stroke-dasharray="3 3"/>`,
      `<text x="${x + 4}" y="${MARGIN.top + 11 + LINE_HEIGHT * row}" font-size="11" fill="#666">${
        escape(text)
      }</text>`,
    ];
  });
}

function stroke(color: number): string {
  const dash = DASHES[color] === "" ? "" : ` stroke-dasharray="${DASHES[color]}"`;
  return `stroke="${COLORS[color]}" stroke-width="2" stroke-linejoin="round"${dash}`;
}

/** Maps the values of an axis to pixels; what is outside goes to the edge. */
function scale({ min, max, log }: Axis, from: number, to: number): (value: number) => number {
  const f = log ? Math.log : (value: number) => value;
  const span = f(max) - f(min);
  return (value) => {
    const share = (f(Math.min(max, Math.max(min, value))) - f(min)) / span;
    return from + share * (to - from);
  };
}

/** About five round values; on a logarithmic axis powers of ten. */
function ticksOf({ min, max, log }: Axis): number[] {
  const ticks = [];
  if (log) {
    for (let tick = 10 ** Math.ceil(Math.log10(min)); tick <= max * 1.001; tick *= 10) {
      ticks.push(tick);
    }
    return ticks;
  }
  const step = roundStep((max - min) / 5);
  for (let i = Math.ceil(min / step); i * step <= max * 1.001; i++) ticks.push(i * step);
  return ticks;
}

/** The end of an axis: the next round value from a maximum. */
export function roundUp(max: number): number {
  const step = roundStep(max / 5);
  return Math.ceil(max / step) * step;
}

/** A step of 1, 2 or 5 times a power of ten that is not smaller. */
function roundStep(step: number): number {
  if (!(step > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(step));
  return (([1, 2, 5] as const).find((factor) => factor * power >= step * 0.999) ?? 10) * power;
}

function label({ format = (value) => String(round(value)) }: Axis, value: number): string {
  return escape(format(value));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
