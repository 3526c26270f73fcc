import { assertEquals } from "@std/assert";
import { HttpFixture, problem } from "./http_fixture.ts";

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

Deno.test("on a loopback address reads need no token, and changes do", async () => {
  using api = new HttpFixture();
  assertEquals((await api.anonymous("GET", "/v1/agent/members")).status, 200);
  const refused = await api.anonymous("PUT", "/v1/agent/leave");
  assertEquals(refused.headers.get("www-authenticate"), 'Bearer realm="serf"');
  assertEquals(await problem(Promise.resolve(refused)), [401, "A token is needed"]);
  const wrong = api.anonymous("PUT", "/v1/agent/leave", bearer("wrong"));
  assertEquals(await problem(wrong), [401, "The token is wrong"]);
  assertEquals(api.log, ["WARN agent.http: Failed authentication from client: "]);
  assertEquals(api.agent.calls, []);
  assertEquals((await api.request("PUT", "/v1/agent/leave")).status, 200);
});

Deno.test("on an address that others reach everything but the health needs the token", async () => {
  using api = new HttpFixture({ local: false });
  assertEquals(await problem(api.anonymous("GET", "/v1/agent/members")), [
    401,
    "A token is needed",
  ]);
  assertEquals((await api.request("GET", "/v1/agent/members")).status, 200);
  assertEquals((await api.anonymous("GET", "/healthz")).status, 200);
});

Deno.test("without a token nothing can be changed", async () => {
  using api = new HttpFixture({ token: "" });
  assertEquals(await problem(api.request("PUT", "/v1/agent/leave")), [
    403,
    "The agent has no token for this: set http_token_file",
  ]);
});

Deno.test("names that are not the agent's are refused, everywhere", async () => {
  using api = new HttpFixture();
  const statusFor = async (host: string, path = "/healthz") =>
    (await api.request("GET", path, { headers: { host } })).status;
  for (const ours of ["localhost", "LOCALHOST:7380", "127.0.0.1:7380", "[::1]:7380", "10.1.2.3"]) {
    assertEquals(await statusFor(ours), 200, ours);
  }
  assertEquals(await statusFor("Serf.Example:80"), 200);
  for (const other of ["evil.example", "evil.example:7380", "127.0.0.1.evil.example", "[::1", ""]) {
    assertEquals(await statusFor(other), 421, other);
    assertEquals(await statusFor(other, "/nowhere"), 421, other);
  }
});

Deno.test("pages of other sites are refused, those of the agent are not", async () => {
  using api = new HttpFixture();
  const statusFrom = async (origin: string) =>
    (await api.request("GET", "/healthz", { headers: { origin } })).status;
  assertEquals(await statusFrom("http://127.0.0.1:7380"), 200);
  assertEquals(await statusFrom("http://evil.example"), 403);
  assertEquals(await statusFrom("null"), 403);
  const answer = await api.request("GET", "/healthz");
  assertEquals(answer.headers.get("access-control-allow-origin"), null);
  await answer.body?.cancel();
});
