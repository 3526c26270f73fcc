/** The files for containers, Kubernetes, systemd and GitHub, checked by the programs that know their forms. */

import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { parseAgentFlags } from "../../lib/cli/agent/parse_agent_flags.ts";
import { VERSION } from "../../lib/cli/version.ts";
import { hasProgram } from "../support/has_program.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { linterTest } from "./linters.ts";

const packaging = "lib/packaging";
const container = `${packaging}/container/Containerfile`;
const compose = `${packaging}/container/compose.yaml`;
const kubernetes = `${packaging}/kubernetes/serf.yaml`;
const unit = `${packaging}/systemd/serf.service`;

function read(path: string): string {
  return Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));
}

linterTest("the container file has the form that hadolint wants", "hadolint", (hadolint) => {
  assertEquals(hadolint(container), "");
});

linterTest("the compose file follows the specification", "check-jsonschema", (checkSchema) => {
  checkSchema("--builtin-schema=vendor.compose-spec", compose);
});

linterTest("Kubernetes knows all keys of its file", "kubernetes-validate", (validate) => {
  const output = validate("--strict", kubernetes);
  for (const kind of ["service", "poddisruptionbudget", "statefulset"]) {
    assertStringIncludes(output, `passed for resource ${kind}/serf`);
  }
});

linterTest("the workflows have no mistakes that actionlint finds", "actionlint", (actionlint) => {
  assertEquals(actionlint(".github/workflows/ci.yml", ".github/workflows/release.yml"), "");
});

linterTest(
  "the shell scripts have no mistakes that shellcheck finds",
  "shellcheck",
  (shellcheck) => {
    assertEquals(shellcheck(".ci/run", ".github/workflows/smoke_test"), "");
  },
);

linterTest(
  "systemd takes the unit, and finds that it exposes little",
  "systemd-analyze",
  (systemd) => {
    using directory = new TemporaryDirectory();
    // The program has to exist for the check.
    directory.write({ "serf.service": read(unit).replace("/usr/bin/serf ", "/bin/true ") });
    assertEquals(systemd("verify", directory.file("serf.service")), "");
    const report = systemd("security", "--offline=true", directory.file("serf.service"));
    const exposure = /exposure level for serf\.service: ([\d.]+)/.exec(report)?.[1];
    assertLess(Number(exposure), 2);
  },
);

const sysusersMissing = hasProgram("systemd-sysusers") && Deno.uid() === 0
  ? undefined
  : "there is no systemd-sysusers here, or no root";

Deno.test({
  name: "systemd makes the agent's user, and a folder that only it and root can read" +
    (sysusersMissing === undefined ? "" : ` (skipped: ${sysusersMissing})`),
  ignore: sysusersMissing !== undefined,
  fn() {
    using root = new TemporaryDirectory();
    Deno.mkdirSync(root.file("etc"));
    for (
      const [program, ...args] of [
        ["systemd-sysusers", `${packaging}/systemd/sysusers.conf`],
        ["systemd-tmpfiles", "--create", `${packaging}/systemd/tmpfiles.conf`],
      ]
    ) {
      const { success, stderr } = new Deno.Command(program, {
        args: [
          `--root=${root.path}`,
          ...args.slice(0, -1),
          new URL(`../../${args.at(-1)}`, import.meta.url).pathname,
        ],
      }).outputSync();
      assert(success, new TextDecoder().decode(stderr));
    }
    const user = Deno.readTextFileSync(root.file("etc/passwd")).split("\n")
      .find((line) => line.startsWith("serf:"));
    assertMatch(user ?? "", /^serf:x:\d+:\d+:Serf agent:\/var\/lib\/serf:.*nologin$/);
    const { mode, uid, gid } = Deno.statSync(root.file("etc/serf"));
    assertEquals([mode! & 0o777, uid, gid], [0o750, 0, Number(user!.split(":")[3])]);
  },
});

Deno.test("the agent takes the arguments that the files give it", () => {
  const started = /^ExecStart=\/usr\/bin\/serf agent (.*)$/m.exec(read(unit))![1].split(" ");
  const composed: string[] = JSON.parse(/^ +command: (\[.*\])$/m.exec(read(compose))![1]);
  const pod = read(kubernetes).match(/(?<=^ +- )-.*$/gm)!;
  assertEquals(composed[0], "agent");
  for (const args of [started, composed.slice(1), pod]) {
    const { layer, configPaths } = parseAgentFlags(args);
    assert(layer.snapshotPath === "/var/lib/serf/snapshot" || layer.retryJoin!.length > 0);
    assert(configPaths.every((path) => path === "/etc/serf"));
  }
});

Deno.test("the image of Kubernetes is that of this version", () => {
  assertStringIncludes(read(kubernetes), `image: serf:${VERSION}\n`);
});
