/**
 * `serf simulate`, which the original Serf does not have: how a cluster of a given size behaves when its network loses
 * datagrams and its nodes fail, as a table, as JSON and as a chart.
 *
 * @module
 */

import { decodeJson } from "../../go/decode_json.ts";
import type { FlagSpecs, FlagValues } from "../../go/flags.ts";
import { osErrorText } from "../../go/os_error.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import { type ScenarioResult, ScenarioRun } from "../../sim/scenario/scenario_run.ts";
import { SimulationError } from "../../sim/simulation_error.ts";
import {
  type Command,
  CommandFailure,
  type CommandIo,
  refuseArguments,
  UsageFailure,
} from "../command.ts";
import { formatFlag, formatResult, parseFormat } from "../output.ts";
import { parseFlags } from "../parse_flags.ts";
import { drawChart } from "../simulate/chart.ts";
import { ShapeError } from "../simulate/json_shape.ts";
import { ProgressLine } from "../simulate/progress_line.ts";
import { formatReport, type Outcome, reportAsJson } from "../simulate/report.ts";
import { readScenario } from "../simulate/scenario_file.ts";
import { type Variant, variantsOf } from "../simulate/variants.ts";

/** The flags that say what a scenario file says too. They have no default here, to see whether they were given. */
const scenarioFlags = {
  nodes: { kind: "int", value: "n", help: "How many nodes the cluster has. Default: 100." },
  seconds: { kind: "int", value: "n", help: "Virtual seconds to run. Default: 60." },
  profile: { kind: "string", value: "name", help: "lan, wan or local. Default: lan." },
  loss: {
    kind: "string",
    value: "share",
    help: "Share of datagrams that are lost, from 0 to 1. Default: 0.",
  },
  kill: {
    kind: "int",
    value: "n",
    help: "How many nodes are killed after a sixth of the time. Default: 1, if there are others.",
  },
  "event-rate": {
    kind: "string",
    value: "n",
    help: "User events per second, from anywhere. Default: 0.2.",
  },
} as const satisfies FlagSpecs;

const simulateFlags = {
  ...scenarioFlags,
  formed: {
    kind: "bool",
    default: true,
    help:
      "Starts with a formed cluster. With -formed=false the nodes join the first one, which takes long with thousands of them.",
  },
  seed: { kind: "int", value: "n", help: "Decides everything that is random. Default: 1." },
  scenario: {
    kind: "string",
    value: "file",
    help: "Reads what is simulated from a JSON file instead of the flags above, all but -seed.",
  },
  compare: {
    kind: "string",
    value: "list",
    help:
      "Sets variants side by side: profiles (lan,wan), or settings to change (probe_interval=500ms), several of them joined by +. A single one is compared with the profile as it is.",
  },
  chart: { kind: "string", value: "file", help: "Also writes a chart, as SVG." },
  format: formatFlag,
} as const satisfies FlagSpecs;

/** Runs clusters in virtual time and prints how they behaved. */
export const simulate: Command = {
  usage: {
    line: "serf simulate [options]",
    description:
      "Runs a whole cluster inside this process, in virtual time and without a network, and prints how soon failures are noticed, how many are false, how soon user events arrive, and what that costs. The protocol is the one that the agent runs. The same seed gives the same run.",
    flags: simulateFlags,
  },
  async run(args, io) {
    const flags = parse(args);
    try {
      parseFormat(flags.format); // before anything is run
      const scenario = flags.scenario === undefined
        ? scenarioOfFlags(flags)
        : await scenarioOfFile(flags.scenario, flags);
      const outcomes = await runAll(variantsOf(scenario, flags.compare), io);
      if (flags.chart !== undefined) await write(flags.chart, drawChart(outcomes));
      io.out(formatResult(flags.format, {
        text: () => formatReport(outcomes),
        json: () => reportAsJson(outcomes),
      }));
      return 0;
    } catch (error) {
      throw asFailure(error, flags);
    }
  },
};

type Flags = FlagValues<typeof simulateFlags>;

function parse(args: readonly string[]): Flags {
  // `deno task sim -- -nodes=5` passes the dashes on.
  const ours = args[0] === "--" ? args.slice(1) : args;
  const { flags, positionals } = parseFlags(ours, simulateFlags);
  refuseArguments(positionals);
  return flags;
}

/** What is wrong with the flags or the file, or went wrong in the run, as a failure; a defect stays what it is. */
function asFailure(error: unknown, { format }: Flags): unknown {
  if (error instanceof ShapeError) return new UsageFailure(error.message);
  const isFailure = error instanceof RangeError || error instanceof SimulationError;
  const failure = isFailure ? new CommandFailure(error.message) : error;
  if (failure instanceof CommandFailure) failure.inJson = format === "json";
  return failure;
}

/** The scenario of the flags, checked like a file. */
function scenarioOfFlags(flags: Flags): Scenario {
  const { nodes, seconds = 60, profile, formed, seed, kill = nodes === 1 ? 0 : 1 } = flags;
  const rate = Number(flags["event-rate"] ?? 0.2);
  const loss = Number(flags.loss ?? 0);
  const given = { nodes, profile, seed, loss: Number.isNaN(loss) ? flags.loss : loss };
  try {
    return readScenario({
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      seconds,
      formed,
      kills: kill === 0 ? [] : [{ nodes: kill, at: `${Math.round(seconds * 1000 / 6)}ms` }],
      events: rate === 0 ? [] : [{ per_second: Number.isNaN(rate) ? flags["event-rate"] : rate }],
    });
  } catch (error) {
    if (error instanceof ShapeError) throw new ShapeError("", flagText(error.message));
    throw error;
  }
}

/** The flags in place of the keys of a file. */
function flagText(message: string): string {
  return message
    .replace(/^kills\[0\]\.nodes:/, "-kill:")
    .replace(/^events\[0\]\.per_second:/, "-event-rate:")
    .replace(/^(\w+):/, "-$1:");
}

async function scenarioOfFile(file: string, flags: Flags): Promise<Scenario> {
  const twice = (Object.keys(scenarioFlags) as (keyof typeof scenarioFlags)[])
    .find((name) => flags[name] !== undefined);
  if (twice !== undefined) {
    throw new UsageFailure(`Cannot use -${twice} with -scenario: ${file} says it`);
  }
  try {
    const scenario = readScenario(decodeJson(await Deno.readFile(file)));
    return flags.seed === undefined ? scenario : { ...scenario, seed: flags.seed };
  } catch (error) {
    throw new CommandFailure(`Cannot use the scenario ${file}: ${osErrorText(error)}`);
  }
}

/** Runs all variants one after the other. */
async function runAll(variants: readonly Variant[], io: CommandIo): Promise<readonly Outcome[]> {
  const progress = new ProgressLine(io);
  const outcomes: Outcome[] = [];
  for (const [i, variant] of variants.entries()) {
    const result = await runOne(
      variant,
      (share) => progress.show((i + share) / variants.length, variant.name),
    );
    outcomes.push({ ...variant, result });
  }
  await progress.clear();
  return outcomes;
}

async function runOne(
  { scenario }: Variant,
  show: (share: number) => Promise<void>,
): Promise<ScenarioResult> {
  await show(0);
  const run = new ScenarioRun(scenario);
  while (!run.isOver) {
    run.step();
    await show(run.seconds / scenario.seconds);
  }
  return run.result();
}

async function write(file: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(file, text);
  } catch (error) {
    throw new CommandFailure(`Cannot write the chart: open ${file}: ${osErrorText(error)}`);
  }
}
