/**
 * Types of two npm packages that come without any: `deno-std`, the republication of the standard library on npm, and
 * `multicast-dns`. Only what is used is declared. Without this file those imports would silently be `any`;
 * `tests/types_test.ts` fails if it is not loaded.
 */

declare module "@std/cli/parse-args" {
  export interface ParseOptions {
    boolean?: boolean | readonly string[];
    string?: readonly string[];
    collect?: readonly string[];
    default?: Readonly<Record<string, unknown>>;
    stopEarly?: boolean;
    "--"?: boolean;
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  export function parseArgs(
    args: readonly string[],
    options?: ParseOptions,
  ): { _: (string | number)[]; [key: string]: unknown };
}

declare module "@std/text/levenshtein-distance" {
  export function levenshteinDistance(one: string, other: string): number;
}

declare module "multicast-dns" {
  export interface Question {
    readonly name: string;
    readonly type: string;
    /** `IN`, or `UNKNOWN_32769` for the same class with the bit that asks for a unicast answer. */
    readonly class?: string;
  }
  export type Answer =
    & { readonly name: string; readonly ttl?: number }
    & (
      | { readonly type: "PTR" | "A" | "AAAA"; readonly data: string }
      | {
        readonly type: "SRV";
        readonly data: {
          readonly priority?: number;
          readonly weight?: number;
          readonly port: number;
          readonly target: string;
        };
      }
      | { readonly type: "TXT"; readonly data: string | readonly Uint8Array[] }
    );
  export interface Packet {
    readonly id: number;
    readonly opcode: string;
    readonly rcode: string;
    readonly flag_tc: boolean;
    readonly questions: readonly Question[];
    readonly answers: readonly Answer[];
    readonly additionals: readonly Answer[];
  }
  export interface Endpoint {
    readonly address: string;
    readonly port: number;
  }
  type Done = (error?: Error | null) => void;
  export interface MulticastDns {
    on(event: "error" | "warning", listener: (error: Error) => void): void;
    on(event: "ready", listener: () => void): void;
    on(event: "query" | "response", listener: (packet: Packet, from: Endpoint) => void): void;
    query(packet: { id: number; questions: Question[] }, to: Endpoint, done: Done): void;
    respond(packet: { id: number; answers: Answer[] }, to: Endpoint, done: Done): void;
    destroy(done: () => void): void;
  }
  export interface Options {
    readonly type?: "udp4" | "udp6";
    readonly ip?: string;
    readonly port?: number;
    readonly interface?: string;
    readonly bind?: string | false;
    readonly multicast?: boolean;
    readonly socket?: unknown;
  }
  export default function multicastDns(options?: Options): MulticastDns;
}
