/**
 * The dashboard: a head that says whose view this is and whether it is live, and one view below it.
 *
 * @module
 */

import { html, render, useEffect, useReducer, useState } from "htm/preact/standalone";
import { setToken, token } from "./api.js";
import { Cluster } from "./cluster.js";
import { time } from "./format.js";
import { ConsoleView } from "./console_view.js";
import { HealthView } from "./health_view.js";
import { MapView } from "./map_view.js";
import { MembersView } from "./members_view.js";
import { TimelineView } from "./timeline_view.js";

/** The views by the fragment of the address. */
const VIEWS = {
  members: { title: "Members", view: MembersView },
  map: { title: "Map", view: MapView },
  timeline: { title: "Timeline", view: TimelineView },
  health: { title: "Health", view: HealthView },
  console: { title: "Console", view: ConsoleView },
};

function App({ cluster }) {
  const [, redraw] = useReducer((count) => count + 1, 0);
  const [view, setView] = useState(currentView());
  const [notice, setNotice] = useState("");
  useEffect(() => cluster.subscribe(redraw), []);
  useEffect(() => {
    const follow = () => {
      setView(currentView());
      setNotice("");
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  /** Does what the user has asked for, and says how it went. */
  const act = async (what, step) => {
    setNotice(`${what} …`);
    try {
      await step();
      setNotice(`${what}: done`);
    } catch (error) {
      setNotice(`${what}: ${error.message}`);
    }
  };
  const { title, view: View } = VIEWS[view];
  return html`
    <header>
      <h1>Serf</h1>
      <${Connection} cluster=${cluster} />
      <${Token} cluster=${cluster} />
      <nav aria-label="Views">
        ${Object.entries(VIEWS).map(([name, { title }]) =>
          html`
            <a href="#${name}" aria-current=${name === view ? "page" : undefined}>${title}</a>
          `
        )}
      </nav>
    </header>
    <main>
      <h2>${title} <small>as seen by ${cluster.node || "…"}</small></h2>
      <p class="notice" role="status" hidden=${notice === ""}>
        ${notice} <button onClick=${() => setNotice("")} aria-label="Dismiss">×</button>
      </p>
      <${View} cluster=${cluster} act=${act} key=${view} />
    </main>
  `;
}

function currentView() {
  const name = location.hash.slice(1);
  return Object.hasOwn(VIEWS, name) ? name : Object.keys(VIEWS)[0];
}

function Connection({ cluster: { state, reason, sinceMs } }) {
  const texts = {
    connecting: "connecting …",
    live: "live",
    lost: `not live since ${time(sinceMs)}, reconnecting …`,
    token: "not live: the agent wants a token",
  };
  return html`
    <p class="connection ${state}" role="status">
      ${texts[state]} ${state !== "live" && reason !== "" && html`<small>${reason}</small>`}
    </p>
  `;
}

function Token({ cluster }) {
  const [isSet, setIsSet] = useState(token() !== "");
  const save = (event) => {
    event.preventDefault();
    const { value } = event.target.elements.token;
    setToken(isSet ? "" : value.trim());
    setIsSet(!isSet && value.trim() !== "");
    cluster.retry();
  };
  return html`
    <form class="token" onSubmit=${save}>
      ${isSet
        ? ""
        : html`<label>Token <input type="password" name="token" autocomplete="off" /></label>`}
      <button>${isSet ? "Forget token" : "Use"}</button>
    </form>
  `;
}

const cluster = new Cluster();
cluster.run();
render(html`<${App} cluster=${cluster} />`, document.getElementById("app"));
