import { assertEquals } from "@std/assert";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { AxiosAdapter } from "axios";
import { OpenAPIClientAxios } from "openapi-client-axios";
import { openApiDocument } from "../../../lib/agent/http/open_api.ts";
import { routeTable } from "../../../lib/agent/http/routes/route_table.ts";
import { HttpFixture } from "./http_fixture.ts";

/** The document as a client gets it. */
// deno-lint-ignore no-explicit-any
async function fetchDocument(api: HttpFixture): Promise<any> {
  return await api.json("GET", "/openapi.json");
}

Deno.test("the OpenAPI document is valid", async () => {
  using api = new HttpFixture();
  const document = await fetchDocument(api);
  const validator = new Validator();
  assertEquals(await validator.validate(document), { valid: true });
  assertEquals(validator.version, "3.1");
});

Deno.test("the OpenAPI document describes every route, and every reference leads somewhere", () => {
  const document = openApiDocument(routeTable);
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`)
  );
  assertEquals(described.toSorted(), routeTable.map((r) => `${r.method} ${r.path}`).toSorted());
  const ids = routeTable.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)]
    .map((match) => match[1]);
  assertEquals(names.filter((name) => !Object.hasOwn(document.components.schemas, name)), []);
  for (const { path, parameters = {} } of routeTable) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    assertEquals(Object.keys(parameters), named, path);
  }
});

Deno.test("a client made from the OpenAPI document can use the API", async () => {
  using api = new HttpFixture();
  const adapter: AxiosAdapter = async (config) => {
    const { pathname, search } = new URL(config.url!, "http://localhost");
    const query = new URLSearchParams(config.params as Record<string, string>);
    const path = `${pathname}${search || (query.size > 0 ? `?${query}` : "")}`;
    const response = await api.request(config.method!.toUpperCase(), path, { body: config.data });
    const data = await response.json();
    return { data, status: response.status, statusText: "", headers: {}, config };
  };
  const definition = await fetchDocument(api);
  const client = await new OpenAPIClientAxios({ definition, axiosConfigDefaults: { adapter } })
    .getClient();
  const { data: members } = await client.listMembers({ status: "alive" });
  // deno-lint-ignore no-explicit-any
  assertEquals(members.map(({ Name }: any) => Name), ["alpha"]);
  const { data: joined } = await client.join({ address: "10.0.0.1:7946", replay: "true" });
  assertEquals(joined, { Joined: 1 });
  await client.setTags(undefined, { role: "db" });
  const { data: tags } = await client.getTags();
  assertEquals(tags, { role: "db" });
  const { data: event } = await client.fireEvent({ name: "deploy" }, "v2");
  assertEquals(event, { Name: "deploy", Payload: "djI=" });
});
