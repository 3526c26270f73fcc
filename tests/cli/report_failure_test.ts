import { assertEquals, assertStringIncludes } from "@std/assert";
import { hintFor } from "../../lib/cli/report_failure.ts";

Deno.test("an address in use, or that nobody can dial, names the flag that changes it", () => {
  const inUse = "listen tcp 127.0.0.1:7373: bind: address already in use";
  for (
    const [message, flag] of [
      [`Error starting RPC listener: ${inUse}`, "-rpc-addr."],
      [`Error starting HTTP listener: ${inUse}`, "-http-addr."],
      [`failed to start TCP listener on "127.0.0.1" port 7946: ${inUse}`, "-bind."],
      [`failed to start UDP listener on "127.0.0.1" port 7946: ${inUse}`, "-bind."],
      ["Error connecting to Serf agent: dial tcp 10.9.9.9:7373: i/o timeout", "-rpc-addr"],
      [
        "Error connecting to Serf agent: dial unix /x.sock: connect: no such file or directory",
        "SERF_RPC_ADDR",
      ],
      ["Error connecting to Serf agent: client closed", "-rpc-tls-ca"],
      ["Error connecting to Serf agent: dial tcp: address x: missing port in address", "host:port"],
      [
        "Error connecting to Serf agent: dial tcp: address tcp/x: unknown port",
        "path with a slash",
      ],
      ["Error starting RPC listener: listen tcp: address tcp/x: unknown port", "path with a slash"],
    ]
  ) {
    assertStringIncludes(hintFor(message) ?? "", flag, message);
  }
});

Deno.test("nothing is said about failures that are not known", () => {
  for (
    const message of [
      "Error joining the cluster: dial tcp 127.0.0.1:1: connect: connection refused",
      "Error connecting to Serf agent: Failed to read RPC auth file: open x: no such file or directory",
      "",
    ]
  ) {
    assertEquals(hintFor(message), undefined);
  }
});
