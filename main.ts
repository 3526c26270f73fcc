#!/usr/bin/env -S deno run --allow-all
/**
 * The `serf` program.
 *
 * @module
 */

import { runSerf } from "./lib/cli/main.ts";
import { processArguments, ProcessIo } from "./lib/cli/process_io.ts";

if (import.meta.main) Deno.exit(await runSerf(processArguments(), new ProcessIo()));
