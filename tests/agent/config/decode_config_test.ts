import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { configOptions } from "../../../lib/agent/config/config.ts";
import { decodeConfig } from "../../../lib/agent/config/decode_config.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function errorOf(text: string): string {
  return assertThrows(() => decodeConfig(bytes(text)), Error).message;
}

Deno.test("settings of every kind are decoded", () => {
  const config = decodeConfig(bytes(`{
    "node_name": "alpha", "leave_on_terminate": true, "protocol": 4, "retry_interval": "1m30s", "max_members": 100,
    "start_join": ["a", "b:7946"], "tags": {"role": "web", "__proto__": "x"},
    "mdns": {"interface": "lo", "disable_ipv6": true},
    "rpc_tls": {"cert": "c.pem", "key": "c.key", "ca": "ca.pem"}
  }`));
  assertEquals(config, {
    nodeName: "alpha",
    leaveOnTerminate: true,
    protocol: 4,
    maxMembers: 100,
    retryIntervalMs: 90_000,
    startJoin: ["a", "b:7946"],
    tags: { role: "web", ["__proto__"]: "x" },
    mdnsInterface: "lo",
    mdnsDisableIpv6: true,
    rpcTlsCert: "c.pem",
    rpcTlsKey: "c.key",
    rpcTlsCa: "ca.pem",
  });
});

Deno.test("keys match in any case, the exact one first", () => {
  assertEquals(decodeConfig(bytes('{"NODE_NAME":"a","MDNS":{"Interface":"b"}}')), {
    nodeName: "a",
    mdnsInterface: "b",
  });
  assertEquals(
    errorOf('{"Node_Name":"a","node_name":"b"}'),
    "1 error(s) decoding:\n\n* '' has invalid keys: Node_Name",
  );
});

Deno.test("null, an empty duration and an empty object set nothing", () => {
  for (const text of ["null", "{}", '{"tags":null,"mdns":null}', '{"retry_interval":""}']) {
    assertEquals(decodeConfig(bytes(text)), {});
  }
  assertEquals(decodeConfig(bytes('{"tags":{"a":null},"start_join":[null]}')), {
    tags: { a: "" },
    startJoin: [""],
  });
});

Deno.test("numbers are truncated to integers", () => {
  assertEquals(decodeConfig(bytes('{"retry_max_attempts":2.7}')), { retryMaxAttempts: 2 });
});

Deno.test("keys that have no effect are accepted if they are booleans", () => {
  for (const key of ["enable_compression", "msgpackusenewtimeformat"]) {
    assertEquals(decodeConfig(bytes(`{"${key}":false}`)), {});
  }
  assertEquals(
    errorOf('{"enable_compression":1}'),
    "1 error(s) decoding:\n\n" +
      "* 'enable_compression' expected type 'bool', got unconvertible type 'float64', value: '1'",
  );
});

Deno.test("a file that is not an object is refused", () => {
  assertEquals(errorOf("[]"), "'' expected a map, got 'slice'");
  assertEquals(errorOf("5"), "'' expected a map, got 'float64'");
  assertEquals(errorOf('"x"'), "'' expected a map, got 'string'");
  assertEquals(errorOf("true"), "'' expected a map, got 'bool'");
});

Deno.test("all problems of types and keys are listed, in order", () => {
  const text = `{
    "node_name": {"b": [1, null], "a": "x"}, "protocol": "5", "start_join": ["a", 2, true],
    "tags": {"a": 1}, "event_handlers": {}, "leave_on_terminate": "true", "mdns": {"x": 1},
    "bogus": 1, "another": 2
  }`;
  assertEquals(errorOf(text).split("\n"), [
    "9 error(s) decoding:",
    "",
    "* '' has invalid keys: another, bogus",
    "* 'event_handlers': source data must be an array or slice, got map",
    "* 'leave_on_terminate' expected type 'bool', got unconvertible type 'string', value: 'true'",
    "* 'mdns' has invalid keys: x",
    "* 'node_name' expected type 'string', got unconvertible type 'map[string]interface {}', " +
    "value: 'map[a:x b:[1 <nil>]]'",
    "* 'protocol' expected type 'int', got unconvertible type 'string', value: '5'",
    "* 'start_join[1]' expected type 'string', got unconvertible type 'float64', value: '2'",
    "* 'start_join[2]' expected type 'string', got unconvertible type 'bool', value: 'true'",
    "* 'tags[a]' expected type 'string', got unconvertible type 'float64', value: '1'",
  ]);
  assertEquals(
    errorOf('{"tags":[],"mdns":"x"}'),
    "2 error(s) decoding:\n\n* 'mdns' expected a map, got 'string'\n* 'tags' expected a map, got 'slice'",
  );
});

Deno.test("every key refuses a value of the wrong type", () => {
  const wrong = { string: 5, duration: 5, bool: "true", int: "5", size: "5", list: "a", tags: "a" };
  for (const option of Object.values(configOptions)) {
    if (!("key" in option)) continue;
    const [first, second] = option.key.split(".");
    const value = wrong[option.kind];
    const json = { [first]: second === undefined ? value : { [second]: value } };
    assertStringIncludes(errorOf(JSON.stringify(json)), `\n* '${option.key}'`);
  }
});

Deno.test("a bad duration is refused in Go's words", () => {
  assertEquals(errorOf('{"reconnect_interval":"zz"}'), 'time: invalid duration "zz"');
  assertEquals(errorOf('{"broadcast_timeout":"5"}'), 'time: missing unit in duration "5"');
});

Deno.test("the names of inherited properties are not keys", () => {
  assertEquals(
    errorOf('{"constructor":1,"toString":2}'),
    "1 error(s) decoding:\n\n* '' has invalid keys: constructor, toString",
  );
});
