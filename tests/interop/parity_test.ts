/**
 * Both command lines against both kinds of agents: the same commands must say the same and exit alike, whichever program
 * runs them and whichever answers, except for the manners of ours that `our_manners.ts` lists.
 */

import { lookup } from "node:dns/promises";
import { assertEquals } from "@std/assert";
import { runUntil, type Step } from "../support/interrupted_process.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";
import { AgentCluster, allSee, join } from "./agent_cluster.ts";
import type { Agent } from "../support/agent.ts";
import { type CommandResult, interopTest, type Kind, run } from "../support/program.ts";
import { claimNetwork } from "../support/local_addresses.ts";
import type { SerfVersion } from "../support/serf_versions.ts";
import { until } from "../support/until.ts";
import { comparable } from "./comparable.ts";
import { doneInstead, inOurManners } from "./our_manners.ts";

/** Whose command line is run, and whose agents are asked. */
interface Programs {
  readonly cli: Kind;
  readonly agents: Kind;
}

/** All combinations of ours and a version of Serf. The first is what the others are measured by. */
function combinationsWith(serf: SerfVersion): Programs[] {
  return [
    { cli: serf, agents: serf },
    { cli: "ours", agents: serf },
    { cli: serf, agents: "ours" },
    { cli: "ours", agents: "ours" },
  ];
}

/** One for each combination. */
const networks = Array.from({ length: 4 }, claimNetwork);

const keys = ["HvY8ubRZMgafUOWvrOadwOckVa1wN3QWAo46FVKbVN8=", "AAAAAAAAAAAAAAAAAAAAAA=="];

/** What a command is to say, and what it said once it is over. */
interface Saying {
  readonly line: string;
  result?: CommandResult;
}

/** One combination of programs at work: agents on a network of their own, and what commands have said. */
class Stage extends AgentCluster {
  /** In the order of the script, also where that runs commands side by side. */
  readonly said: Saying[] = [];
  /** Where the agents run. */
  readonly directory = new TemporaryDirectory();
  readonly #programs: Programs;
  readonly #network: string;

  constructor(programs: Programs, network: string) {
    super();
    this.#programs = programs;
    this.#network = network;
  }

  /** Starts agents by name, each with its arguments; their addresses are numbered from `first` on. */
  async raise(plans: Readonly<Record<string, readonly string[]>>, first = 1): Promise<Agent[]> {
    const kind = this.#programs.agents;
    return await this.start(
      Object.entries(plans).map(([name, args], i) => (
        { kind, name, args, ip: `${this.#network}.${first + i}`, cwd: this.directory.path }
      )),
    );
  }

