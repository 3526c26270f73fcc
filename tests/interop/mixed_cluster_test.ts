/** Two of our agents and two of the reference's in one cluster. */

import { assertEquals } from "@std/assert";
import { allSee } from "./agent_cluster.ts";
import { Agent } from "../support/agent.ts";
import { interopTest, type Kind } from "../support/program.ts";
import { until } from "../support/until.ts";

const kinds: readonly Kind[] = ["ours", "reference", "ours", "reference"];

interface Setting {
  readonly title: string;
  /** The first three bytes of the agents' addresses. */
  readonly network: string;
  readonly args: readonly string[];
}

const key = (size: number) => btoa(String.fromCharCode(...new Array(size).keys()));

const settings: readonly Setting[] = [
  { title: "plain", network: "127.0.50", args: [] },
  { title: "uncompressed", network: "127.0.52", args: ["-disable-compression"] },
  { title: "with a 16-byte key", network: "127.0.53", args: [`-encrypt=${key(16)}`] },
  { title: "with a 24-byte key", network: "127.0.54", args: [`-encrypt=${key(24)}`] },
  {
    title: "with a 32-byte key, local profile",
    network: "127.0.55",
    args: [`-encrypt=${key(32)}`, "-profile=local"],
  },
];

/** Agents of both kinds, one, two, three and so on; each joins the one before, so both directions occur. */
async function startCluster({ network, args }: Setting): Promise<Agent[] & AsyncDisposable> {
  const agents: Agent[] = [];
  const disposable = Object.assign(agents, {
    async [Symbol.asyncDispose]() {
      await Promise.all(agents.map((agent) => agent[Symbol.asyncDispose]()));
    },
  });
  try {
    for (const [i, kind] of kinds.entries()) {
      const join = i === 0 ? [] : [`-join=${network}.${i}`];
      agents.push(
        await Agent.start(kind, {
          name: `n${i + 1}`,
          ip: `${network}.${i + 1}`,
          args: [...args, ...join, `-tag=kind=${kind}`],
        }),
      );
    }
    return disposable;
  } catch (error) {
    await disposable[Symbol.asyncDispose]();
    throw error;
  }
}

for (const setting of settings) {
  interopTest(`both kinds live and die together: ${setting.title}`, async () => {
    await using agents = await startCluster(setting);
    const [ours, reference, oursToo, referenceToo] = agents;
    await allSee(agents, { n1: "alive", n2: "alive", n3: "alive", n4: "alive" });

    for (const agent of agents) {
      const tags = Object.fromEntries((await agent.members()).map((m) => [m.name, m.tags.kind]));
      assertEquals(tags, { n1: "ours", n2: "reference", n3: "ours", n4: "reference" });
    }

    oursToo.signal("SIGKILL");
    referenceToo.signal("SIGKILL");
    await allSee([ours, reference], { n1: "alive", n2: "alive", n3: "failed", n4: "failed" });

    // Of the dead, one is only declared left, the other is forgotten, where enough copies of that are sent to be sure
    // that they reach the living: few are with the local profile, and a state exchange tells who left, but not whom to
    // forget.
    const prune = setting.args.includes("-profile=local") ? [] : ["-prune"];
    assertEquals((await ours.cli("ours", "force-leave", "n4")).code, 0);
    assertEquals((await reference.cli("ours", "force-leave", ...prune, "n3")).code, 0);
    const rest: Record<string, string> = prune.length > 0 ? {} : { n3: "left" };
    await allSee([ours, reference], { n1: "alive", n2: "alive", ...rest, n4: "left" });

    await using again = await Agent.start("ours", {
      name: "n3",
      ip: `${setting.network}.3`,
      args: [...setting.args, `-join=${setting.network}.2`],
    });
    await allSee([ours, reference], { n1: "alive", n2: "alive", n3: "alive", n4: "left" });
    // Nobody tells a newcomer of those who were gone before it came.
    await allSee([again], { n1: "alive", n2: "alive", n3: "alive" });

    reference.signal("SIGINT");
    assertEquals(await reference.exit, 0);
    await allSee([ours], { n1: "alive", n2: "left", n3: "alive", n4: "left" });
    await allSee([again], { n1: "alive", n2: "left", n3: "alive" });
  });
}

interopTest("a tag that changes is seen by both kinds", async () => {
  const setting = { title: "", network: "127.0.56", args: [] };
  await using agents = await startCluster(setting);
  await allSee(agents, { n1: "alive", n2: "alive", n3: "alive", n4: "alive" });
  for (const [i, changed] of agents.slice(0, 2).entries()) {
    const { code, stdout } = await changed.cli(
      "reference",
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
