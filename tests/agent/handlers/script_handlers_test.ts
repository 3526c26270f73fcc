import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseHandlerSpec } from "../../../lib/agent/handlers/handler_spec.ts";
import { ScriptHandlers } from "../../../lib/agent/handlers/script_handlers.ts";
import { Address } from "../../../lib/base/address.ts";
import { type MemberEvent, QueryEvent, UserEvent } from "../../../lib/api/event.ts";

const self = {
  name: "alpha",
  address: Address.parse("127.0.0.1", 7946),
  tags: {},
  status: "alive",
  protocolMin: 1,
  protocolMax: 5,
  protocolCur: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCur: 5,
} as const;

const join: MemberEvent = { type: "member-join", members: [self] };

function user(name: string, payload = ""): UserEvent {
  return new UserEvent({
    name,
    lTime: 1,
    payload: new TextEncoder().encode(payload),
    coalesce: true,
  });
}

/** Handlers, and what they have logged. */
function handlersOf(...specs: string[]) {
  const lines: string[] = [];
  const handlers = new ScriptHandlers({
    handlers: specs.flatMap(parseHandlerSpec),
    waitDelayMs: 5_000,
    self: () => self,
    log: (level, text) => lines.push(`[${level}] ${text}`),
  });
  return { handlers, lines };
}

/** A query, and the answers that were given to it. */
function queryOf(name: string, refusal?: string) {
  const answers: string[] = [];
  const failures: string[] = [];
  const event = { lTime: 1, id: 1, name, payload: null, sourceNode: "b", deadline: 0 };
  const query = new QueryEvent(event, (payload) => {
    if (refusal !== undefined) throw new Error(refusal);
    answers.push(new TextDecoder().decode(payload));
  }, (reason) => failures.push(reason));
  return { query, answers, failures };
}

Deno.test("handlers whose filter matches run in the order of the configuration", async () => {
  const { handlers, lines } = handlersOf(
    "echo all",
    "user:deploy=echo deploy-$SERF_USER_EVENT",
    "member-join=echo no",
    "user,query=sleep 0.1; echo both",
    "user,user:deploy=echo twice",
  );
  await handlers.handle(user("deploy"));
  assertEquals(lines, [
    "[DEBUG] agent: Event 'user' script output: all\n",
    "[DEBUG] agent: Event 'user' script output: deploy-deploy\n",
    "[DEBUG] agent: Event 'user' script output: both\n",
    "[DEBUG] agent: Event 'user' script output: twice\n",
    "[DEBUG] agent: Event 'user' script output: twice\n",
  ]);
});

Deno.test("a failure is logged after the output", async () => {
  const { handlers, lines } = handlersOf("echo oops >&2; exit 7");
  await handlers.handle(join);
  assertEquals(lines, [
    "[DEBUG] agent: Event 'member-join' script output: oops\n",
    "[ERR] agent: Error invoking script 'echo oops >&2; exit 7': exit status 7",
  ]);
});

Deno.test("the output is the response to a query, unless it is empty or the script failed", async () => {
  const { handlers } = handlersOf(
    "query:load=printf 0.5",
    "query:none=true",
    "query:bad=echo x; exit 1",
  );
  const cases: [string, string[]][] = [["load", ["0.5"]], ["none", []], ["bad", []]];
  for (const [name, expected] of cases) {
    const { query, answers } = queryOf(name);
    await handlers.handle(query);
    assertEquals(answers, expected, name);
  }
});

Deno.test("who has sent a query is told of a failure, unless another handler has responded", async () => {
  const { handlers, lines } = handlersOf(
    "query:bad=exit 7",
    "query:none=true",
    "query:both=exit 7",
    "query:both=echo x",
  );
  const cases = { bad: ["event handler failed: exit status 7"], none: [], both: [] };
  for (const [name, expected] of Object.entries(cases)) {
    const { query, failures } = queryOf(name);
    await handlers.handle(query);
    assertEquals(failures, expected, name);
  }
  assertEquals(lines.filter((line) => line.startsWith("[WARN]")), [
    "[WARN] agent: No response to query 'bad': event handler failed: exit status 7",
  ]);
  const refused = queryOf("both", "response exceeds limit of 1024 bytes");
  handlers.handlers = parseHandlerSpec("echo x");
  await handlers.handle(refused.query);
  assertEquals(refused.failures, ["response exceeds limit of 1024 bytes"]);
});

Deno.test("a response that is refused is logged", async () => {
  const { handlers, lines } = handlersOf("echo late");
  await handlers.handle(queryOf("load", "response is past the deadline").query);
  assertEquals(
    lines[1],
    "[WARN] agent: Failed to respond to query 'query: load': " +
      "failed to respond to key query: response is past the deadline",
  );
});

Deno.test("a slow script is reported once, while it still runs", async () => {
  const { handlers, lines } = handlersOf("sleep 1.3; echo done");
  await handlers.handle(join);
  assertEquals(lines, [
    "[WARN] agent: Script 'sleep 1.3; echo done' slow, execution exceeding 1s",
    "[DEBUG] agent: Event 'member-join' script output: done\n",
  ]);
});

Deno.test("input that is not read is logged for payloads only", async () => {
  const script = "exec <&-; sleep 0.1";
  const { handlers, lines } = handlersOf(script);
  await handlers.handle(user("big", "x".repeat(1_000_000)));
  assertMatch(lines[0], /^\[ERR\] Error writing payload: write \|1: broken pipe$/);
  lines.length = 0;
  const members = new Array(50_000).fill(self);
  await handlers.handle({ type: "member-join", members });
  assertEquals(lines, ["[DEBUG] agent: Event 'member-join' script output: "]);
});

Deno.test("new handlers are used from the next event on", async () => {
  const { handlers, lines } = handlersOf("sleep 0.1; echo old");
  const running = handlers.handle(join);
  handlers.handlers = parseHandlerSpec("echo new");
  await running;
  await handlers.handle(join);
  assertEquals(lines.map((line) => line.trimEnd().slice(-3)), ["old", "new"]);
  assert(lines.length === 2);
});
