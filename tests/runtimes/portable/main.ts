/**
 * The tests that run on Deno, Node and Bun alike: all three have `node:test`. They are bundled into one script, because
 * Node and Bun take scripts and not sources, and run by `tests/runtimes/runtimes_test.ts`.
 *
 * @module
 */

import "./platform.ts";
import "./cluster.ts";
import "./client.ts";
import "./examples.ts";
import "./simulator.ts";
