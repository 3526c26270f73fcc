/**
 * An agent process from its arguments to its exit code: `serf agent`.
 *
 * @module
 */

import { type Log, parseLogLevel } from "../../base/log.ts";
import { type CommandIo, flagFailure, UsageFailure } from "../command.ts";
import { VERSION } from "../version.ts";
import { errorText } from "../../base/errors.ts";
import { after } from "../../base/timer.ts";
import type { Tracer } from "../../host/tracing.ts";
import { FlagError } from "../../go/flags.ts";
import { AgentLog } from "../../agent/log/agent_log.ts";
import { failureText } from "../../rpc/failure_text.ts";
import { openListener } from "../../rpc/server/listener/open_listener.ts";
import { RpcServer } from "../../rpc/server/server.ts";
import type { Agent } from "../../agent/agent.ts";
import { settingFlags } from "./agent_flags.ts";
import { parseAgentArguments, parseAgentFlags } from "./parse_agent_flags.ts";
import { AgentOutput } from "./agent_output.ts";
import { closeInspector } from "./close_inspector.ts";
import { formatBanner } from "./banner.ts";
import { type AgentConfig, keysForRestart } from "../../agent/config/config.ts";
import { readRpcSettings, type RpcSettings } from "../../agent/config/rpc_settings.ts";
import { invalidLogLevel, requireLogLevel } from "../../agent/config/setting_mistakes.ts";
import { StartupError } from "../../agent/config/startup_error.ts";
import type { Discovery, DiscoveryOptions } from "../../agent/discovery/discovery.ts";
import { loadConfig, type LoadedConfig } from "../../agent/config/load_config.ts";
import { LogPrinter } from "../../agent/log/log_printer.ts";
import {
  type LogFormats,
  logFormats,
  type StructuredFormat,
} from "../../agent/log/structured_log.ts";
import { joinWithProviders } from "../../agent/join_providers/join_with_providers.ts";
import { retryJoin } from "../../agent/retry_join.ts";
import type { LogFile } from "./log_file.ts";
import { onSignal, SignalQueue } from "./signal_queue.ts";
import { startAgent } from "../../agent/start_agent.ts";
import { startTelemetry } from "../../agent/telemetry/start_telemetry.ts";
import type { MetricRegistry } from "../../agent/telemetry/telemetry.ts";
import type { Syslog, SyslogOptions } from "../../agent/log/syslog.ts";

/** How long a graceful leave may take; Serf has the same limit (`gracefulTimeout`). */
const LEAVE_TIMEOUT_MS = 3_000;

/**
 * Runs an agent until a signal, a leave or a failure ends it, and returns the exit code: 0 after a graceful leave or a
 * lost name conflict, otherwise 1.
 */
export async function runAgent(args: readonly string[], io: CommandIo): Promise<number> {
  const output = new AgentOutput(io);
  try {
    const flags = parseAgentArguments(args);
    if (flags["check-config"]) {
      const { checkConfiguration } = await import("./check_config.ts");
      return await checkConfiguration(flags, io);
    }
    if (flags.format !== undefined) throw new UsageFailure("-format is for -check-config");
    return await new AgentProcess(args, readConfig(args, output), output).run();
  } catch (error) {
    if (error instanceof FlagError) throw flagFailure(error);
    if (!(error instanceof StartupError)) throw error;
    output.fail(error.message);
    await tellPlaces(error, args, output);
    const { hintFor } = await import("../report_failure.ts");
    const hint = hintFor(error.message);
    if (hint !== undefined) output.hint(hint);
    return 1;
  } finally {
    await output.flush();
  }
}

/** Loads the configuration. Throws a `FlagError` or a {@link StartupError}. */
function readConfig(args: readonly string[], output: AgentOutput): LoadedConfig {
  const loaded = loadConfig(parseAgentFlags(args));
  for (const notice of loaded.notices) output.say(notice);
  return loaded;
}

/** Tells where in files the mistakes are, if that can be found out. */
async function tellPlaces(
  error: StartupError,
  args: readonly string[],
  output: AgentOutput,
): Promise<void> {
  // Of a mistake in the flags there is nothing more to tell.
  if (error.mistakes.every((mistake) => "flag" in mistake)) return;
  const { findingsOf, formatFinding } = await import("../../agent/config/findings.ts");
  const { nearest } = await import("../nearest.ts");
  const sources = { ...parseAgentFlags(args), flags: settingFlags, nearest };
  for (const finding of findingsOf(error, sources)) {
    if (finding.file !== undefined) output.hint(formatFinding(finding));
  }
}

class AgentProcess {
  readonly #args: readonly string[];
  readonly #output: AgentOutput;
  readonly #log = new AgentLog();
  readonly #startedWith: AgentConfig;
  /** The configuration of the last reload. */
  #loaded: LoadedConfig;

  constructor(args: readonly string[], loaded: LoadedConfig, output: AgentOutput) {
    this.#args = args;
    this.#startedWith = loaded.config;
    this.#loaded = loaded;
    this.#output = output;
  }