  /** Runs command lines without their RPC address, each written as one string with spaces between arguments. */
  async say(agent: Agent, ...lines: readonly string[]): Promise<void> {
    const sayings = lines.map((line): Saying => ({ line }));
    this.said.push(...sayings);
    for (const saying of sayings) {
      const [command, ...args] = saying.line.split(" ");
      saying.result = await agent.cli(this.#programs.cli, command, ...args);
      if (this.#programs.cli === "ours") await this.#doInstead(agent, saying.line);
    }
  }

  /** Runs a command that goes on until `steps` end it. */
  async follow(agent: Agent, line: string, ...steps: readonly Step[]): Promise<void> {
    const [command, ...args] = line.split(" ");
    const result = await runUntil(
      this.#programs.cli,
      [command, `-rpc-addr=${agent.rpcAddress}`, ...args],
      ...steps,
    );
    this.said.push({ line, result });
  }

  async #doInstead(agent: Agent, line: string): Promise<void> {
    if (!(line in doneInstead)) return;
    await using client = await agent.rpc();
    await doneInstead[line](client);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

/** Plays a script with all combinations of programs at once, and compares what was said. */
async function compare(
  serf: SerfVersion,
  script: (stage: Stage) => Promise<void>,
): Promise<void> {
  const [expected, ...others] = await Promise.all(
    combinationsWith(serf).map(async (programs, i) => {
      await using stage = new Stage(programs, networks[i]);
      await script(stage);
      return { programs, said: stage.said };
    }),
  );
  for (const { programs: { cli, agents }, said } of others) {
    for (const [i, { line, result }] of said.entries()) {
      const what = `${line}: ${cli} command line on ${agents} agent, against Serf's own`;
      const theirs = expected.said[i].result!;
      const wanted = cli === "ours" ? inOurManners(line, theirs) : theirs;
      assertEquals(comparable(result!), comparable(wanted), what);
    }
  }
}

interopTest("in a cluster everybody says the same", (serf) =>
  compare(serf, async (stage) => {
    const [alpha, bravo, doomed] = await stage.raise({
      "alpha": [
        "-tag=role=web",
        "-tag=dc=east",
        "-event-handler=query:load=echo 1.23",
        "-event-handler=query:raw=printf '\\377\\n\\n<a>'",
      ],
      "bravo|b": ["-tag=<k>=&v", "-event-handler=query:load=cat"],
      "doomed": [],
    });
    await stage.say(bravo, `join ${alpha.ip}`);
    await join(doomed, alpha.ip);
    const alive = { "alpha": "alive", "bravo|b": "alive" };
    await allSee([alpha, bravo, doomed], { ...alive, "doomed": "alive" });
    await Promise.all([
      stage.say(alpha, ...listing, ...keyOperations),
      stage.say(alpha, "reachability -verbose"),
      untilCoordinates(alpha, bravo),
    ]);
    doomed.signal("SIGKILL");
    await Promise.all([
      stage.say(alpha, "reachability"), // begins before anybody knows that one is missing
      stage.say(alpha, ...changes),
      stage.say(alpha, ...mistakes, ...estimates),
      stage.say(alpha, ...queries),
    ]);
    await allSee([alpha, bravo], { ...alive, "doomed": "failed" });
    await stage.say(bravo, "info", "members", "members -status=failed");
    await stage.say(alpha, "members -status=alive|failed", "force-leave doomed", "members", "info");
    await stage.say(alpha, "force-leave -prune doomed", "members", "force-leave -prune nobody");
    await stage.say(bravo, "leave");
    await bravo.exit; // until then it still takes connections
    await stage.say(bravo, "leave");
    await allSee([alpha], { "alpha": "alive", "bravo|b": "left" });
    await stage.say(alpha, "members -status=left -format=json", "members -status=ali", "info");
    await stage.say(alpha, "leave");
    await alpha.exit;
    await stage.say(alpha, "members");
    assertEquals([await bravo.exit, await alpha.exit], [0, 0]);
  }));

const listing = [
  "members",
  "members -detailed",
  "members -format=json",
  "members -format JSON x y",
  "members -name=al.*",
  "members -name=zzz|d",
  "members -name=[",
  "members -name=(?i)ALPHA -status=ali(ve)?",
  "members -status=ali",
  "members -status=left -format=json",
  "members -tag role=web -tag dc=w.*",
  "members -tag nokey= -format=json",
  "members -tag role=x -role=w[a-f]b",
  "members -tag novalue",
  "members -role=web -format=json",
  "info",
  "info -format=json",
  "info -format=xml",
  "join 127.0.0.1:1",
];

const keyOperations = [
  "keys -list",
  `keys -install=${keys[0]}`,
  "keys -use=zz!",
  "keys -remove=AAAA",
  "keys -list -use=a",
];

const changes = [
  "event deploy",
  "event -coalesce=false deploy v1",
  "event ",
  `event big ${"x".repeat(600)}`,
  `event n ${"x".repeat(511)}`,
  "event a b c",
  "tags -set a=1 -set b=x=y",
  "members -name=alpha -format=json",
  "tags -delete a -delete b -set dc=west",
  "members -name=alpha",
  "tags -set novalue",
  `tags -set big=${"x".repeat(600)}`,
  "tags",
];

const mistakes = [
  "rtt",
  "rtt nobody",
  'rtt alpha a"b\\c',
  "rtt a b c",
  "join",
  "join no..such 127.0.0.1:2",
  "force-leave",
  "force-leave nobody",
  "members -format=xml",
  "monitor -log-level=foo",
  "event -bogus x",
  "query -timeout=x load",
];

const estimates = ["rtt alpha", "rtt bravo|b", "rtt alpha bravo|b", "rtt alpha alpha"];

const queries = [
  "query -timeout=1500ms load",
  "query -timeout=1500ms -format=json load payload",
  "query -timeout=1500ms -no-ack load",
  "query -timeout=200ms -no-ack -format=json nothing",
  "query -timeout=1500ms raw",
  "query -timeout=1500ms -format=json raw",
  "query -timeout=1500ms -node=alpha -node=zzz load",
  "query -timeout=1500ms -tag role=e -tag dc=t load",
  "query -timeout=200ms -tag role=[ load",
  "query -timeout=1500ms -relay-factor=0x2 load",
  "query -timeout=-1s nothing",
  "query -format=xml load",
  "query -relay-factor=256 load",
  "query -tag=x load",
  "query _serf_foo",
  "query -timeout=1500ms -node=alpha _serf_ping",
  "query _serf_ping x",
  `query load ${"x".repeat(1200)}`,
  "query a b c",
];

async function untilCoordinates(agent: Agent, other: Agent): Promise<void> {
  await using client = await agent.rpc();
  await until(async () => (await client.coordinate(other.name)) !== undefined, {
    what: `${agent.name} has measured ${other.name}`,
  });
}

/** Why a name cannot be found not to exist here; `undefined` where a name server says so. */
const resolverMissing: string | undefined = await lookup("nosuch.invalid").then(
  () => "the name server here knows every name",
  ({ code }) => code === "ENOTFOUND" ? undefined : "no name server answers here",
);

interopTest(
  "a name that does not exist is refused alike",
  (serf) =>
    compare(serf, async (stage) => {
      const [alpha] = await stage.raise({ alpha: [] });
      await stage.say(alpha, "join nosuch.invalid 127.0.0.1:2");
    }),
  { missing: resolverMissing },
);

interopTest("with a token everybody says the same", (serf) =>
  compare(serf, async (stage) => {
    await Deno.writeTextFile(stage.directory.file("token.json"), '{"rpc_auth": "s3cret"}');
    const [agent] = await stage.raise({ alpha: ["-config-file=token.json"] });
    await stage.say(
      agent,
      "members",
      "event x",
      "monitor",
      "query x",
      "info",
      "leave",
      "keys -list",
      "reachability",
      "rtt a b",
      "rtt a",
      "join 127.0.0.1",
      "tags -set a=b",
      "force-leave a",
      "members -rpc-auth=nope",
      "members -rpc-auth=",
      "members -rpc-auth=s3cret",
    );
  }));

interopTest(
  "of an encrypted cluster everybody says the same",
  (serf) =>
    compare(serf, async (stage) => {
      const ringFiles = ["alpha.json", "bravo.json"].map((name) => stage.directory.file(name));
      for (const path of ringFiles) {
        await Deno.writeTextFile(path, JSON.stringify(keys.slice(0, 1)));
      }
      const [alpha, bravo] = await stage.raise({
        alpha: ["-keyring-file=alpha.json"],
        bravo: ["-keyring-file=bravo.json"],
      });
      await stage.say(bravo, `join ${alpha.ip}`);
      await allSee([alpha], { alpha: "alive", bravo: "alive" });
      const [first, second] = keys;
      await stage.say(
        alpha,
        "keys -list",
        `keys -install ${second}`,
        "keys -list",
        `keys -use ${second}`,
        `keys -remove ${second}`,
        `keys -remove ${first}`,
        `keys -use ${first}`,
        "keys -install AAAA",
        "keys -install a!b",
        "keys -list=true x",
        "keys",
        "info",
      );
      for (const path of ringFiles) {
        assertEquals(await Deno.readTextFile(path), `[\n  "${second}"\n]`);
      }

      // What cannot be stored is reported.
      await Deno.remove(ringFiles[1]);
      await Deno.mkdir(ringFiles[1]);
      await stage.say(alpha, `keys -install ${first}`, `keys -use ${first}`, "keys -list");
    }),
);

interopTest("everybody's monitor shows the same", (serf) =>
  compare(serf, async (stage) => {
    const [alpha] = await stage.raise({ alpha: ["-tag=a=b"] });
    await alpha.printed("Received event: member-join");
    let bravo: Promise<Agent[]> | undefined;
    await stage.follow(
      alpha,
      "monitor",
      {
        cue: /Accepted client[^]*Accepted client/,
        act: () => alpha.cli(serf, "event", "-coalesce=false", "deploy", "v1"),
      },
      {
        cue: /deploy[^]*deploy/,
        act: () => bravo = stage.raise({ bravo: [`-join=${alpha.ip}`] }, 2),
      },
      {
        cue: /EventMemberJoin: bravo[^]*Received event: member-join/,
        act: () => bravo?.then(([agent]) => agent.signal("SIGINT")),
      },
      {
        cue: /EventMemberLeave: bravo[^]*Received event: member-leave/,
        act: () => alpha.cli(serf, "event", "-coalesce=false", "last"),
      },
      { cue: /"last"[^]*: last|: last[^]*"last"/, act: (child) => child.kill("SIGINT") },
    );
    await bravo;
  }));

interopTest(
  "an interrupt, and the death of the agent, end everything alike",
  (serf) =>
    compare(serf, async (stage) => {
      const [alpha] = await stage.raise({ alpha: [] });
      const interrupt = (child: Deno.ChildProcess) => child.kill("SIGINT");
      const kill = () => alpha.signal("SIGKILL");
      await stage.follow(alpha, "reachability", { cue: "Starting", act: interrupt });
      await stage.follow(alpha, "query -timeout=20s x", {
        cue: "Ack from 'alpha'",
        act: interrupt,
      });
      await stage.follow(alpha, "query -timeout=20s x", { cue: "Ack from 'alpha'", act: kill });
      await alpha.exit; // until then it still takes connections
      await stage.say(alpha, "members", "leave");
    }),
);

interopTest("bad flags are refused alike", async (serf) => {
  const commands = "event force-leave info join keys leave members monitor query reachability rtt";
  const flags = ["-bogus", "-rpc-addr", "-h=x", "--rpc-addr=127.255.0.9:1 --", "-=x", "---x"];
  for (const command of [...commands.split(" "), "tags"]) {
    await Promise.all(flags.map(async (flag) => {
      const args = [command, ...flag.split(" ")];
      const [ours, theirs] = await Promise.all([run("ours", args), run(serf, args)]);
      const line = args.join(" ");
      assertEquals(comparable(ours), comparable(inOurManners(line, theirs)), line);
    }));
  }
});
