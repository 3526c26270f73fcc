/**
 * Everything that is wrong with a configuration, without starting an agent: an agent ends at the first mistake.
 *
 * @module
 */

import { errorText } from "../../base/errors.ts";
import { osErrorText } from "../../go/os_error.ts";
import { parsePortNumber, splitHostPort } from "../../go/host_port.ts";
import { scriptProblems } from "../handlers/check_scripts.ts";
import { parseHandlerSpec } from "../handlers/handler_spec.ts";
import { parseJoinProvider } from "../join_providers/join_provider.ts";
import { type AgentConfig, configOptions, defaultConfig, mergeConfig } from "./config.ts";
import {
  byPlace,
  fileWarnings,
  type Finding,
  findingsOf,
  type FindingSources,
  placeOfSetting,
} from "./findings.ts";
import { completed, filesAt, readConfigFile, requirePermissionsFor } from "./load_config.ts";
import { type SettingCheck, settingChecks } from "./setting_checks.ts";
import { settingMistakes } from "./setting_mistakes.ts";
import { StartupError } from "./startup_error.ts";

/** Finds it, in files, flags and what they name. A warning does not keep an agent from starting. */
export async function findMistakes(sources: FindingSources): Promise<Finding[]> {
  return await new ConfigChecker(sources).run();
}

class ConfigChecker {
  readonly #sources: FindingSources;
  readonly #findings: Finding[] = [];
  /** Settings that need no further check. */
  readonly #wrong = new Set<keyof AgentConfig>();

  constructor(sources: FindingSources) {
    this.#sources = sources;
  }

  async run(): Promise<Finding[]> {
    const config = this.#readSources();
    this.#attempt(() => requirePermissionsFor(config));
    for (const { setting, problem } of settingMistakes(config)) this.#add(setting, problem);
    for (const check of settingChecks) await this.#runCheck(check, config);
    await this.#checkHandlers(config.eventHandlers);
    for (const setting of ["startJoin", "retryJoin"] as const) {
      await this.#checkTargets(setting, config[setting]);
    }
    for (const notice of completed(config).notices) this.#addNotice(notice);
    return inOrder(this.#findings);
  }

  /** The settings of all files that can be read, and of the flags. */
  #readSources(): AgentConfig {
    let config = defaultConfig;
    const paths = this.#sources.configPaths.flatMap((path) =>
      this.#attempt(() => filesAt(path)) ?? []
    );
    for (const path of paths) {
      const layer = this.#attempt(() => readConfigFile(path));
      if (layer === undefined) continue;
      config = mergeConfig(config, layer);
      this.#findings.push(...fileWarnings(path));
    }
    return mergeConfig(config, this.#sources.layer);
  }

  #attempt<T>(step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      const found = findingsOf(error, this.#sources);
      const whole: Finding = { severity: "error", problem: error.message };
      this.#findings.push(...found.length > 0 ? found : [whole]);
    }
  }

  async #runCheck({ settings, run }: SettingCheck, config: AgentConfig): Promise<void> {
    const given = settings.filter((setting) => isGiven(setting, config));
    if (given.length === 0 || settings.some((setting) => this.#wrong.has(setting))) return;
    const only = { ...defaultConfig };
    for (const setting of given) Object.assign(only, { [setting]: config[setting] });
    try {
      await run(only, (level, text) => {
        if (level === "WARN") {
          this.#add(about(text, given, config), text.replace(/^agent: /, ""), "warning");
        }
      });
    } catch (error) {
      const problem = errorText(error);
      this.#add(about(problem, given, config), problem);
    }
  }

  async #checkHandlers(specs: readonly string[]): Promise<void> {
    const scripts = new Map<string, string>();
    for (const item of specs) {
      try {
        for (const { script } of parseHandlerSpec(item)) scripts.set(item, script);
      } catch (error) {
        this.#addItem("eventHandlers", item, errorText(error));
      }
    }
    const problems = await scriptProblems(scripts.values());
    for (const [item, script] of scripts) {
      const problem = problems.get(script);
      if (problem !== undefined) this.#addItem("eventHandlers", item, `cannot run: ${problem}`);
    }
  }

  /** Checks addresses to join, and files and commands that have them. Names are resolved only by a join. */
  async #checkTargets(
    setting: "startJoin" | "retryJoin",
    targets: readonly string[],
  ): Promise<void> {
    for (const item of targets) {
      const problem = await targetProblem(item);
      if (problem !== undefined) this.#addItem(setting, item, problem);
    }
  }

  /** Serf's warnings name settings in another way. */
  #addNotice(notice: string): void {
    const name = /'(\w)(\w+)'/.exec(notice);
    const setting = name === null ? "" : name[1].toLowerCase() + name[2];
    const known = [setting, `${setting}Ms`].find((name) => Object.hasOwn(configOptions, name));
    if (known === undefined) this.#findings.push({ severity: "warning", problem: notice });
    else this.#add(known as keyof AgentConfig, notice.replace(/^Warning: /, ""), "warning");
  }

  #addItem(setting: keyof AgentConfig, item: string, problem: string): void {
    const place = placeOfSetting({ setting, item }, this.#sources);
    this.#findings.push({ severity: "error", ...place, problem });
  }

  #add(
    setting: keyof AgentConfig,
    problem: string,
    severity: Finding["severity"] = "error",
  ): void {
    if (severity === "error") this.#wrong.add(setting);
    this.#findings.push({ severity, ...placeOfSetting({ setting }, this.#sources), problem });
  }
}

/** What is in one file together, in the order of the file. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const byFile = Map.groupBy(findings, ({ file }) => file);
  return [...byFile.values()].flatMap((ofFile) => ofFile.toSorted(byPlace));
}

function isGiven(setting: keyof AgentConfig, config: AgentConfig): boolean {
  return JSON.stringify(config[setting]) !== JSON.stringify(defaultConfig[setting]);
}

/** The setting whose key or value a text names, else the first. */
function about(
  text: string,
  settings: readonly (keyof AgentConfig)[],
  config: AgentConfig,
): keyof AgentConfig {
  const named = settings.find((setting) => {
    const option = configOptions[setting];
    const value = config[setting];
    return ("key" in option && text.includes(option.key)) ||
      (typeof value === "string" && text.includes(value));
  });
  return named ?? settings[0];
}

function missingFile(path: string): string | undefined {
  try {
    Deno.statSync(path);
  } catch (error) {
    return `open ${path}: ${osErrorText(error)}`;
  }
}

async function targetProblem(target: string): Promise<string | undefined> {
  const provider = parseJoinProvider(target);
  try {
    if (provider?.kind === "file") return missingFile(provider.input);
    if (provider?.kind === "exec") {
      return (await scriptProblems([provider.input])).get(provider.input);
    }
    if (provider !== undefined) return undefined;
    const { port } = splitHostPort(target);
    if (port !== undefined) parsePortNumber(port);
  } catch (error) {
    return errorText(error);
  }
}
