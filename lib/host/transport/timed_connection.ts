/**
 * A TCP connection with a deadline.
 *
 * @module
 */

import { formatHostPort } from "../../base/address.ts";
import type { Endpoint, TcpConnection } from "../../base/platform/platform.ts";
import { after, type Timer } from "../../base/timer.ts";
import { writeAll } from "../../base/write_all.ts";
import { osErrorText } from "../../go/os_error.ts";

/** A connection that closes itself at its deadline. Its errors have the messages of Go's net package. */
export class TimedConnection implements Disposable {
  readonly #conn: TcpConnection;
  readonly #ends: string;
  #deadline: Timer;
  #timedOut = false;
  #closed = false;

  /** `conn` now belongs to this object, and is closed if this throws. The deadline is `timeoutMs` from now. */
  constructor(conn: TcpConnection, timeoutMs: number) {
    this.#conn = conn;
    try {
      conn.setNoDelay(true);
      this.#ends = `${endText(conn.localAddr)}->${endText(conn.remoteAddr)}`;
    } catch (error) {
      conn.close();
      throw error;
    }
    this.#deadline = this.#endAfter(timeoutMs);
  }

  /** Moves the deadline to `timeoutMs` from now. */
  extend(timeoutMs: number): void {
    this.#deadline.cancel();
    if (!this.#closed) this.#deadline = this.#endAfter(timeoutMs);
  }

  /**
   * Reads into `buffer`, after waiting if nothing has arrived yet, and returns the part of it that was filled; `null` at
   * the end. Throws an `Error` such as `read tcp A->B: i/o timeout`.
   */
  async read(buffer: Uint8Array): Promise<Uint8Array | null> {
    try {
      const count = await this.#conn.read(buffer);
      return count === null ? null : buffer.subarray(0, count);
    } catch (error) {
      throw this.#explain("read", error);
    }
  }

  /** Writes everything. Throws an `Error` such as `write tcp A->B: write: broken pipe`. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#conn, bytes);
    } catch (error) {
      throw this.#explain("write", error);
    }
  }

  /** Closes the writing side: the peer sees the end of the stream. */
  async closeWrite(): Promise<void> {
    try {
      await this.#conn.closeWrite();
    } catch (error) {
      throw this.#explain("close", error);
    }
  }

  /** Closes at once; a pending read or write fails. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deadline.cancel();
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #endAfter(timeoutMs: number): Timer {
    return after(timeoutMs, () => {
      this.#timedOut = true;
      this.close();
    });
  }

  #explain(operation: "read" | "write" | "close", cause: unknown): Error {
    const reason = this.#timedOut
      ? "i/o timeout"
      : this.#closed
      ? "use of closed network connection"
      : `${operation}: ${osErrorText(cause)}`;
    return new Error(`${operation} tcp ${this.#ends}: ${reason}`, { cause });
  }
}

function endText({ hostname, port }: Endpoint): string {
  return formatHostPort(hostname, port);
}
