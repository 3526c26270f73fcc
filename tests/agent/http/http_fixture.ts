/** The HTTP API of an agent without a cluster, without a socket. */

import { assertEquals } from "@std/assert";
import { AccessControl } from "../../../lib/agent/http/access.ts";
import { createApp } from "../../../lib/agent/http/app.ts";
import { EventRing } from "../../../lib/agent/http/events/event_ring.ts";
import { EventStreams } from "../../../lib/agent/http/events/event_stream.ts";
import type { HttpAgent } from "../../../lib/agent/http/http_agent.ts";
import { PrometheusRegistry } from "../../../lib/agent/telemetry/prometheus_registry.ts";
import { MembersView } from "../../../lib/agent/http/members_view.ts";
import type { SuspicionInfo } from "../../../lib/swim/state/suspicion.ts";
import { FakeAgent } from "../../rpc/client/fake_agent.ts";

/** The token that the fixture asks for. */
export const TOKEN = "correct-horse";

class NamedAgent extends FakeAgent implements HttpAgent {
  readonly name = "alpha";
  readonly gossipBudget = 3;
  suspected: SuspicionInfo[] = [];

  suspicions(): SuspicionInfo[] {
    return this.suspected;
  }
}

/** How the API is set up; like that of an agent on a loopback address unless told otherwise. */
interface FixtureOptions {
  readonly token?: string;
  readonly local?: boolean;
  readonly wantsToJoin?: boolean;
  /** How many events the ring keeps. */
  readonly events?: number;
}

/** The API, and the agent behind it. */
export class HttpFixture implements Disposable {
  readonly agent: NamedAgent = new NamedAgent();
  readonly log: string[] = [];
  readonly ring: EventRing;
  readonly registry = new PrometheusRegistry("serf_agent");
  readonly #parts = new DisposableStack();
  readonly #app: ReturnType<typeof createApp>;

  constructor(options: FixtureOptions = {}) {
    const { token = TOKEN, local = true, wantsToJoin = false, events: kept } = options;
    const { agent } = this;
    const events = this.ring = new EventRing({ events: kept });
    const streams = this.#parts.use(new EventStreams(events, agent.name));
    const members = this.#parts.use(new MembersView(agent));
    agent.subscribe((event) => {
      events.push(event);
      streams.wake();
    });
    const log = (level: string, text: string) => void this.log.push(`${level} ${text}`);
    const access = new AccessControl({
      token: token || undefined,
      local,
      hosts: ["serf.example"],
      log,
      failedAuthDelayMs: 1,
    });
    const { registry } = this;
    const api = { agent, members, events, streams, registry, wantsToJoin, log };
    this.#app = createApp(api, access);
  }

  /** Sends a request with the token. */
  async request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${TOKEN}`);
    return await this.anonymous(method, path, { ...init, headers });
  }

  /** Sends a request without the token. */
  async anonymous(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", "127.0.0.1:7380");
    return await this.#app.request(`http://127.0.0.1:7380${path}`, { ...init, method, headers });
  }

  /** The JSON that a request is answered with, which must be a success. */
  async json(method: string, path: string, body?: BodyInit): Promise<unknown> {
    const response = await this.request(method, path, { body });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return await response.json();
  }

  [Symbol.dispose](): void {
    this.#parts.dispose();
  }
}

/** The status and the detail of an error. */
export async function problem(answer: Promise<Response>): Promise<[number, string]> {
  const response = await answer;
  const body = await response.json();
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  assertEquals(body.status, response.status);
  return [response.status, body.detail];
}
