/**
 * Asking a query, and what comes back.
 *
 * @module
 */

import { call, readLines } from "./api.js";

/** The longest payload of an answer that is kept; longer ones are cut. */
const MAX_PAYLOAD = 4_096;

/**
 * @typedef {object} Question
 * @property {string} name
 * @property {string} payload
 * @property {string[]} nodes the members that are asked; none for all
 * @property {string} tag `NAME=EXPRESSION`, or empty
 * @property {boolean} ack
 * @property {string} timeout as in `10s`, or empty
 */

/** A query that was asked. */
export class Asked {
  /** Who has acknowledged it, and after how many milliseconds. @type {Map<string, number>} */
  acks = new Map();
  /** Who has answered it. @type {Map<string, {ms: number, payload: string | null}>} */
  answers = new Map();
  /** Whether answers may still come. */
  isOpen = true;
  /** @type {string[]} */
  expected;

  /**
   * @param {Question} question
   * @param {readonly any[]} members
   */
  constructor(question, members) {
    this.question = question;
    this.expected = members.filter((member) => isAsked(question, member)).map(({ Name }) => Name);
  }

  /** Who has not been heard of. */
  get missing() {
    return this.expected.filter((name) => !this.answers.has(name));
  }

  /** Asks it. Resolves when it is over. Throws an `ApiError`. */
  async run(cluster) {
    const { name, payload, nodes, tag, ack, timeout } = this.question;
    const options = new URLSearchParams();
    for (const node of nodes) options.append("node", node);
    if (tag !== "") options.set("tag", tag);
    if (ack) options.set("ack", "true");
    if (timeout !== "") options.set("timeout", timeout);
    const event = cluster.startQuery({ name, payload: payload === "" ? null : encode(payload) });
    const start = performance.now();
    try {
      const path = `v1/query/${encodeURIComponent(name)}?${options}`;
      const response = await call("POST", path, { body: payload });
      for await (const { Type, From, Payload } of readLines(response)) {
        const ms = performance.now() - start;
        if (Type === "ack") this.acks.set(From, ms);
        if (Type === "response") {
          this.answers.set(From, { ms, payload: Payload?.slice(0, MAX_PAYLOAD) ?? null });
        }
        event.answered = { acks: this.acks.size, answers: this.answers.size };
        cluster.changed();
      }
    } finally {
      this.isOpen = false;
      cluster.endQuery(event);
    }
  }
}

/** Whether a member is expected to answer: it lives, and no filter keeps the question from it. */
function isAsked({ nodes, tag }, { Name, Status, Tags }) {
  if (Status !== "alive" || nodes.length > 0 && !nodes.includes(Name)) return false;
  if (tag === "") return true;
  const at = tag.indexOf("=");
  try {
    return new RegExp(tag.slice(at + 1)).test(Tags[tag.slice(0, at)] ?? "");
  } catch {
    return true; // Members read the expression as RE2, which knows more or less than this browser.
  }
}

function encode(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
