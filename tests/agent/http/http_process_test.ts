import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Agent } from "../../support/agent.ts";
import { authority, certificatePath } from "../../support/certificates.ts";
import { hasProgram } from "../../support/has_program.ts";
import { localAddress } from "../../support/local_addresses.ts";
import { eachBuildTest } from "../../support/our_builds.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { until } from "../../support/until.ts";

/** Where the HTTP APIs of all tests listen. */
const HTTP_PORT = 17380;
const TOKEN = "correct-horse";

const documentation = new URL("../../../lib/agent/http/README.md", import.meta.url);

const hasCurl = hasProgram("curl");

/** Reads a stream of events until one has a text in it. */
async function readUntil(response: Response, text: string): Promise<string> {
  let seen = "";
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    seen += part;
    if (seen.includes(text)) return seen;
  }
  throw new Error(`The stream ended before "${text}":\n${seen}`);
}

eachBuildTest("an agent serves the HTTP API until it leaves by it", async (ours) => {
  using directory = new TemporaryDirectory();
  directory.write({ token: `${TOKEN}\n` });
  const ip = localAddress();
  const url = `http://${ip}:${HTTP_PORT}`;
  await using agent = await Agent.start(ours, {
    name: "served",
    ip,
    args: [`-http-addr=${ip}:${HTTP_PORT}`, `-http-token-file=${directory.file("token")}`],
  });
  assertStringIncludes(agent.output, `HTTP addr: '${ip}:${HTTP_PORT}'`);
  const stream = await fetch(`${url}/v1/stream?type=user`);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const fire = (name: string) =>
    fetch(`${url}/v1/event/fire/${name}`, { method: "PUT", headers, body: "v2" });
  assertEquals((await (await fire("deploy")).json()).Name, "deploy");
  const seen = await readUntil(stream, `"Name":"deploy"`);
  const cursor = /id: (\S+)\nevent: user/.exec(seen)![1];
  await (await fire("missed")).body?.cancel();
  const resumed = await fetch(`${url}/v1/stream`, { headers: { "last-event-id": cursor } });
  assertStringIncludes(await readUntil(resumed, `"Name":"missed"`), "event: start");
  const wrong = { authorization: "Bearer wrong" };
  const denied = await fetch(`${url}/v1/agent/leave`, { method: "PUT", headers: wrong });
  assertEquals((await denied.json()).status, 401);
  await agent.printed(/\[WARN\] agent\.http: Failed authentication from client: 127\.[\d.]+\n/);
  const bad = await fetch(`${url}/healthz`, { headers: { "x-large": "a".repeat(20_000) } });
  assertEquals(bad.status, 431);
  await bad.body?.cancel();
  const left = await fetch(`${url}/v1/agent/leave`, { method: "PUT", headers });
  assertEquals([left.status, await left.text()], [200, "{}"]);
  assertEquals(await agent.exit, 0);
});

Deno.test({
  name: "the examples of the documentation work" + (hasCurl ? "" : ", skipped: there is no curl"),
  ignore: !hasCurl,
  fn: async () => {
    using directory = new TemporaryDirectory();
    directory.write({ token: TOKEN });
    const ip = localAddress();
    const address = `${ip}:${HTTP_PORT}`;
    await using _agent = await Agent.start("ours", {
      name: "documented",
      ip,
      args: [`-http-addr=${address}`, `-http-token-file=${directory.file("token")}`],
    });
    const examples = Deno.readTextFileSync(documentation).match(/^curl .*$/gm) ?? [];
    assert(examples.length >= 5);
    const outputs = await Promise.all(examples.map(async (example) => {
      // A stream does not end by itself.
      const command = example.replace("curl -N", "curl -N --max-time 2")
        .replace("curl", "curl --silent --show-error --fail-with-body")
        .replace("127.0.0.1:7380", address);
      const shell = new Deno.Command("sh", { args: ["-c", command], env: { TOKEN } });
      const { code, stdout, stderr } = await shell.output();
      const decoder = new TextDecoder();
      const expected = example.includes("-N") ? 28 : 0;
      assertEquals(
        code,
        expected,
        `${command}: ${decoder.decode(stdout)}${decoder.decode(stderr)}`,
      );
      return decoder.decode(stdout);
    }));
    assertStringIncludes(outputs[0], '"Name":"documented"');
    assertStringIncludes(outputs[1], "event: start");
    assertStringIncludes(outputs[3], '{"Type":"ack","From":"documented"}');
    assertStringIncludes(outputs[4], '"openapi":"3.1.0"');
  },
});

