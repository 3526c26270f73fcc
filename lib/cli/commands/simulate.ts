/**
 * `serf simulate`, which the reference does not have.
 *
 * @module
 */

import { FlagError } from "../../go/flags.ts";
import { formatUsage } from "../usage.ts";
import { simulateCommand, simulateFlags } from "../simulate.ts";
import { SimulationError } from "../../sim/simulation_error.ts";
import type { Command } from "../command.ts";
import { CommandFailure, flagFailure } from "../command_failure.ts";

/** Runs a cluster in virtual time and prints how it behaved. */
export const simulate: Command = {
  help: () =>
    formatUsage({
      line: "serf simulate [options]",
      description:
        "Runs a whole cluster inside this process, in virtual time and without a network, and prints how fast it comes together and notices failures. The same seed gives the same run.",
      flags: simulateFlags,
    }),
  run(args, io) {
    try {
      io.out(simulateCommand(args));
      return 0;
    } catch (error) {
      if (error instanceof FlagError) throw flagFailure(error, io);
      const isFailure = error instanceof TypeError || error instanceof RangeError ||
        error instanceof SimulationError;
      throw isFailure ? new CommandFailure(error.message) : error;
    }
  },
};