  async run(): Promise<number> {
    const { config } = this.#loaded;
    const output = this.#output;
    const log = this.#log;
    const level = requireLogLevel(config.logLevel);
    const formats = logFormatsOf(config);
    output.format = formats?.text;
    const print = (text: string) => output.log(text);
    using printer = new LogPrinter(log, { level, format: formats?.line, print });
    await using cleanup = new AsyncDisposableStack();
    const file = cleanup.use(await openLogFile(config, { log, level, formats }));
    cleanup.use(await openSyslog(config, { log, level: () => printer.level }));
    const http = await loadHttp(config);
    const registry = http?.registry;
    const { metrics, report } = cleanup.use(startTelemetry(config, { log: log.write, registry }));
    cleanup.defer(onSignal("SIGUSR1", () => {
      closeInspector(log.write);
      report().forEach((line) => output.metric(line));
    }));
    const rpcSettings = readRpcSettings(config, log.write);
    await this.#warnOfHandlers();
    const { agent, network } = await startAgent(this.#loaded, {
      say: (text) => output.say(text),
      log,
      metrics,
      metricsReport: report,
      tracer: await loadTracer(),
      version: VERSION,
    });
    cleanup.defer(() => agent.stop());
    cleanup.use(await startDiscovery(config, { agent, log: log.write }));
    const rpc = cleanup.use(await listenForClients(rpcSettings, agent, log));
    cleanup.use(await http?.start({ agent, rpc, log: log.write }));
    output.say("Starting Serf agent RPC...");
    output.say("Serf agent running!");
    const facts = { ...network, encrypted: agent.encrypted };
    for (const line of formatBanner(config, facts)) output.detail(line);
    await this.#startJoin(agent);
    using signals = new SignalQueue();
    output.detail("");
    output.say("Log data will now stream in as it occurs:\n");
    printer.open();
    const ending = new AbortController();
    cleanup.defer(() => ending.abort());
    return await this.#supervise(agent, {
      printers: file === undefined ? [printer] : [printer, file.printer],
      signals,
      gaveUp: this.#retryJoin(agent, ending.signal),
    });
  }

  async #startJoin(agent: Agent): Promise<void> {
    const { startJoin, replayOnJoin: replay } = this.#loaded.config;
    if (startJoin.length === 0) return;
    this.#output.say(`Joining cluster...(replay: ${replay})`);
    try {
      const log = this.#log.write;
      const count = await joinWithProviders(startJoin, { agent, replay, log });
      this.#output.detail(`Join completed. Synced with ${count} initial agents`);
    } catch (error) {
      throw new StartupError(failureText(error));
    }
  }

  /** Resolves when all retries of `retry_join` have failed. */
  async #retryJoin(agent: Agent, signal: AbortSignal): Promise<"gave up"> {
    const { config } = this.#loaded;
    const log = this.#log.write;
    if (config.retryJoin.length > 0 && !await retryJoin(config, { agent, log, signal })) {
      return "gave up";
    }
    return await new Promise<never>(() => {});
  }

  /** Waits for something that ends the agent, and reloads the configuration on SIGHUP. */
  async #supervise(
    agent: Agent,
    { printers, signals, gaveUp }: {
      printers: readonly LogPrinter[];
      signals: SignalQueue;
      gaveUp: Promise<"gave up">;
    },
  ): Promise<number> {
    const closed = agent.closed.then(() => "closed" as const);
    for (;;) {
      const cause = await Promise.race([signals.next(), gaveUp, closed]);
      if (cause === "gave up") return 1;
      if (cause === "closed") return 0;
      this.#output.say(`Caught signal: ${cause}`);
      if (cause !== "hangup") {
        return this.#isGraceful(cause) ? await this.#leave(agent, signals) : 1;
      }
      await this.#reload(agent, printers);
    }
  }

  #isGraceful(signal: "interrupt" | "terminated"): boolean {
    const { leaveOnTerminate, skipLeaveOnInterrupt } = this.#loaded.config;
    return signal === "interrupt" ? !skipLeaveOnInterrupt : leaveOnTerminate;
  }

  /** Leaves the cluster. The exit code is 1 if another signal arrives, or the leave fails or takes too long. */
  async #leave(agent: Agent, signals: SignalQueue): Promise<number> {
    this.#output.say("Gracefully shutting down agent...");
    const { promise, resolve } = Promise.withResolvers<number>();
    let waiting = true;
    using _timer = after(LEAVE_TIMEOUT_MS, () => resolve(1));
    signals.next().then(() => resolve(1));
    agent.leave().then(
      () => resolve(0),
      (error) => waiting && this.#output.say(`Error: ${errorText(error)}`),
    );
    const code = await promise;
    waiting = false;
    return code;
  }

  /** Reads the configuration again, and applies the settings that can change while the agent runs. */
  async #reload(agent: Agent, printers: readonly LogPrinter[]): Promise<void> {
    const output = this.#output;
    output.say("Reloading configuration...");
    const loaded = await this.#readConfigAgain();
    if (loaded === undefined) return;
    this.#loaded = loaded;
    const level = parseLogLevel(loaded.config.logLevel);
    if (level === undefined) output.say(invalidLogLevel(loaded.config.logLevel));
    else for (const printer of printers) printer.level = level;
    agent.setHandlers(loaded.handlers, { waitDelayMs: loaded.config.handlerWaitDelayMs });
    const keys = keysForRestart(this.#startedWith, loaded.config);
    if (keys.length > 0) {
      this.#log.write("WARN", `agent: Changes that take a restart: ${keys.join(", ")}`);
    }
    try {
      await agent.setTags(loaded.config.tags);
    } catch (error) {
      output.say(`Failed to update tags: ${errorText(error)}`);
    }
    await this.#warnOfHandlers();
  }

  /** Warns of handlers that cannot run. */
  async #warnOfHandlers(): Promise<void> {
    const { handlers } = this.#loaded;
    if (handlers.length === 0) return;
    const log = this.#log.write;
    const { scriptProblems } = await import("../../agent/handlers/check_scripts.ts");
    try {
      const problems = await scriptProblems(handlers.map(({ script }) => script));
      for (const [script, problem] of problems) {
        log("WARN", `agent: Event handler '${script}' cannot run: ${problem}`);
      }
    } catch (error) {
      log("WARN", `agent: Event handlers cannot run: ${errorText(error)}`);
    }
  }

  async #readConfigAgain(): Promise<LoadedConfig | undefined> {
    const output = this.#output;
    try {
      return readConfig(this.#args, output);
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      output.say(error.message);
      output.say("Failed to reload configs");
      await tellPlaces(error, this.#args, output);
    }
  }
}