eachBuildTest("an agent serves the HTTP API over TLS", async (ours) => {
  using directory = new TemporaryDirectory();
  const ip = localAddress();
  directory.write({
    "a.json": JSON.stringify({
      http_addr: `${ip}:${HTTP_PORT}`,
      http_tls_cert_file: certificatePath("agent.pem"),
      http_tls_key_file: certificatePath("agent.key"),
    }),
  });
  await using agent = await Agent.start(ours, {
    name: "secure",
    ip,
    args: [`-config-file=${directory.file("a.json")}`],
  });
  await agent.printed(`agent.http: Listening on https://${ip}:${HTTP_PORT}`);
  const connection = await Deno.connect({ hostname: ip, port: HTTP_PORT });
  using secure = await Deno.startTls(connection, {
    hostname: "agent.example",
    caCerts: [authority],
  });
  const head = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  await secure.write(new TextEncoder().encode(head));
  const answer = await new Response(secure.readable).text();
  assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assertStringIncludes(answer, '{"Status":"ready"}');
});

Deno.test("connections beyond the limit are closed, others are served", async () => {
  using directory = new TemporaryDirectory();
  directory.write({ "a.json": '{"http_max_clients":2}' });
  const ip = localAddress();
  await using _agent = await Agent.start("ours", {
    name: "full",
    ip,
    args: [`-http-addr=${ip}:${HTTP_PORT}`, `-config-file=${directory.file("a.json")}`],
  });
  const connect = () => Deno.connect({ hostname: ip, port: HTTP_PORT });
  using first = await connect();
  using second = await connect();
  const request = new TextEncoder().encode("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (const open of [first, second]) {
    await open.write(request);
    assert((await open.read(new Uint8Array(1_024)))! > 0);
  }
  using third = await connect();
  await third.write(request).catch(() => {});
  assertEquals(await third.read(new Uint8Array(1_024)).catch(() => null), null);
  first.close();
  await until(async () => {
    using again = await connect();
    await again.write(request).catch(() => {});
    return (await again.read(new Uint8Array(1_024)).catch(() => null)) !== null;
  }, { what: "there is room again" });
});

Deno.test("settings that would open the API to others keep an agent from starting", async () => {
  using directory = new TemporaryDirectory();
  directory.write({ empty: "\n", words: "two words" });
  const start = async (...args: string[]) => {
    await using agent = Agent.spawn("ours", { name: "refused", args });
    assertEquals(await agent.exit, 1);
    return agent.output;
  };
  const [open, none, empty, words, portless] = await Promise.all([
    start("-http-addr=0.0.0.0:0"),
    start("-http-addr=127.0.0.1:0", `-http-token-file=${directory.file("none")}`),
    start("-http-addr=127.0.0.1:0", `-http-token-file=${directory.file("empty")}`),
    start("-http-addr=127.0.0.1:0", `-http-token-file=${directory.file("words")}`),
    start("-http-addr=127.0.0.1"),
  ]);
  assertStringIncludes(
    open,
    'Cannot use http_addr: got "0.0.0.0:0", which others can reach: set http_token_file',
  );
  assertStringIncludes(none, "Cannot use http_token_file: Failed to read HTTP token file: open ");
  assertStringIncludes(empty, "Cannot use http_token_file: HTTP token file ");
  assertStringIncludes(words, "Cannot use http_token_file: expected one word of ASCII");
  assertStringIncludes(portless, "Error starting HTTP listener: listen tcp: address 127.0.0.1: ");
});

Deno.test("an agent without http_addr loads nothing of the HTTP API", () => {
  const root = new URL("../../../", import.meta.url);
  const loaded = new Set(["lib/cli/agent/run_agent.ts"]);
  const static_ = /^(?:import|export)(?! type)[^;]*? from "([^"]+)"/gm;
  for (const path of loaded) {
    const url = new URL(path, root);
    for (const [, specifier] of Deno.readTextFileSync(url).matchAll(static_)) {
      assertEquals(/^(hono|@hono|node:http)/.test(specifier), false, `${path}: ${specifier}`);
      if (specifier.startsWith(".")) {
        loaded.add(new URL(specifier, url).href.slice(root.href.length));
      }
    }
  }
  assert(loaded.has("lib/agent/start_agent.ts"));
  assertEquals([...loaded].filter((path) => path.startsWith("lib/agent/http/")), []);
});
