/** Two of our agents and two of Serf's in one cluster. */

import { assertEquals } from "@std/assert";
import { errorText } from "../../lib/base/errors.ts";
import { allSee } from "./agent_cluster.ts";
import { Agent } from "../support/agent.ts";
import { interopTest } from "../support/program.ts";
import type { SerfVersion } from "../support/serf_versions.ts";
import { until } from "../support/until.ts";

interface Setting {
  readonly title: string;
  readonly args: readonly string[];
}

const key = (size: number) => btoa(String.fromCharCode(...new Array(size).keys()));

const settings: readonly Setting[] = [
  { title: "plain", args: [] },
  { title: "uncompressed", args: ["-disable-compression"] },
  { title: "with a 16-byte key", args: [`-encrypt=${key(16)}`] },
  { title: "with a 24-byte key", args: [`-encrypt=${key(24)}`] },
  {
    title: "with a 32-byte key, local profile",
    args: [`-encrypt=${key(32)}`, "-profile=local"],
  },
];

/** Agents of both kinds, one, two, three and so on; each joins the one before, so both directions occur. */
async function startCluster(
  serf: SerfVersion,
  args: readonly string[],
): Promise<Agent[] & AsyncDisposable> {
  const agents: Agent[] = [];
  const disposable = Object.assign(agents, {
    async [Symbol.asyncDispose]() {
      await Promise.all(agents.map((agent) => agent[Symbol.asyncDispose]()));
    },
  });
  try {
    for (const [i, kind] of (["ours", serf, "ours", serf] as const).entries()) {
      const join = i === 0 ? [] : [`-join=${agents[i - 1].ip}`];
      agents.push(
        await Agent.start(kind, {
          name: `n${i + 1}`,
          args: [...args, ...join, `-tag=kind=${kind === "ours" ? "ours" : "theirs"}`],
        }),
      );
    }
    return disposable;
  } catch (error) {
    await disposable[Symbol.asyncDispose]();
    throw error;
  }
}

/** The life of one cluster: members join, die, are forgotten, come back and leave. */
async function liveAndDie(serf: SerfVersion, setting: Setting): Promise<void> {
  await using agents = await startCluster(serf, setting.args);
  const [ours, theirs, oursToo, theirsToo] = agents;
  await allSee(agents, { n1: "alive", n2: "alive", n3: "alive", n4: "alive" });

  for (const agent of agents) {
    const tags = Object.fromEntries((await agent.members()).map((m) => [m.name, m.tags.kind]));
    assertEquals(tags, { n1: "ours", n2: "theirs", n3: "ours", n4: "theirs" });
  }

  oursToo.signal("SIGKILL");
  theirsToo.signal("SIGKILL");
  await allSee([ours, theirs], { n1: "alive", n2: "alive", n3: "failed", n4: "failed" });

  // Of the dead, one is only declared left, the other is forgotten, where enough copies of that are sent to be sure
  // that they reach the living: few are with the local profile, and a state exchange tells who left, but not whom to
  // forget.
  const prune = setting.args.includes("-profile=local") ? [] : ["-prune"];
  assertEquals((await ours.cli("ours", "force-leave", "n4")).code, 0);
  assertEquals((await theirs.cli("ours", "force-leave", ...prune, "n3")).code, 0);
  const rest: Record<string, string> = prune.length > 0 ? {} : { n3: "left" };
  await allSee([ours, theirs], { n1: "alive", n2: "alive", ...rest, n4: "left" });

  await using again = await Agent.start("ours", {
    name: "n3",
    ip: oursToo.ip,
    args: [...setting.args, `-join=${theirs.ip}`],
  });
  await allSee([ours, theirs], { n1: "alive", n2: "alive", n3: "alive", n4: "left" });
  // Nobody tells a newcomer of those who were gone before it came.
  await allSee([again], { n1: "alive", n2: "alive", n3: "alive" });

  theirs.signal("SIGINT");
  assertEquals(await theirs.exit, 0);
  await allSee([ours], { n1: "alive", n2: "left", n3: "alive", n4: "left" });
  await allSee([again], { n1: "alive", n2: "left", n3: "alive" });
}

interopTest("both kinds live and die together in every setting", async (serf) => {
  // All clusters live at once: most of the time they wait.
  const outcomes = await Promise.allSettled(settings.map((setting) => liveAndDie(serf, setting)));
  const errors = outcomes.flatMap((outcome, i) =>
    outcome.status === "rejected"
      ? [new Error(`${settings[i].title}: ${errorText(outcome.reason)}`, { cause: outcome.reason })]
      : []
  );
  if (errors.length > 0) throw new AggregateError(errors, errors.map(errorText).join("\n"));
});

interopTest("a tag that changes is seen by both kinds", async (serf) => {
  await using agents = await startCluster(serf, []);
  await allSee(agents, { n1: "alive", n2: "alive", n3: "alive", n4: "alive" });
  for (const [i, changed] of agents.slice(0, 2).entries()) {
    const { code, stdout } = await changed.cli(
      serf,
      "tags",
      "-set=version=2",
      "-delete=kind",
    );
    assertEquals({ code, stdout }, { code: 0, stdout: "Successfully updated agent tags\n" });
    for (const observer of agents) {
      await until(async () => {
        const member = (await observer.members()).find(({ name }) => name === `n${i + 1}`);
        return JSON.stringify(member?.tags) === '{"version":"2"}';
      }, { what: `${observer.name} sees the tags of n${i + 1}` });
    }
  }
});
