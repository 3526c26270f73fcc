/**
 * Python with the client that others have written for Serf, in an environment of its own.
 *
 * @module
 */

import { CACHE_FOLDER } from "./serf_versions.ts";

/** What `deno task serf:clients` installs from PyPI. */
export const PYTHON_PACKAGES = ["serfclient==1.2.0"] as const;

/** Where it installs that. */
export const PYTHON_FOLDER: string = `${CACHE_FOLDER}/python`;

/** The Python that has the client. */
export const python: string = `${PYTHON_FOLDER}/bin/python`;

/** Why tests with it cannot run here; `undefined` where they can. */
export const missingPythonClient: string | undefined = hasClient()
  ? undefined
  : "there is no serfclient here (with Python: deno task serf:clients)";

function hasClient(): boolean {
  try {
    const args = ["-c", "import serfclient.client"];
    return new Deno.Command(python, { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
