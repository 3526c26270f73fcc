/**
 * Configuration files and command lines of agents: settings with values of the right kind and of others, and damaged text.
 *
 * @module
 */

import { assert } from "@std/assert";
import { configOptions } from "../../lib/agent/config/config.ts";
import { decodeConfig } from "../../lib/agent/config/decode_config.ts";
import { loadConfig } from "../../lib/agent/config/load_config.ts";
import { StartupError } from "../../lib/agent/config/startup_error.ts";
import { agentFlags } from "../../lib/cli/agent/agent_flags.ts";
import { parseAgentFlags } from "../../lib/cli/agent/parse_agent_flags.ts";
import { UsageFailure } from "../../lib/cli/command.ts";
import { FlagError } from "../../lib/go/flags.ts";
import type { Random } from "../../lib/sim/random.ts";
import { type Fuzzer, type Target, timeOf } from "./fuzzer.ts";
import { TEXTS } from "./telling_values.ts";

const KEYS = Object.values(configOptions).flatMap((option) => "key" in option ? [option.key] : []);
const FLAGS = Object.keys(agentFlags).map((name) => `-${name}`);

const decoder = new TextDecoder();

/** Values of settings, right and wrong. */
const VALUES: readonly unknown[] = [
  ...["5s", "1h2m", "-1s", "1e400s", "9223372036854775807ns", "9223372036854775808ns", "s", "."],
  ...["127.0.0.1", "[::1]:7946", ":", "::", "1.2.3.4:99999", "10.0.0.0/8", "10.0.0.0/99", "lan"],
  ...["user:deploy=./a.sh", "=", "query:=x", "member-join,member-leave=x", "a,b,c", "*=", "a=b"],
  ...[0, 1, -1, 0.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 64, true, false, null],
  ...[
    "true",
    "T",
    "0",
    "07",
    "0x1f",
    "1_000",
    "-5",
    "+5",
    "INFO",
    "wan",
    "AAAA",
    "=====",
    "\ud800",
  ],
  ...TEXTS.filter(({ length }) => length < 600).map((bytes) => decoder.decode(bytes)),
];

/** Reads the settings of one agent after the other. */
class SettingsTarget implements Target {
  readonly #random: Random;
  input = "";
  tookMs = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  attempt(): void {
    if (this.#random.chance(0.5)) this.#tryFile();
    else this.#tryFlags();
  }

  #tryFile(): void {
    const text = this.#file();
    this.input = text;
    const bytes = new TextEncoder().encode(text);
    this.tookMs = timeOf(() => {
      expecting([SyntaxError, TypeError, StartupError], () => {
        loadConfig({ layer: decodeConfig(bytes), configPaths: [] });
      });
    });
  }

  #tryFlags(): void {
    const args = Array.from({ length: this.#random.below(6) }, () => this.#arguments()).flat();
    this.input = JSON.stringify(args);
    this.tookMs = timeOf(() => {
      expecting([FlagError, UsageFailure, StartupError], () => {
        loadConfig({ layer: parseAgentFlags(args).layer, configPaths: [] });
      });
    });
  }

  /** Settings as JSON, damaged in a third of all cases. */
  #file(): string {
    const random = this.#random;
    let text = JSON.stringify(this.#object(0));
    for (let times = random.chance(0.3) ? 1 + random.below(3) : 0; times > 0; times--) {
      const [start, end] = [random.below(text.length + 1), random.below(text.length + 1)];
      const rest = random.chance(0.5) ? text.slice(start + 1) : text.slice(end);
      text = text.slice(0, start) +
        this.#any(['"', "{", "}", "[", "\\u", "\\", "1e", ",", "\0", ""]) +
        rest;
    }
    return text;
  }

  #object(depth: number): Record<string, unknown> {
    const entries = Array.from({ length: this.#random.below(5) }, () => {
      const key = this.#any(KEYS);
      // What belongs to an object of its own has a dot in it.
      const name = this.#random.chance(0.1) ? String(this.#any(VALUES)) : key.split(".")[0];
      return [name, this.#value(depth)];
    });
    return Object.fromEntries(entries);
  }

  #value(depth: number): unknown {
    const random = this.#random;
    if (depth < 4 && random.chance(0.2)) return this.#object(depth + 1);
    if (depth < 4 && random.chance(0.2)) {
      return Array.from({ length: random.below(4) }, () => this.#value(depth + 1));
    }
    return this.#any(VALUES);
  }

  /** One flag, with its value behind a `=`, in the next argument, or missing. */
  #arguments(): string[] {
    const random = this.#random;
    const value = String(this.#any(VALUES));
    if (random.chance(0.02)) return [value];
    const flag = random.chance(0.03) ? `-${value}` : this.#any(FLAGS);
    if (random.chance(0.1)) return [random.chance(0.5) ? flag : `-${flag}`];
    // Behind a flag that takes none, a value is an argument, and ends the flags.
    return random.chance(0.8) ? [`${flag}=${value}`] : [flag, value];
  }

  #any<T>(values: readonly T[]): T {
    return values[this.#random.below(values.length)];
  }
}

/** Lets through only errors of other classes than those that are documented. */
function expecting(classes: readonly (new (message: string) => Error)[], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!classes.some((known) => error instanceof known)) throw error;
    assert(typeof (error as Error).message === "string");
  }
}

/** An agent reads its settings once. */
export const settingsFuzzer: Fuzzer = {
  name: "settings",
  limitMs: 20,
  create: (random) => new SettingsTarget(random),
};
