/**
 * A list of which only the rows in sight are in the document.
 *
 * @module
 */

import { html, useLayoutEffect, useRef, useState } from "htm/preact/standalone";

/** Rows beyond the edges, for the keyboard and for fast scrolling. */
const MARGIN = 6;

/**
 * All rows are equally high: `rowHeight` pixels. `row(item, index)` makes one, with the role `row`; `header` is the row
 * above them.
 */
export function VirtualList({ items, row, rowHeight, label, header, columns }) {
  const list = useRef(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const look = () => {
    const { scrollTop: top, clientHeight: height } = list.current;
    if (top !== view.top || height !== view.height) setView({ top, height });
  };
  useLayoutEffect(look);
  const start = Math.max(0, Math.floor(view.top / rowHeight) - MARGIN);
  const end = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + MARGIN);
  const shown = items.slice(start, end);
  return html`
    <div class="list" role="table" aria-label=${label} aria-rowcount=${items.length + 1}
      aria-colcount=${columns}>
      ${header}
      <div class="rows" role="rowgroup" tabindex="0" aria-label=${label} ref=${list} onScroll=${look}>
        <div role="presentation" class="all" style=${{ height: `${items.length * rowHeight}px` }}>
          <div role="presentation" class="shown" style=${{
            transform: `translateY(${start * rowHeight}px)`,
          }}>
            ${shown.map((item, i) => row(item, start + i))}
          </div>
        </div>
      </div>
    </div>
  `;
}

/** Whether the window is narrow, in which case rows have two lines. */
export function useNarrow() {
  const query = globalThis.matchMedia("(max-width: 44rem)");
  const [narrow, setNarrow] = useState(query.matches);
  useLayoutEffect(() => {
    const look = () => setNarrow(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return narrow;
}
