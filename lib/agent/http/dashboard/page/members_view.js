/**
 * All members: filtered, sorted, one of them in detail; and what can be done to them.
 *
 * @module
 */

import { html, useMemo, useState } from "htm/preact/standalone";
import { call } from "./api.js";
import { roundTripMs } from "./coordinates.js";
import { age, milliseconds, tagText, time } from "./format.js";
import { useNarrow, VirtualList } from "./virtual_list.js";

const STATUSES = ["alive", "leaving", "left", "failed"];

/** What is compared, and from what state of things. */
const COLUMNS = {
  Name: { title: "Name", key: ({ Name }) => Name },
  Status: { title: "Status", key: ({ Status }) => STATUSES.toReversed().indexOf(Status) },
  Addr: { title: "Address", key: ({ Addr, Port }) => `${Addr}:${Port}` },
  Tags: { title: "Tags", key: ({ tags }) => tags },
  RTT: { title: "RTT", key: ({ rtt }) => rtt ?? Infinity },
  Since: { title: "Since", key: ({ Since }) => -Date.parse(Since) },
};

/** The view. */
export function MembersView({ cluster, act }) {
  const [filter, setFilter] = useState({ text: "", status: "" });
  const [sort, setSort] = useState({ column: "Name", down: false });
  const [selected, setSelected] = useState("");
  const narrow = useNarrow();
  const { members, coordinates, node } = cluster;
  const all = useMemo(() => {
    const here = coordinates.get(node);
    return members.map((member) => {
      const tags = tagText(member.Tags);
      const found = `${member.Name} ${member.Addr}:${member.Port} ${tags}`.toLowerCase();
      const rtt = member.Name === node
        ? undefined
        : roundTripMs(here, coordinates.get(member.Name));
      return { ...member, tags, found, rtt };
    });
  }, [members, coordinates, node]);
  const rows = useMemo(() => {
    const words = filter.text.toLowerCase().split(/\s+/);
    const matching = all.filter(({ found, Status }) =>
      (filter.status === "" || filter.status === Status) &&
      words.every((word) => found.includes(word))
    );
    return sortBy(matching, sort);
  }, [all, filter, sort]);
  const chosen = all.find(({ Name }) => Name === selected);
  const header = html`
    <div class="row head" role="row" aria-rowindex="1">
      ${Object.entries(COLUMNS).map(([column, { title }]) => {
        const isSorted = sort.column === column;
        const order = !isSorted ? "none" : sort.down ? "descending" : "ascending";
        return html`
          <div role="columnheader" aria-sort=${order} class=${column}>
            <button onClick=${() => setSort({ column, down: isSorted && !sort.down })}>
              ${title}<span aria-hidden="true">${isSorted ? (sort.down ? " ▾" : " ▴") : ""}</span>
            </button>
          </div>
        `;
      })}
    </div>
  `;
  const row = (member, index) =>
    html`
      <div class="row ${member.Name === selected ? "selected" : ""}" role="row" key=${member
        .Name} data-name=${member.Name}
        aria-rowindex=${index + 2}>
        <div role="cell" class="Name">
          <button aria-expanded=${member.Name === selected} aria-controls="member"
            onClick=${() => setSelected(member.Name === selected ? "" : member.Name)}>${member
              .Name}</button>
        </div>
        <div role="cell" class="Status"><span class="status ${member.Status}">${member
          .Status}</span></div>
        <div role="cell" class="Addr">${member.Addr}:${member.Port}</div>
        <div role="cell" class="Tags">${member.tags}</div>
        <div role="cell" class="RTT">${milliseconds(member.rtt)}</div>
        <div role="cell" class="Since">${age(Date.parse(member.Since))}</div>
      </div>
    `;
  return html`
    <form class="bar" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label>Filter <input type="search" value=${filter
        .text} placeholder="name, address or tag=value"
        onInput=${(event) => setFilter({ ...filter, text: event.target.value })} /></label>
      <label>Status <select value=${filter.status}
        onChange=${(event) => setFilter({ ...filter, status: event.target.value })}>
        <option value="">all</option>
        ${STATUSES.map((status) => html`<option value=${status}>${status}</option>`)}
      </select></label>
      <span role="status">${rows.length} of ${members.length}</span>
    </form>
    <${VirtualList} items=${rows} row=${row} header=${header} label="Members"
      columns=${Object.keys(COLUMNS).length} rowHeight=${narrow ? 64 : 36} />
    <section id="member" aria-live="polite">
      ${chosen && html`<${Details} member=${chosen} self=${node} act=${act} />`}
    </section>
    <${Join} act=${act} />
  `;
}

