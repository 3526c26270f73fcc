/** The compression, on a datagram and on a full state. */

import { lzwDecode, lzwEncode } from "../../../lib/wire/framing/lzw.ts";
import { encodeStream } from "../../../lib/wire/framing/stream.ts";
import { fullState } from "./samples.ts";
import type { Suite } from "./suite.ts";
import { callsPerSecond } from "./timing.ts";

/** Bytes a second, in both directions. */
export const lzw: Suite = {
  name: "lzw",
  run(report) {
    const state = encodeStream(fullState, { compress: false }, "dialler");
    for (const input of [state.slice(0, 1_400), state]) {
      const compressed = lzwEncode(input);
      const measure = (name: string, call: () => Uint8Array) => {
        const metric = {
          benchmark: "lzw",
          variant: `${input.length} bytes`,
          metric: name,
          unit: "MB/s",
        };
        const rates = callsPerSecond(call).map((rate) => rate * input.length / 1e6);
        report.add("ours", metric, ...rates);
      };
      measure("compress", () => lzwEncode(input));
      measure("decompress", () => lzwDecode(compressed, input.length));
    }
  },
};
