import { assertEquals } from "@std/assert";
import { scriptProblems } from "../../../lib/agent/handlers/check_scripts.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

/** Scripts in a folder: a good one, and one for each way of being bad. */
function scriptFolder(): TemporaryDirectory {
  const directory = new TemporaryDirectory();
  directory.write({
    "good.sh": "#!/bin/sh\nexit 0\n",
    "good space.sh": "#!/bin/sh\n",
    "env.sh": "#! /usr/bin/env sh\n",
    "plain": "exit 0\n",
    "empty": "",
    "modes.sh": "#!/bin/sh\n",
    "interpreter.sh": "#!/no/such/sh -e\n",
    "windows.sh": "#!/bin/sh\r\nexit 0\r\n",
    "folder/x": "",
  });
  for (const name of ["good.sh", "good space.sh", "env.sh", "plain", "empty"]) {
    Deno.chmodSync(directory.file(name), 0o755);
  }
  for (const name of ["interpreter.sh", "windows.sh"]) Deno.chmodSync(directory.file(name), 0o755);
  Deno.chmodSync(directory.file("modes.sh"), 0o644);
  return directory;
}

Deno.test({
  name: "what cannot run is known",
  ignore: Deno.build.os === "windows",
  async fn() {
    using directory = scriptFolder();
    const { path } = directory;
    const cases = {
      [`${path}/none.sh`]: `${path}/none.sh: no such file or directory`,
      [`  ${path}/none.sh -x | cat`]: `${path}/none.sh: no such file or directory`,
      [`${path}/folder`]: `${path}/folder: is a directory`,
      [`${path}/modes.sh; true`]: `${path}/modes.sh: not executable`,
      [`${path}/interpreter.sh`]:
        `${path}/interpreter.sh: its interpreter /no/such/sh cannot be run`,
      [`${path}/windows.sh`]: `${path}/windows.sh: its interpreter /bin/sh\r cannot be run`,
      "no-such-program --x": "no-such-program: not found",
    };
    const problems = await scriptProblems(Object.keys(cases));
    assertEquals(Object.fromEntries(problems), cases);
    const unparsed = await scriptProblems(["echo (", "if true; then echo", "-x"]);
    assertEquals(unparsed.size, 3);
  },
});

Deno.test({
  name: "there is no false alarm",
  ignore: Deno.build.os === "windows",
  async fn() {
    using directory = scriptFolder();
    const { path } = directory;
    const scripts = [
      ...[`${path}/good.sh`, `${path}/env.sh -a`, `${path}/plain`, `${path}/empty>x`],
      ...[`"${path}/good space.sh"`, `'${path}/none.sh'`, `${path}/good\\ space.sh`],
      ...["cd /nowhere && ./none.sh", "[ -e x ]", "if true; then ./none.sh; fi", "{ ./none.sh; }"],
      ...["! ./none.sh", "$NO_SUCH_VARIABLE/x", "`./none.sh`", "~/none.sh", "A=b ./none.sh"],
      ...["(./none.sh)", "f() { :; }; f", "# nothing", "", "  ", ":", ". ./none.sh", "cat|none"],
      ...[">x echo", "exec ./none.sh", "*.none", "echo a; no-such-program", "cat\n./none.sh"],
      ...["cat <<E\n`none`\nE", "echo \u{e4}", "\u{e4}-none"],
    ];
    assertEquals(await scriptProblems(scripts), new Map());
    assertEquals(await scriptProblems([]), new Map());
  },
});

Deno.test({
  name: "scripts are not run",
  ignore: Deno.build.os === "windows",
  async fn() {
    using directory = new TemporaryDirectory();
    const file = directory.file("touched");
    await scriptProblems([`touch ${file}`, `: $(touch ${file})`, `: \`touch ${file}\``]);
    assertEquals([...Deno.readDirSync(directory.path)], []);
  },
});
