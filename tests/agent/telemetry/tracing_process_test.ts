/** The spans of agents that are run with Deno's OpenTelemetry, as a collector gets them. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Agent } from "../../support/agent.ts";
import { bundleMain } from "../../support/our_builds.ts";
import { until } from "../../support/until.ts";
import { vacantPort } from "../../support/vacant_port.ts";

/** A span in OTLP's JSON, as far as it is looked at. */
interface Span {
  readonly name: string;
  readonly parentSpanId: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: Readonly<Record<string, unknown>>;
  }[];
  readonly status: { readonly code: number; readonly message: string };
}

interface Traces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly Span[];
    }[];
  }[];
}

const OK = 0;
const ERROR = 2;

/** Takes what Deno exports. */
class Collector implements AsyncDisposable {
  /** The spans of Serf. */
  readonly spans: Span[] = [];
  /** All requests about traces. */
  text = "";
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => this.#take(request),
  );

  /** The variables with which Deno exports to it. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "100",
    };
  }

  /** Waits for a span with a name and at least these attributes. */
  async span(name: string, wanted: Readonly<Record<string, unknown>>): Promise<Span> {
    let found: Span | undefined;
    await until(() => {
      found = this.spans.find((span) => {
        const attributes = attributesOf(span);
        return span.name === name &&
          Object.entries(wanted).every(([key, value]) => attributes[key] === value);
      });
      return found !== undefined;
    }, {
      what: `a span ${name} ${JSON.stringify(wanted)} has come`,
      detail: () => JSON.stringify(this.spans.map((span) => [span.name, attributesOf(span)])),
    });
    return found!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const text = await request.text();
    if (new URL(request.url).pathname === "/v1/traces") {
      this.text += text;
      const { resourceSpans }: Traces = JSON.parse(text);
      this.spans.push(
        ...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)
          .filter(({ scope }) => scope.name === "serf").flatMap(({ spans }) => spans),
      );
    }
    return Response.json({});
  }
}

function attributesOf({ attributes }: Span): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

// An executable has the settings of OpenTelemetry with which it was compiled.
for (const ours of ["ours", "our bundle"] as const) {
  Deno.test(`an agent exports spans of joins, state exchanges, queries and handlers (${ours})`, async () => {
    await using collector = new Collector();
    const handlers = ["query:load=echo answer-text", "user:deploy=exit 3"];
    await using traced = await Agent.start(ours, {
      name: "traced",
      env: collector.env,
      args: handlers.map((handler) => `-event-handler=${handler}`),
    });
    await using other = await Agent.start(ours, { name: "other" });
    await using client = await traced.rpc();

    await client.join([other.address]);
    const join = await collector.span("serf.join", { "serf.join.addresses": other.address });
    assertEquals(join.status.code, OK);
    assertEquals(attributesOf(join)["serf.join.reached"], 1);
    const begun = await collector.span("serf.state_exchange", {
      "network.peer.address": other.ip,
      "serf.exchange.role": "dialler",
      "serf.exchange.join": true,
    });
    assertEquals([begun.status.code, begun.parentSpanId], [OK, ""]);
    assertEquals(attributesOf(begun)["serf.exchange.answer_nodes"], 1);

    const vacant = `127.0.0.1:${vacantPort()}`;
    await assertRejects(() => client.join([vacant]));
    const failed = await collector.span("serf.join", { "serf.join.addresses": vacant });
    assertEquals(failed.status.code, ERROR);
    const refused = await collector.span("serf.state_exchange", {
      "network.peer.address": "127.0.0.1",
    });
    assertEquals(refused.status.code, ERROR);
    assert(refused.status.message.includes("connection refused"), refused.status.message);

    await using otherClient = await other.rpc();
    await otherClient.join([traced.address]);
    const accepted = await collector.span("serf.state_exchange", {
      "serf.exchange.role": "server",
    });
    assertEquals(accepted.status.code, OK);

    const query = await client.query("load", "question-text", {
      nodes: ["traced"],
      requestAck: true,
    });
    const { responses } = await query.collect();
    assertEquals(responses.map(({ from }) => from), ["traced"]);
    const asked = await collector.span("serf.query", { "serf.query.name": "load" });
    assertEquals(asked.status.code, OK);
    const { "serf.query.acks": acks, "serf.query.responses": answers } = attributesOf(asked);
    assertEquals([acks, answers], [1, 1]);
    const handled = await collector.span("serf.handler", { "serf.event.name": "load" });
    assertEquals([handled.status.code, handled.parentSpanId], [OK, ""]);

    await assertRejects(() => client.query("large", "x".repeat(10_000)));
    const large = await collector.span("serf.query", { "serf.query.name": "large" });
    assertEquals(large.status.code, ERROR);

    await client.userEvent("deploy", "event-text");
    const broken = await collector.span("serf.handler", { "serf.event.name": "deploy" });
    assertEquals(broken.status, { code: ERROR, message: "exit status 3" });

    for (const secret of ["answer-text", "question-text", "event-text", "exit 3"]) {
      assert(!collector.text.includes(secret), `${secret} was exported`);
    }
  });
}

/** A chunk of the bundle, and all that is loaded with it. */
function loadedWith(directory: URL, start: string): string {
  const names = new Set([start]);
  let text = "";
  for (const name of names) {
    const chunk = Deno.readTextFileSync(new URL(name, directory));
    text += chunk;
    for (const [, next] of chunk.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) names.add(next);
  }
  return text;
}

Deno.test("the bundle keeps OpenTelemetry apart from what an agent without it loads", () => {
  const main = new URL(`file://${bundleMain()}`);
  const directory = new URL("./", main);
  const chunks = [...Deno.readDirSync(directory)].map(({ name }) => name);
  const containing = (text: string) =>
    chunks.filter((name) => Deno.readTextFileSync(new URL(name, directory)).includes(text));
  // A text of the package, and one of ours in the agent's process.
  const telemetry = containing("duplicate registration of API");
  const agents = containing("Serf agent running!");
  assertEquals([telemetry.length, agents.length], [1, 1]);
  for (const chunk of ["main.js", ...agents]) {
    assert(!loadedWith(directory, chunk).includes("duplicate registration of API"), chunk);
  }
});
