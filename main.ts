#!/usr/bin/env -S deno run --allow-all
/**
 * The `serf` program.
 *
 * @module
 */

import { runSerf } from "./lib/cli/main.ts";
import { ProcessIo } from "./lib/cli/process_io.ts";

if (import.meta.main) Deno.exit(await runSerf(Deno.args, new ProcessIo()));
