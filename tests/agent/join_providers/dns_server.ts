/**
 * A name server on loopback with a few records, in this process or, as a program, in a network of its own.
 *
 * @module
 */

/** The records of a name. Addresses are text; a service is `priority weight port target`. */
export interface DnsRecords {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly SRV?: readonly string[];
}

/** Records by their names in lower case, without a dot at the end. */
export type DnsZone = Readonly<Record<string, DnsRecords>>;

const TYPES: Readonly<Record<number, keyof DnsRecords>> = { 1: "A", 28: "AAAA", 33: "SRV" };
const HEADER_BYTES = 12;

/** A server, which answers in the background until it is disposed of. */
export class DnsServer implements AsyncDisposable {
  readonly #zone: () => DnsZone | undefined;
  readonly #socket: Deno.DatagramConn;
  readonly #done: Promise<void>;

  /** Answers from what `zone` returns at each query, `undefined` for silence, on a port of 127.0.0.1, any by default. */
  constructor(zone: () => DnsZone | undefined, { port = 0 }: { readonly port?: number } = {}) {
    this.#zone = zone;
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port });
    this.#done = this.#answer();
  }

  /** For `Deno.resolveDns`. */
  get nameServer(): { readonly ipAddr: string; readonly port: number } {
    return { ipAddr: "127.0.0.1", port: (this.#socket.addr as Deno.NetAddr).port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#done;
  }

  async #answer(): Promise<void> {
    for await (const [query, sender] of this.#socket) {
      const { name, type, end } = readQuestion(query);
      const zone = this.#zone();
      if (zone === undefined) continue;
      const answer = respond(query.subarray(0, end), zone[name], type);
      await this.#socket.send(answer, sender).catch(() => {});
    }
  }
}

function readQuestion(query: Uint8Array) {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  while (query[at] !== 0) {
    labels.push(new TextDecoder().decode(query.subarray(at + 1, at + 1 + query[at])));
    at += 1 + query[at];
  }
  const type = query[at + 1] << 8 | query[at + 2];
  return { name: labels.join(".").toLowerCase(), type: TYPES[type], end: at + 5 };
}

/** The response to a query that ends with its question. A name without records does not exist. */
function respond(
  query: Uint8Array,
  records: DnsRecords | undefined,
  type: keyof DnsRecords | undefined,
): Uint8Array {
  const data = (type === undefined ? [] : records?.[type] ?? []).map((text) => encode(type!, text));
  // Type and class of the answer are those of the question; the time to live is 0.
  const answers = data.flatMap((bytes) => [
    ...[0xc0, HEADER_BYTES, ...query.subarray(-4), 0, 0, 0, 0, bytes.length >> 8, bytes.length],
    ...bytes,
  ]);
  const [idHigh, idLow] = query;
  const code = records === undefined ? 3 : 0;
  const header = [idHigh, idLow, 0x85, 0x80 | code, 0, 1, 0, data.length, 0, 0, 0, 0];
  return Uint8Array.from([...header, ...query.subarray(HEADER_BYTES), ...answers]);
}

function encode(type: keyof DnsRecords, text: string): number[] {
  if (type === "A") return text.split(".").map(Number);
  if (type === "AAAA") return encodeIpv6(text);
  const [priority, weight, port, target] = text.split(" ");
  const numbers = [priority, weight, port].map(Number).flatMap((n) => [n >> 8, n & 0xff]);
  const labels = target.split(".").filter((label) => label !== "");
  const name = labels.flatMap((label) => [label.length, ...new TextEncoder().encode(label)]);
  return [...numbers, ...name, 0];
}

/** An address such as `fd00::1`, with `::` in it. */
function encodeIpv6(text: string): number[] {
  const [head, tail] = text.split("::").map((half) =>
    half.split(":").filter((group) => group !== "").map((group) => parseInt(group, 16))
  );
  const zeros = new Array(8 - head.length - tail.length).fill(0);
  return [...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 0xff]);
}

/** Runs a server in a network, on the port of DNS. It answers from a file with a {@link DnsZone}, read at every query. */
export async function startNameServer(
  file: string,
  { through }: { readonly through: readonly string[] },
): Promise<AsyncDisposable> {
  const flags = ["--no-prompt", "--unstable-net", "--allow-net", `--allow-read=${file}`];
  const [program, ...args] = [
    ...[...through, Deno.execPath(), "run", ...flags],
    ...[new URL(import.meta.url).pathname, file],
  ];
  const child = new Deno.Command(program, { args, stdin: "null", stdout: "piped" }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  if (value === undefined) throw new Error("Cannot start a name server");
  return {
    async [Symbol.asyncDispose]() {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}

if (import.meta.main) {
  const _server = new DnsServer(() => JSON.parse(Deno.readTextFileSync(Deno.args[0])), {
    port: 53,
  });
  console.log("ready");
}
