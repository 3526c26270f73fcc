/** Encoding and decoding each message on its own. */

import { decodeMessage, encodeMessage } from "../../../lib/wire/messages/message_codec.ts";
import { decodeSerf, encodeSerf } from "../../../lib/wire/messages/serf_codec.ts";
import { encodeStream, StreamDecoder } from "../../../lib/wire/framing/stream.ts";
import type { Report } from "../report.ts";
import { fullState, messageMakers, serfMessages } from "./samples.ts";
import type { Suite } from "./suite.ts";
import { nanosecondsPerCall } from "./timing.ts";

interface Codec {
  readonly variant: string;
  encode(): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

const stream = { compress: false };

const codecs: readonly Codec[] = [
  ...Object.entries(messageMakers).map(([type, make]) => ({
    variant: type,
    encode: () => encodeMessage(make()),
    decode: decodeMessage,
  })),
  {
    variant: "push-pull of 100 nodes",
    encode: () => encodeStream(fullState, stream, "dialler"),
    decode: (bytes) => new StreamDecoder(stream, "server").push(bytes),
  },
  ...serfMessages.map((message) => ({
    variant: `Serf ${message.type}`,
    encode: () => encodeSerf(message),
    decode: decodeSerf,
  })),
];

/** Time and size of each message. */
export const messages: Suite = {
  name: "messages",
  run(report) {
    for (const codec of codecs) measure(codec, report);
  },
};

function measure({ variant, encode, decode }: Codec, report: Report): void {
  const bytes = encode();
  const metric = (name: string, unit: string) => ({
    benchmark: "messages",
    variant,
    metric: name,
    unit,
  });
  report.add("ours", metric("size", "bytes"), bytes.length);
  report.add("ours", metric("encode", "ns"), ...nanosecondsPerCall(encode));
  report.add("ours", metric("decode", "ns"), ...nanosecondsPerCall(() => decode(bytes)));
}
