/**
 * Declarations of the few functions we use from the standard library, whose npm republication ships none, and from
 * multicast-dns, which has none either. Without them every call would silently become `any`;
 * `tests/base/std_types_test.ts` fails if this file is not loaded.
 */

declare module "@std/assert" {
  export class AssertionError extends Error {}
  export function assert(condition: unknown, message?: string): asserts condition;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertStrictEquals<T>(
    actual: unknown,
    expected: T,
    message?: string,
  ): asserts actual is T;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    message?: string,
  ): void;
  export function assertGreater<T>(actual: T, expected: T, message?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertLess<T>(actual: T, expected: T, message?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertArrayIncludes<T>(
    actual: ArrayLike<T>,
    expected: ArrayLike<T>,
    message?: string,
  ): void;
  export function assertInstanceOf<T extends abstract new (...args: never[]) => unknown>(
    actual: unknown,
    expected: T,
    message?: string,
  ): asserts actual is InstanceType<T>;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    errorClass?: abstract new (...args: never[]) => E,
    messageIncludes?: string,
    message?: string,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    errorClass?: abstract new (...args: never[]) => E,
    messageIncludes?: string,
    message?: string,
  ): Promise<E>;
  export function unreachable(reason?: string): never;
}

declare module "@std/msgpack" {
  export type ValueType =
    | number
    | bigint
    | string
    | boolean
    | null
    | Uint8Array
    | readonly ValueType[]
    | { [key: string]: ValueType };
  export function encode(value: ValueType): Uint8Array;
  export function decode(bytes: Uint8Array): ValueType;
}

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
