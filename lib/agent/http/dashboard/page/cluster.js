/**
 * The cluster as the agent sees it, kept up to date: the stream brings events and says when to read the rest.
 *
 * @module
 */

import { ApiError, call, followEvents, read } from "./api.js";
import { sample } from "./health_samples.js";

/** How often the agent's own figures are read. Their index also tells of changes that are no events. */
const POLL_MS = 2_000;
/** How often coordinates are read: they move slowly. */
const COORDINATES_MS = 10_000;
/** How long after the end of a stream the next one is tried. */
const RETRY_MS = 2_000;
/** Reading takes at most this part of the time, so that large clusters load neither the agent nor the page. */
const READING_SHARE = 0.1;
/** The events that are kept: more than the ring of the agent has. */
const MAX_EVENTS = 5_000;
/** The samples that are kept for charts: an hour. */
const MAX_SAMPLES = 1_800;

/**
 * @typedef {object} ClusterEvent
 * @property {string} id
 * @property {string} type a type of event, or `gap`
 * @property {number} timeMs
 * @property {any} data as the stream has it
 * @property {{acks: number, answers: number}} [answered] what has come back, if this page has asked the query
 */

/** What all views show. */
export class Cluster {
  /** The node whose view this is. */
  node = "";
  /** @type {"connecting" | "live" | "lost" | "token"} */
  state = "connecting";
  /** Why it is not live, and since when. */
  reason = "";
  sinceMs = Date.now();
  /** @type {any[]} */
  members = [];
  /** @type {Map<string, any>} */
  coordinates = new Map();
  /** @type {ClusterEvent[]} the oldest first; the array stays the same, and `eventCount` grows */
  events = [];
  eventCount = 0;
  /** What `/v1/agent/self` says. */
  self = undefined;
  /** The latest figures of the agent, the oldest first. @type {import("./health_samples.js").Sample[]} */
  samples = [];
  /** The query that this page has asked last. @type {import("./query.js").Asked | undefined} */
  asked = undefined;
  #listeners = new Set();
  #cursor = "";
  #index = "";
  /** Queries of this page that the stream has not brought. @type {Set<ClusterEvent>} */
  #unseen = new Set();
  #drawing = false;
  #wakeUp = () => {};
  #readMembers = paced(() => this.#loadMembers());
  #readCoordinates = paced(() => this.#loadCoordinates(), COORDINATES_MS);

  /**
   * Calls `listener` before the next frame after a change.
   *
   * @param {() => void} listener
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the agent for ever. */
  run() {
    this.#follow();
    this.#poll();
  }

  /**
   * Shows a query of this page among the events. Filters may keep it from the agent itself, which then has no event.
   *
   * @param {{name: string, payload: string | null}} query
   */
  startQuery({ name, payload }) {
    const answered = { acks: 0, answers: 0 };
    const data = { Name: name, Payload: payload, SourceNode: this.node };
    const event = {
      id: `own-${this.eventCount}`,
      type: "query",
      timeMs: Date.now(),
      data,
      answered,
    };
    this.#unseen.add(event);
    this.#addEvent(event);
    return event;
  }

  /** Says that a query of this page is over. @param {ClusterEvent} event */
  endQuery(event) {
    this.#unseen.delete(event);
    this.changed();
  }

  /** Tries again at once, for instance with another token. */
  retry() {
    this.#wakeUp();
  }

  /** Says that something has changed here. */
  changed() {
    if (this.#drawing) return;
    this.#drawing = true;
    // A page that nobody sees gets no frames, but has to say that it is live when it is looked at.
    const schedule = document.hidden ? (draw) => setTimeout(draw, 1_000) : requestAnimationFrame;
    schedule(() => {
      this.#drawing = false;
      for (const listener of this.#listeners) listener();
    });
  }

  async #follow() {
    for (;;) {
      try {
        const after = encodeURIComponent(this.#cursor || "oldest");
        await followEvents(`v1/stream?after=${after}`, (event) => this.#receive(event));
        this.#lose(new Error("The agent has closed the stream"));
      } catch (error) {
        this.#lose(error);
      }
      await new Promise((resolve) => {
        this.#wakeUp = resolve;
        // The same token again would only be refused again.
        if (this.state !== "token") setTimeout(resolve, RETRY_MS);
      });
    }
  }

  #lose(error) {
    const isToken = error instanceof ApiError && [401, 403].includes(error.status);
    if (this.state === "live") this.sinceMs = Date.now();
    this.state = isToken ? "token" : "lost";
    this.reason = error instanceof ApiError ? error.message : "";
    this.changed();
  }

  #receive({ id = "", event: type = "", data: text }) {
    this.#cursor = id || this.#cursor;
    if (text === "") return;
    const data = JSON.parse(text);
    if (type === "start") {
      this.node = data.Node;
      document.title = `${data.Node} · Serf`;
      this.state = "live";
      this.reason = "";
      this.sinceMs = Date.now();
      this.#refresh();
    } else {
      const timeMs = data.Time === undefined ? Date.now() : Date.parse(data.Time);
      if (!this.#isOwn(type, data)) this.#addEvent({ id, type, timeMs, data });
      if (type.startsWith("member-")) this.#readMembers();
    }
    this.changed();
  }

  #addEvent(event) {
    this.events.push(event);
    this.eventCount++;
    if (this.events.length > MAX_EVENTS * 1.1) this.events.splice(0, MAX_EVENTS * 0.1);
    this.changed();
  }

  /** Whether it is a query that is shown already. */
  #isOwn(type, { Name, SourceNode }) {
    if (type !== "query" || SourceNode !== this.node) return false;
    const own = [...this.#unseen].find(({ data }) => data.Name === Name);
    return own !== undefined && this.#unseen.delete(own);
  }

  async #poll() {
    for (;;) {
      if (this.state === "live") await this.#refresh();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #refresh() {
    try {
      const { value, index } = await read("v1/agent/self");
      this.self = value;
      const metrics = await (await call("GET", "metrics")).text();
      this.samples = [...this.samples.slice(1 - MAX_SAMPLES), sample(value.Stats.serf, metrics)];
      if (index !== this.#index) this.#readMembers();
      this.#readCoordinates();
      this.changed();
    } catch {
      // The stream says whether the agent is there.
    }
  }

  async #loadMembers() {
    const { value, index } = await read("v1/agent/members");
    this.members = value;
    this.#index = index ?? "";
    this.changed();
  }

  async #loadCoordinates() {
    const { value } = await read("v1/coordinate/nodes");
    const known = new Set(this.members.map(({ Name }) => Name));
    const kept = [...this.coordinates].filter(([name]) => known.has(name));
    this.coordinates = new Map([...kept, ...value.map(({ Node, Coord }) => [Node, Coord])]);
    this.changed();
  }
}

/**
 * A function that runs `step`, again afterwards if it was called meanwhile, and rests in between according to how long
 * it took.
 *
 * @param {() => Promise<void>} step
 */
function paced(step, minRestMs = 0) {
  let running = false;
  let again = false;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      const start = performance.now();
      await step().catch(() => {});
      const restMs = Math.max(minRestMs, (performance.now() - start) / READING_SHARE);
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    running = false;
  };
}