/** The formats for machines, if one is wanted. */
function logFormatsOf({ logFormat }: AgentConfig): LogFormats | undefined {
  return logFormat === "text" ? undefined : logFormats(logFormat as StructuredFormat);
}

/** Loads what keeps a log file, and below syslog and discovery, only where they are wanted. */
async function openLogFile(
  config: AgentConfig,
  options: Parameters<typeof LogFile.open>[1],
): Promise<LogFile | undefined> {
  if (config.logFile === "") return undefined;
  const { LogFile } = await import("./log_file.ts");
  return LogFile.open(config, options);
}

async function openSyslog(
  { enableSyslog, syslogFacility: facility }: AgentConfig,
  options: Pick<SyslogOptions, "log" | "level">,
): Promise<Syslog | undefined> {
  if (!enableSyslog) return undefined;
  const { Syslog } = await import("../../agent/log/syslog.ts");
  try {
    return new Syslog({ ...options, facility });
  } catch (error) {
    throw new StartupError(`Syslog setup failed: ${errorText(error)}`);
  }
}

/**
 * Loads OpenTelemetry only where Deno exports spans, which it has registered there as a provider. The environment would
 * not tell: an executable has the settings with which it was compiled.
 */
async function loadTracer(): Promise<Tracer | undefined> {
  const key = Symbol.for("opentelemetry.js.api.1");
  const registered = (globalThis as { [key]?: { readonly trace?: unknown } })[key];
  if (registered?.trace === undefined) return undefined;
  const { OpenTelemetryTracer } = await import(
    "../../agent/telemetry/open_telemetry_tracer.ts"
  );
  return new OpenTelemetryTracer();
}

/** The HTTP API before the agent has started. */
interface LoadedHttp {
  /** Collects metrics from the start. */
  readonly registry: MetricRegistry;
  readonly start: (
    options: { readonly agent: Agent; readonly rpc: RpcServer; readonly log: Log },
  ) => Promise<AsyncDisposable>;
}

/** Loads the HTTP API, which takes its time, only where it is wanted. */
async function loadHttp(config: AgentConfig): Promise<LoadedHttp | undefined> {
  if (config.httpAddr === "") return undefined;
  const { HttpServer, PrometheusRegistry } = await import("../../agent/http/http_server.ts");
  const registry = new PrometheusRegistry(config.metricsPrefix);
  return {
    registry,
    start({ agent, rpc, log }) {
      registry.observe("agent.ipc.clients", "RPC connections", () => rpc.clients);
      return HttpServer.start(config, { agent, registry, log });
    },
  };
}

async function startDiscovery(
  config: AgentConfig,
  options: DiscoveryOptions,
): Promise<Discovery | undefined> {
  if (config.discover === "") return undefined;
  const { Discovery } = await import("../../agent/discovery/discovery.ts");
  try {
    return await Discovery.start(config, options);
  } catch (error) {
    throw new StartupError(`Error starting mDNS listener: ${errorText(error)}`);
  }
}

async function listenForClients(
  { address, tls, ...settings }: RpcSettings,
  agent: Agent,
  log: AgentLog,
): Promise<RpcServer> {
  try {
    return new RpcServer(await openListener(address, { tls }), { ...settings, agent, log });
  } catch (error) {
    throw new StartupError(`Error starting RPC listener: ${errorText(error)}`);
  }
}
