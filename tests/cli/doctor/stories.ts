/**
 * Clusters in which something is wrong, as real processes in networks of their own, and what `serf doctor` says of each.
 * The process needs a network namespace of its own (`isolated`); its output is JSON.
 */

import { RpcClient } from "../../../lib/rpc/client/client.ts";
import { FaultyNetwork, type Host } from "../../soak/faulty_network.ts";
import { Agent, GOSSIP_PORT, RPC_PORT } from "../../support/agent.ts";
import { commandLine } from "../../support/program.ts";
import { anySerf } from "../../support/serf_versions.ts";
import { sleep } from "../../support/sleep.ts";
import { until } from "../../support/until.ts";

/** What the doctor said. */
export interface Story {
  readonly exit: number;
  readonly stdout: string;
}

const [KEY, OTHER_KEY] = [1, 2].map((fill) => new Uint8Array(16).fill(fill).toBase64());
/** An address that no host has. */
const NOWHERE = "10.9.99.9";

await using stack = new AsyncDisposableStack();
const network = stack.use(await FaultyNetwork.create());
const hosts: Host[] = [];
for (let i = 0; i < 19; i++) hosts.push(await network.addHost());
const [plain, silent, wide, narrow, right, wrong, first, twin, otherTwin, locked, lockedOut] =
  hosts;
const [asker, witness, killed, frozen, gone, oneWay, strained, relaxed] = hosts.slice(11);
const faults = { withoutUdp: [silent], narrow: [narrow] };
await network.setFaults(faults);

/** So long it may take until a cause is found; most of it is the time of suspicions on a busy machine. */
const LIMIT_MS = 90_000;
/** Who is asked. */
const ASKED = [plain, wide, wrong, first, locked, asker, strained];
/** An agent stands still for so long, milliseconds: much longer than on a machine that is merely busy. */
const STOP_MS = 3_000;

/** Starts an agent; those who are asked are ours, the others of Serf if it is there. */
async function start(host: Host, name: string, ...args: string[]): Promise<Agent> {
  const kind = ASKED.includes(host) ? "ours" : anySerf ?? "ours";
  const agent = await Agent.start(kind, {
    name,
    ip: host.ip,
    through: host.through,
    args,
  });
  return stack.use(agent);
}

/** Runs the doctor on a host. */
async function ask(host: Host, ...args: string[]): Promise<Story> {
  const doctor = commandLine("ours", ["doctor", `-rpc-addr=${host.ip}:${RPC_PORT}`, ...args]);
  const [program, ...rest] = [...host.through, doctor.program, ...doctor.args];
  const { code, stdout } = await new Deno.Command(program, {
    args: rest,
    env: { NO_COLOR: "1" },
    stderr: "inherit",
  }).output();
  return { exit: code, stdout: new TextDecoder().decode(stdout) };
}

const joining = ({ ip }: Host) => `-join=${ip}:${GOSSIP_PORT}`;

/** Asks until the answer mentions some things, which take some seconds to come about. */
async function askUntil(host: Host, ...patterns: RegExp[]): Promise<Story> {
  let story = await ask(host);
  const mentions = () => patterns.every((pattern) => pattern.test(story.stdout));
  await until(async () => {
    if (!mentions()) story = await ask(host);
    return mentions();
  }, {
    what: `the doctor says ${patterns.join(" and ")}`,
    detail: () => story.stdout,
    timeoutMs: LIMIT_MS,
  });
  return story;
}

const stories: Readonly<Record<string, () => Promise<Story>>> = {
  async "UDP is blocked"() {
    await start(plain, "plain");
    await start(silent, "silent", joining(plain));
    return await ask(plain);
  },
  async "large packets are lost"() {
    await start(wide, "wide");
    await start(narrow, "narrow", joining(wide));
    return await ask(wide);
  },
  async "the advertised address is wrong"() {
    await start(right, "right");
    await start(wrong, "wrong", joining(right), `-advertise=${NOWHERE}:${GOSSIP_PORT}`);
    return await ask(wrong);
  },
  async "two agents have one name"() {
    await start(first, "first");
    await start(twin, "twin", joining(first));
    await start(otherTwin, "twin", `-retry-join=${first.ip}:${GOSSIP_PORT}`);
    return await askUntil(first, /twin: one at/);
  },
  async "a key is missing"() {
    await start(locked, "locked", `-encrypt=${KEY}`);
    await start(
      lockedOut,
      "locked-out",
      `-encrypt=${OTHER_KEY}`,
      `-retry-join=${locked.ip}:${GOSSIP_PORT}`,
      "-retry-interval=1s",
    );
    return await askUntil(locked, /encrypted/);
  },
  async "members are killed, frozen, cut off, or reached in one direction only"() {
    await start(asker, "asker");
    const join = joining(asker);
    const [, ended, stopped] = await Promise.all([
      start(witness, "witness", join),
      start(killed, "killed", join),
      start(frozen, "frozen", join),
      start(gone, "gone", join),
      start(oneWay, "one-way", join),
    ]);
    await using client = await RpcClient.connect({ address: `${asker.ip}:${RPC_PORT}` });
    // Of a member that has never answered, the address might be wrong.
    await until(async () => {
      const names = ["witness", "killed", "frozen", "gone", "one-way"];
      const answers = await Promise.allSettled(names.map((name) => client.why(name)));
      return answers.every((told) => told.status === "fulfilled" && told.value.lastAnswer !== null);
    }, { what: "all have answered the asker", timeoutMs: LIMIT_MS });
    await network.setFaults({ ...faults, cutOff: [gone], cut: [[asker, oneWay]] });
    ended.signal("SIGKILL");
    stopped.signal("SIGSTOP");
    return await askUntil(
      asker,
      /process of killed has ended/,
      /process of frozen stands still/,
      /host of gone is down/,
      /those of one-way reach asker/,
    );
  },
  async "the agent that is asked is overloaded"() {
    const agent = await start(strained, "strained");
    await start(relaxed, "relaxed", joining(strained));
    agent.signal("SIGSTOP");
    await sleep(STOP_MS);
    agent.signal("SIGCONT");
    return await askUntil(strained, /process of strained stood still/);
  },
};

const told = await Promise.all(
  Object.entries(stories).map(async ([name, tell]) => [name, await tell()] as const),
);
const secondStart = [`-bind=${plain.ip}:${GOSSIP_PORT}`, "-rpc-addr=127.0.0.1:1"];
told.push(["a port is in use", await ask(plain, ...secondStart)]);
console.log(JSON.stringify(Object.fromEntries(told)));
