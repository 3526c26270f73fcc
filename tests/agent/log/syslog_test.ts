import { LOG_LEVELS, type LogLevel } from "../../../lib/base/log.ts";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Syslog, type SyslogOptions } from "../../../lib/agent/log/syslog.ts";
import { AgentLog } from "../../../lib/agent/log/agent_log.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { DatagramServer } from "../../support/datagram_server.ts";

/** A log, and the daemon it is copied to. */
class Setup implements AsyncDisposable {
  readonly log = new AgentLog(() => new Date(2026, 10, 3, 7, 51, 2));
  level: LogLevel = "TRACE";
  readonly daemon: DatagramServer;
  readonly #directory = new TemporaryDirectory();
  readonly #syslog: Syslog;
  #closing: Promise<void> | undefined;

  constructor(options: Partial<SyslogOptions> = {}) {
    const path = this.#directory.file("log");
    this.daemon = new DatagramServer(path);
    this.#syslog = new Syslog({
      log: this.log,
      level: () => this.level,
      facility: "LOCAL0",
      paths: [this.#directory.file("missing"), this.#directory.path, path],
      ...options,
    });
  }

  /** What the daemon got next, without the time. */
  async received(): Promise<string> {
    const text = await this.daemon.receive();
    return text.replace(/^(<\d+>)[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /, "$1");
  }

  close(): Promise<void> {
    return this.#closing ??= this.#syslog[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    this.daemon[Symbol.dispose]();
    this.#directory[Symbol.dispose]();
  }
}

Deno.test("each line becomes a message, with the level as its severity", async () => {
  await using setup = new Setup();
  for (const level of LOG_LEVELS) setup.log.write(level, `agent: a [b] of ${level}`);
  const got = [];
  for (const _ of LOG_LEVELS) got.push(await setup.received());
  assertEquals(got, [
    `<135>serf[${Deno.pid}]: agent: a [b] of TRACE\n`,
    `<134>serf[${Deno.pid}]: agent: a [b] of DEBUG\n`,
    `<133>serf[${Deno.pid}]: agent: a [b] of INFO\n`,
    `<132>serf[${Deno.pid}]: agent: a [b] of WARN\n`,
    `<131>serf[${Deno.pid}]: agent: a [b] of ERR\n`,
  ]);
});

Deno.test("a message has its time in the format of RFC 3164", async () => {
  await using setup = new Setup();
  setup.log.write("INFO", "agent: x");
  assertMatch(
    await setup.daemon.receive(),
    /^<133>(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([12]\d|3[01]| [1-9]) [012]\d:[0-5]\d:[0-5]\d serf\[/,
  );
});

Deno.test("facilities are found by name in any case", async () => {
  for (const [facility, priority] of [["kern", 5], ["Daemon", 29], ["LOCAL7", 189]] as const) {
    await using setup = new Setup({ facility });
    setup.log.write("INFO", "agent: x");
    assertEquals((await setup.received()).split(">")[0], `<${priority}`);
  }
});

Deno.test("only lines of the level and above are sent, and the level may change", async () => {
  await using setup = new Setup();
  setup.level = "WARN";
  setup.log.write("INFO", "agent: 1");
  setup.log.write("ERR", "agent: 2");
  setup.level = "DEBUG";
  setup.log.write("INFO", "agent: 3");
  assertMatch(await setup.received(), /agent: 2\n$/);
  assertMatch(await setup.received(), /agent: 3\n$/);
});

Deno.test("lines keep their order when the daemon is slow, and the last ones are sent at the end", async () => {
  await using setup = new Setup();
  for (let i = 0; i < 500; i++) setup.log.write("INFO", `agent: ${i}`);
  const closing = setup.close();
  setup.log.write("INFO", "agent: too late");
  for (let i = 0; i < 500; i++) assertMatch(await setup.received(), new RegExp(`: ${i}\n$`));
  await closing;
});

Deno.test("the file of the socket is removed before the first message", async () => {
  await using setup = new Setup();
  setup.log.write("INFO", "agent: x");
  await setup.received();
  const { path } = setup.daemon.sender as Deno.UnixAddr;
  assertMatch(path, /\/serf-[^/]+\/syslog$/);
  assertThrows(() => Deno.statSync(path.slice(0, path.lastIndexOf("/"))), Deno.errors.NotFound);
});

Deno.test("a missing daemon and an unknown facility are errors at once", () => {
  const options = { log: new AgentLog(), level: () => "INFO" as const };
  assertThrows(
    () => new Syslog({ ...options, facility: "LOCAL0", paths: ["/nowhere/log"] }),
    Error,
    "Unix syslog delivery error",
  );
  assertThrows(
    () => new Syslog({ ...options, facility: "local8" }),
    Error,
    "invalid syslog facility: LOCAL8",
  );
});
