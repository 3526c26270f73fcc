/**
 * Sending the log to the system's.
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

/** The severities of our levels (RFC 5424, table 2): debug, info, notice, warning, error. */
const SEVERITIES: Readonly<Record<LogLevel, number>> = {
  TRACE: 7,
  DEBUG: 6,
  INFO: 5,
  WARN: 4,
  ERR: 3,
};

/** Where systems have the socket of their log. */
const PATHS = ["/dev/log", "/var/run/syslog", "/var/run/log"];

/** How long a daemon that does not read may hold up our end. */
const FAREWELL_MS = 1_000;

/** Lines that wait because the daemon is slow; more are dropped. */
const MAX_WAITING = 1_024;

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Which lines are sent, and how. */
export interface SyslogOptions {
  readonly log: AgentLog;
  /** The least level that is sent, asked for each line. */
  readonly level: () => LogLevel;
  /** The name of a facility, in any case, as in `LOCAL0`. */
  readonly facility: string;
  /** Sockets to look for, the first one found is taken. By default where systems usually have it. */
  readonly paths?: readonly string[];
}

/** Copies the log to the system's, as that of a program `serf`: one datagram for each line, in order. */
export class Syslog implements AsyncDisposable {
  readonly #facility: number;
  readonly #socket: Deno.DatagramConn;
  readonly #to: Deno.UnixAddr;
  readonly #waiting = new Subscription<Uint8Array>({ capacity: MAX_WAITING });
  readonly #sending: Promise<void>;
  readonly #subscription: Disposable;

  /** Throws an `Error` that says why there is no log to write to. What goes wrong later is told nobody. */
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

  /** Sends what waits, as far as the daemon takes it within a second, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    this.#waiting.close();
    const finished = new AbortController();
    this.#sending.then(() => finished.abort());
    await delay(FAREWELL_MS, finished.signal);
    this.#socket.close();
  }

  async #send(): Promise<void> {
    for await (const bytes of this.#waiting) {
      try {
        await this.#socket.send(bytes, this.#to);
      } catch {
        // The daemon is away; the next line may find it back.
      }
    }
  }

  /** The form of local messages (RFC 3164 without the host name), which the reference uses too. */
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

/** A socket of our own. Only those who want answers need its name, so the file is gone again at once. */
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
