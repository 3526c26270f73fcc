import type { Fuzzer } from "./fuzzer.ts";
import { packetFuzzer } from "./packet_fuzzer.ts";
import { sessionFuzzer } from "./session_fuzzer.ts";
import { settingsFuzzer } from "./settings_fuzzer.ts";
import { streamFuzzer } from "./stream_fuzzer.ts";

/** Of everything that reaches an agent from outside, one. */
export const fuzzers: readonly Fuzzer[] = [
  packetFuzzer,
  streamFuzzer,
  sessionFuzzer,
  settingsFuzzer,
];
