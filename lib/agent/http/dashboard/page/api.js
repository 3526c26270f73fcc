/**
 * Requests to the agent that has served this page.
 *
 * @module
 */

import { createParser } from "eventsource-parser";

const TOKEN_KEY = "serf-token";

/** A stream that is silent for this long is dead: the agent sends a sign of life every 15 s. */
const SILENCE_MS = 40_000;

/** What the agent has answered instead of a success. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The token that is sent with every request; empty if there is none. It is forgotten with the tab. */
export function token() {
  return sessionStorage.getItem(TOKEN_KEY) ?? "";
}

/** @param {string} text */
export function setToken(text) {
  if (text === "") sessionStorage.removeItem(TOKEN_KEY);
  else sessionStorage.setItem(TOKEN_KEY, text);
}

/**
 * Sends a request. Throws an {@link ApiError} unless it succeeds.
 *
 * @param {string} method
 * @param {string} path relative to the page, as in `v1/agent/self`
 * @param {{body?: BodyInit, signal?: AbortSignal}} [options]
 */
export async function call(method, path, { body, signal } = {}) {
  const headers = token() === "" ? undefined : { authorization: `Bearer ${token()}` };
  const response = await fetch(path, { method, headers, body, signal, cache: "no-store" });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(response.status, problem.detail ?? `${response.status}`);
}

/**
 * Reads JSON, and the index of what was read.
 *
 * @param {string} path
 */
export async function read(path) {
  const response = await call("GET", path);
  return { value: await response.json(), index: response.headers.get("x-serf-index") };
}

/**
 * Follows a stream of Server-Sent Events until it ends or falls silent. `EventSource` cannot send a token.
 *
 * @param {string} path
 * @param {(event: {id?: string, event?: string, data: string}) => void} onEvent
 */
export async function followEvents(path, onEvent) {
  const silence = new AbortController();
  const giveUp = () => silence.abort(new Error("The agent is silent"));
  let timer = setTimeout(giveUp, SILENCE_MS);
  try {
    const response = await call("GET", path, { signal: silence.signal });
    const parser = createParser({ onEvent });
    for await (const text of texts(response)) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE_MS);
      parser.feed(text);
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The lines of an answer as they come, each of them JSON.
 *
 * @param {Response} response
 */
export async function* readLines(response) {
  let rest = "";
  for await (const text of texts(response)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}

/** @param {Response} response */
async function* texts(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
