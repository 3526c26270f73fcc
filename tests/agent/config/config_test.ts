import { assertEquals } from "@std/assert";
import {
  configOptions,
  defaultConfig,
  keysForRestart,
  mergeConfig,
} from "../../../lib/agent/config/config.ts";

Deno.test("a later text, number or duration replaces an earlier one unless it is empty or zero", () => {
  const config = mergeConfig(defaultConfig, { bind: "1.2.3.4", protocol: 4, retryIntervalMs: 5 });
  assertEquals([config.bind, config.protocol, config.retryIntervalMs], ["1.2.3.4", 4, 5]);
  const nothing = { bind: "", protocol: -1, retryIntervalMs: 0, querySizeLimit: 0 };
  assertEquals(mergeConfig(config, nothing), config);
});

Deno.test("a later source can turn a switch on but not off", () => {
  const config = mergeConfig(defaultConfig, { rejoinAfterLeave: true, disableCompression: true });
  assertEquals([config.rejoinAfterLeave, config.disableCompression], [true, true]);
  const off = { rejoinAfterLeave: false, disableCompression: false };
  assertEquals(mergeConfig(config, off), config);
});

Deno.test("lists are joined and tags are merged, and the later value of a tag wins", () => {
  const first = mergeConfig(defaultConfig, { startJoin: ["a"], tags: { a: "1", b: "1" } });
  const second = mergeConfig(first, { startJoin: ["b", "a"], tags: { b: "2", c: "" } });
  assertEquals(second.startJoin, ["a", "b", "a"]);
  assertEquals(second.tags, { a: "1", b: "2", c: "" });
});

Deno.test("an empty source changes nothing", () => {
  assertEquals(mergeConfig(defaultConfig, {}), defaultConfig);
  assertEquals(mergeConfig(defaultConfig, { nodeName: undefined }), defaultConfig);
});

Deno.test("every setting has a default and a key of its own", () => {
  assertEquals(Object.keys(defaultConfig).sort(), Object.keys(configOptions).sort());
  const keys = Object.values(configOptions).flatMap((option) => "key" in option ? option.key : []);
  assertEquals(new Set(keys).size, keys.length);
});

Deno.test("settings that a reload does not apply are named by their keys", () => {
  const changed = {
    ...defaultConfig,
    nodeName: "b",
    startJoin: ["x"],
    mdnsInterface: "lo",
    logLevel: "DEBUG",
    tags: { a: "1" },
    eventHandlers: ["x"],
    handlerWaitDelayMs: 1,
    leaveOnTerminate: true,
    skipLeaveOnInterrupt: true,
    role: "x",
    disableCompression: true,
  };
  assertEquals(keysForRestart(defaultConfig, changed), [
    "node_name",
    "start_join",
    "mdns.interface",
  ]);
  assertEquals(keysForRestart(defaultConfig, { ...defaultConfig, startJoin: [] }), []);
});
