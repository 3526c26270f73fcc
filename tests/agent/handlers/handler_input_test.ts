import { assertEquals } from "@std/assert";
import { handlerEnvironment, handlerInput } from "../../../lib/agent/handlers/handler_input.ts";
import { Address } from "../../../lib/base/address.ts";
import { QueryEvent, UserEvent } from "../../../lib/api/event.ts";
import type { Member } from "../../../lib/api/member.ts";

function member(name: string, host: string, tags: Record<string, string>): Member {
  return {
    name,
    address: Address.parse(host, 7946),
    tags,
    status: "alive",
    protocolMin: 1,
    protocolMax: 5,
    protocolCur: 2,
    delegateMin: 2,
    delegateMax: 5,
    delegateCur: 5,
  };
}

function user(payload: Uint8Array | null): UserEvent {
  return new UserEvent({ name: "deploy", lTime: 7, payload, coalesce: false });
}

const query = new QueryEvent(
  { lTime: 9, id: 1, name: "load", payload: null, sourceNode: "b", deadline: 0 },
  () => {},
);

const self = member("alpha", "127.0.0.20", {
  role: "web",
  "my-tag.x": "v 1",
  "tab": "a\tb",
  "\u00fc\u{1f600}": "",
});

Deno.test("the environment describes the event, this node and its tags", () => {
  assertEquals(handlerEnvironment(self, { type: "member-join", members: [] }), {
    SERF_EVENT: "member-join",
    SERF_SELF_NAME: "alpha",
    SERF_SELF_ROLE: "web",
    SERF_TAG_ROLE: "web",
    SERF_TAG_MY_TAG_X: "v 1",
    SERF_TAG_TAB: "a\tb",
    SERF_TAG___: "",
  });
});

Deno.test("user events and queries have variables of their own, and a missing role is empty", () => {
  const bare = member("b", "::1", {});
  assertEquals(handlerEnvironment(bare, user(null)), {
    SERF_EVENT: "user",
    SERF_SELF_NAME: "b",
    SERF_SELF_ROLE: "",
    SERF_USER_EVENT: "deploy",
    SERF_USER_LTIME: "7",
  });
  assertEquals(handlerEnvironment(bare, query), {
    SERF_EVENT: "query",
    SERF_SELF_NAME: "b",
    SERF_SELF_ROLE: "",
    SERF_QUERY_NAME: "load",
    SERF_QUERY_LTIME: "9",
  });
});

Deno.test("member events are one line for each member, with separators inside values escaped", () => {
  const members = [self, member("bravo node\twith tab", "::1", { n: "x\ny\\", role: "d\tb" })];
  assertEquals(
    new TextDecoder().decode(handlerInput({ type: "member-leave", members })),
    "alpha\t127.0.0.20\tweb\trole=web,my-tag.x=v 1,tab=a\\tb,\u00fc\u{1f600}=\n" +
      "bravo node\\twith tab\t::1\td\\tb\tn=x\\ny\\,role=d\\tb\n",
  );
});

Deno.test("a payload is passed on byte for byte, with a newline at its end unless it is empty", () => {
  const cases: [number[] | null, number[]][] = [
    [null, []],
    [[], []],
    [[0xff, 0], [0xff, 0, 10]],
    [[65, 10], [65, 10]],
  ];
  for (const [payload, expected] of cases) {
    assertEquals([...handlerInput(user(payload && Uint8Array.from(payload)))], expected);
  }
});
