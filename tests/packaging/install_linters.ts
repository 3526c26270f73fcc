/** `deno task packaging:linters`: installs what checks the files for installing, into a cache folder; takes Python and Go. */

import { GO_LINTER, LINTER_FOLDER, PYTHON_LINTERS } from "./linters.ts";

const python = `${LINTER_FOLDER}/bin/python`;
const steps: readonly (readonly [program: string, ...args: string[]])[] = [
  ["python3", "-m", "venv", "--clear", LINTER_FOLDER],
  [python, "-m", "pip", "install", "--quiet", "--retries=1", ...PYTHON_LINTERS],
  ["go", "install", GO_LINTER],
];

for (const [program, ...args] of steps) {
  try {
    const { success } = await new Deno.Command(program, {
      args,
      env: { GOBIN: `${LINTER_FOLDER}/bin` },
    }).spawn().status;
    if (!success) Deno.exitCode = 1;
  } catch (error) {
    console.log(`No ${program}: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  }
}
