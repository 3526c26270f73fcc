/** A client that knows bytes only: sends them, and reads as many as it is told to. */

const DEADLINE_MS = 10_000;

export class RawClient implements Disposable {
  readonly #conn: Deno.TcpConn;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async connect(port: number): Promise<RawClient> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    return new RawClient(conn);
  }

  /** Whoever serves us sees us under this address. */
  get address(): string {
    return `127.0.0.1:${this.#conn.localAddr.port}`;
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
