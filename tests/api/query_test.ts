import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { UserEvent } from "../../lib/api/event.ts";
import { Query, QueryResponse } from "../../lib/api/query.ts";
import { encodeText } from "../../lib/base/text.ts";

function response(from: string, text = ""): QueryResponse {
  return new QueryResponse(from, encodeText(text));
}

Deno.test("collecting a query gives its acks, its answers, and who did not answer", async () => {
  const query = new Query({ asked: () => ["a", "b", "c"] });
  query.push({ type: "ack", from: "c" });
  query.push(response("b", "1"));
  const collecting = query.collect();
  query.push(response("stranger"));
  query.close();
  assertEquals(await collecting, {
    acks: ["c"],
    responses: [response("b", "1"), response("stranger")],
    missing: ["a", "c"],
  });
});

Deno.test("of a query that is only acknowledged, those are missing who did not", async () => {
  const asked = () => Promise.resolve(new Set(["a", "b"]));
  const query = new Query({ asked, acksOnly: true });
  query.push({ type: "ack", from: "b" });
  query.close();
  assertEquals((await query.collect()).missing, ["a"]);
});

Deno.test("collecting fails with the signal's reason, and with what asking for the members fails with", async () => {
  const aborter = new AbortController();
  const collecting = new Query({ asked: () => [], signal: aborter.signal }).collect();
  const reason = new Error("enough");
  aborter.abort(reason);
  assertStrictEquals(await assertRejects(() => collecting), reason);
  const query = new Query({ asked: () => Promise.reject(new Error("who?")) });
  await assertRejects(() => query.collect(), Error, "who?");
});

Deno.test("payloads are read as text and as JSON", () => {
  assertEquals(response("a", "grüß").text(), "grüß");
  assertEquals(response("a", '{"load":0.5}').json<{ load: number }>().load, 0.5);
  const event = new UserEvent({ lTime: 1, name: "x", payload: null, coalesce: false });
  assertEquals(event.text(), "");
  assertThrows(() => event.json(), SyntaxError);
});
