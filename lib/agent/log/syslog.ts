/**
 * Copying the log to syslog, over the Unix datagram socket of the system's log daemon.
 *
 * @module
 */

import { encodeText } from "../../base/text.ts";
import { levelPasses, type LogLevel } from "../../base/log.ts";
import { delay } from "../../base/timer.ts";
import { Subscription } from "../../base/subscription.ts";
import type { AgentLog } from "./agent_log.ts";
import type { LogLine } from "../../rpc/server/rpc_agent.ts";

/** Facilities by name, with their numbers (RFC 5424, table 1). */
const FACILITIES: ReadonlyMap<string, number> = new Map([
  ["KERN", 0],
  ["USER", 1],
  ["MAIL", 2],
  ["DAEMON", 3],
  ["AUTH", 4],
  ["SYSLOG", 5],
  ["LPR", 6],
  ["NEWS", 7],
  ["UUCP", 8],
  ["CRON", 9],
  ["AUTHPRIV", 10],
  ["FTP", 11],
  ...Array.from({ length: 8 }, (_, i) => [`LOCAL${i}`, 16 + i] as const),
]);

/** Severities (RFC 5424, table 2) by level: debug, info, notice, warning, error, as Serf chooses them. */
const SEVERITIES: Readonly<Record<LogLevel, number>> = {
  TRACE: 7,
  DEBUG: 6,
  INFO: 5,
  WARN: 4,
  ERR: 3,
};

/** Where systems have the socket of their log daemon; Go's `log/syslog` has the same list. */
const PATHS = ["/dev/log", "/var/run/syslog", "/var/run/log"];

/** How long the end of the agent waits for a daemon that does not read. */
const FLUSH_TIMEOUT_MS = 1_000;

/** The most lines that wait for a slow daemon; further ones are dropped. */
const MAX_WAITING = 1_024;

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Which lines are sent, and where to. */
export interface SyslogOptions {
  readonly log: AgentLog;
  /** Returns the lowest level that is sent; called for each line. */
  readonly level: () => LogLevel;
  /** The name of a facility, in any case, as in `LOCAL0`. */
  readonly facility: string;
  /** Paths of sockets, of which the first that exists is used. Default: where systems usually have it. */
  readonly paths?: readonly string[];
}

/** Sends each line of the log as one datagram, in order, under the program name `serf`. */
export class Syslog implements AsyncDisposable {
  readonly #facility: number;
  readonly #socket: Deno.DatagramConn;
  readonly #to: Deno.UnixAddr;
  readonly #waiting = new Subscription<Uint8Array>({ capacity: MAX_WAITING });
  readonly #sending: Promise<void>;
  readonly #subscription: Disposable;

  /** Throws an `Error` that says why the lines cannot be sent. Failures after that are ignored. */
  constructor({ log, level, facility, paths = PATHS }: SyslogOptions) {
    this.#facility = facilityNumber(facility);
    const path = paths.find(isSocket);
    if (path === undefined) throw new Error("Unix syslog delivery error");
    this.#to = { transport: "unixpacket", path };
    this.#socket = openSocket();
    this.#sending = this.#send();
    this.#subscription = log.subscribe((line) => {
      if (levelPasses(line.level, level())) this.#waiting.push(encodeText(this.#format(line)));
    });
  }

  /** Sends the lines that wait, for at most a second, and closes the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    this.#waiting.close();
    const finished = new AbortController();
    this.#sending.then(() => finished.abort());
    await delay(FLUSH_TIMEOUT_MS, finished.signal);
    this.#socket.close();
  }

  async #send(): Promise<void> {
    for await (const bytes of this.#waiting) {
      try {
        await this.#socket.send(bytes, this.#to);
      } catch {
        // The daemon may be restarting; the next line is tried again.
      }
    }
  }

  /** The format of local messages: RFC 3164 without the host name, as in Go's `log/syslog`. */
  #format({ level, text }: LogLine): string {
    const priority = 8 * this.#facility + SEVERITIES[level];
    const message = text.slice(text.indexOf("] ") + 2);
    return `<${priority}>${timeStamp(new Date())} serf[${Deno.pid}]: ${message}\n`;
  }
}

function facilityNumber(name: string): number {
  const number = FACILITIES.get(name.toUpperCase());
  if (number === undefined) throw new Error(`invalid syslog facility: ${name.toUpperCase()}`);
  return number;
}

function isSocket(path: string): boolean {
  try {
    return Deno.statSync(path).isSocket === true;
  } catch {
    return false;
  }
}

/** Opens a socket to send from. Its file, which only a reply would need, is removed at once. */
function openSocket(): Deno.DatagramConn {
  if (typeof Deno.listenDatagram !== "function") {
    throw new Error("this program was started without Deno's unstable net API");
  }
  const directory = Deno.makeTempDirSync({ prefix: "serf-" });
  try {
    return Deno.listenDatagram({ transport: "unixpacket", path: `${directory}/syslog` });
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** `Jan  2 15:04:05`, in local time. */
function timeStamp(time: Date): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(pad).join(":");
  return `${MONTHS[time.getMonth()]} ${String(time.getDate()).padStart(2)} ${clock}`;
}