function sortBy(members, { column, down }) {
  const { key } = COLUMNS[column];
  const keyed = members.map((member) => ({ member, key: key(member) }));
  const sign = down ? -1 : 1;
  keyed.sort((a, b) => a.key < b.key ? -sign : a.key > b.key ? sign : 0);
  return keyed.map(({ member }) => member);
}

function Details({ member, self, act }) {
  const { Name, Status, Addr, Port, Since, ProtocolCur, DelegateCur, Tags, rtt } = member;
  const forceLeave = (prune) => () => {
    const what = prune
      ? `Declare that ${Name} has left, and forget it`
      : `Declare that ${Name} has left`;
    if (!confirm(`${what}?`)) return;
    const path = `v1/agent/force-leave/${encodeURIComponent(Name)}${prune ? "?prune" : ""}`;
    act(`Force-leave of ${Name}`, () => call("PUT", path));
  };
  return html`
    <h3>${Name}</h3>
    <dl>
      <dt>Status</dt>
      <dd><span class="status ${Status}">${Status}</span> since ${time(Date.parse(Since))}</dd>
      <dt>Address</dt><dd>${Addr}:${Port}</dd>
      <dt>RTT</dt><dd>${milliseconds(rtt)}</dd>
      <dt>Protocol</dt><dd>${ProtocolCur}, delegate ${DelegateCur}</dd>
      ${Object.entries(Tags).map(([tag, value]) =>
        html`
          <dt>${tag}</dt>
          <dd>${value}</dd>
        `
      )}
    </dl>
    ${Name === self ? html`<${OwnTags} key=${Name} tags=${Tags} act=${act} />` : html`
      <p>
        <button onClick=${forceLeave(false)}>Force leave</button>${" "}
        <button onClick=${forceLeave(true)}>Force leave and forget</button>
      </p>
    `}
  `;
}

function Join({ act }) {
  const join = (event) => {
    event.preventDefault();
    const { address, replay } = event.target.elements;
    const path = `v1/agent/join/${encodeURIComponent(address.value)}${
      replay.checked ? "?replay" : ""
    }`;
    act(`Join of ${address.value}`, () => call("PUT", path));
  };
  return html`
    <form class="bar join" onSubmit=${join}>
      <label>Join <input name="address" required placeholder="host or host:port" /></label>
      <label><input type="checkbox" name="replay" /> with earlier events</label>
      <button>Join</button>
    </form>
  `;
}

/** The tags of the agent's own node, one a line; nobody can set those of others. */
function OwnTags({ tags, act }) {
  const save = (event) => {
    event.preventDefault();
    const lines = event.target.elements.tags.value.split("\n").filter((line) => line.trim() !== "");
    const pairs = lines.map((
      line,
    ) => [line.split("=", 1)[0].trim(), line.slice(line.indexOf("=") + 1)]);
    const body = JSON.stringify(Object.fromEntries(pairs));
    act("Change of tags", async () => {
      const bad = lines.find((line) => line.indexOf("=") < 1);
      if (bad !== undefined) throw new Error(`got "${bad}", expected NAME=VALUE`);
      await call("PUT", "v1/agent/tags", { body });
    });
  };
  const lines = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return html`
    <form onSubmit=${save}>
      <label>Tags, one a line
        <textarea name="tags" rows=${lines.length + 2} spellcheck="false"
          placeholder="role=web">${lines.join("\n")}</textarea></label>
      <button>Save tags</button>
    </form>
  `;
}
