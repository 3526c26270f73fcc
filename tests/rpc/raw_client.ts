/** A client that knows bytes only: sends them, and reads as many as it is told to. */

import { parseEndpoint } from "../../lib/rpc/endpoint.ts";

const DEADLINE_MS = 10_000;

export class RawClient implements Disposable {
  readonly #conn: Deno.Conn;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Connects to `host:port`, or to `unix:` and a path. */
  static async connect(address: string): Promise<RawClient> {
    const endpoint = parseEndpoint(address, "dial");
    if ("path" in endpoint) {
      return new RawClient(await Deno.connect({ transport: "unix", ...endpoint }));
    }
    const conn = await Deno.connect(endpoint);
    conn.setNoDelay(true);
    return new RawClient(conn);
  }

  /** Whoever serves us sees us under this address. */
  get address(): string {
    const { localAddr } = this.#conn;
    return "port" in localAddr ? `127.0.0.1:${localAddr.port}` : "";
  }

  async send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Reads exactly `count` bytes; fewer only if the connection ends before. */
  async read(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    let length = 0;
    while (length < count) {
      const read = await this.#readSome(bytes.subarray(length));
      if (read === null) break;
      length += read;
    }
    return bytes.subarray(0, length);
  }

  /** Reads to the end and returns what came before it. */
  async readToEnd(): Promise<Uint8Array> {
    const chunks: number[] = [];
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const read = await this.#readSome(buffer);
      if (read === null) return Uint8Array.from(chunks);
      chunks.push(...buffer.subarray(0, read));
    }
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }

  async #readSome(buffer: Uint8Array): Promise<number | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("nothing arrived in time")), DEADLINE_MS);
    });
    try {
      return await Promise.race([this.#conn.read(buffer), timeout]);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
