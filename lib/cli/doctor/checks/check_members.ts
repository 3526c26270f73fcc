/**
 * Whether members reach each other: what came of trying, and what they say of each other.
 *
 * @module
 */

import { isLoopback } from "../../../base/address.ts";
import { countOf, type Finding } from "../finding.ts";
import { type AgentFacts, type HostFacts, type MemberProbe, PROBE_SIZES } from "../facts.ts";

/** So many clocks or addresses are named, and so many members that are hard to reach. */
const MAX_NAMED = 5;
const MAX_TOLD = 20;

/** Datagrams and streams to every member. */
export function checkReachability({ name, probes }: AgentFacts): Finding[] {
  const others = probes.filter(({ member, status }) => member !== name && status !== "left");
  const findings = others.flatMap(findingOf);
  const good = others.filter((probe) => findingOf(probe).length === 0);
  const told = findings.slice(0, MAX_TOLD);
  if (findings.length > MAX_TOLD) {
    told.push({
      status: "fail",
      seen: `${countOf(findings.length - MAX_TOLD, "more member")} with such problems`,
      advice: "Begin with what they have in common.",
    });
  }
  if (good.length === 0) return told;
  const seen = `${countOf(good.length, "other member")} answered by UDP, up to ${
    Math.max(...PROBE_SIZES)
  } bytes, and by TCP`;
  return [{ status: "ok", seen }, ...told];
}

function findingOf({ member, address, status, udp, tcp }: MemberProbe): Finding[] {
  const who = `${member} (${address})`;
  const answered = PROBE_SIZES.filter((size) => udp[size] > 0);
  const silent = PROBE_SIZES.filter((size) => udp[size] === 0);
  if (answered.length === 0 && tcp === true) {
    return [{
      status: "fail",
      seen: `${who} answers by TCP but not by UDP`,
      advice: "UDP is blocked: let UDP packets to and from its port pass, in both directions.",
    }];
  }
  if (answered.length === 0) {
    return [{
      status: "fail",
      seen: `${who}, listed as ${status}, answers neither by UDP nor by TCP (${tcp})`,
      advice: SILENCE.find(([pattern]) => pattern.test(`${tcp}`))?.[1],
    }];
  }
  if (silent.length > 0) {
    return [{
      status: "fail",
      seen: `${who} answers packets of ${Math.max(...answered)} bytes but not of ${
        Math.min(...silent)
      }`,
      advice:
        "The way there loses large packets: a tunnel or interface has a smaller MTU, and fragments are dropped.",
    }];
  }
  if (tcp !== true) {
    return [{
      status: "fail",
      seen: `${who} answers by UDP but not by TCP (${tcp})`,
      advice:
        "TCP is blocked: joins and state exchanges need it. Let TCP to its port pass, in both directions.",
    }];
  }
  const attempts = Math.max(...PROBE_SIZES.map((size) => udp[size]));
  if (attempts > 1) {
    return [{
      status: "warn",
      seen: `${who} answered only at attempt ${attempts}`,
      advice: "Packets to it, or its answers, get lost, or it is overloaded.",
    }];
  }
  if (status === "failed") {
    return [{
      status: "warn",
      seen: `${who} is listed as failed, but answers`,
      advice: "It may have been cut off until now; see what `serf why` tells of it.",
    }];
  }
  return [];
}

/** How the stream of a member failed that does not answer, and what to do: the system of its host tells what is wrong. */
const SILENCE: readonly (readonly [tcp: RegExp, advice: string])[] = [
  [
    /connection refused$/,
    "Its host is up, but nothing listens there: does its agent run? Is this the address under which others reach it (-advertise)?",
  ],
  [
    /^read .*i\/o timeout$/,
    "Its host accepts connections, but its process stands still or gets no processor time: was it stopped, or is the machine overloaded?",
  ],
  [
    /^dial .*(i\/o timeout|no route to host)$/,
    "Its host is down or cut off, or a firewall drops packets, in one direction at least.",
  ],
  [
    /(?:)/,
    "Does its agent run? Is this the address under which others reach it (-advertise)? Has it the same keys and label?",
  ],
];

/** The address that the agent tells others to reach it at. */
export function checkAdvertised(
  { name, members, probes, checkups = [] }: AgentFacts,
  { addresses, process }: HostFacts,
): Finding[] {
  const own = members.find((member) => member.name === name);
  if (own === undefined) return [];
  const { host, text } = own.address;
  const others = members.filter((member) => member.name !== name);
  const elsewhere = others.some((member) => !isLoopback(member.address.host));
  if (isLoopback(host) && elsewhere) {
    return [{
      status: "fail",
      seen: `this agent advertises ${text}, which is another machine to everybody else`,
      advice: "Set -advertise, or -bind, to the address under which others reach it.",
    }];
  }
  const wrong = checkups.find(({ seesAgentAt }) =>
    seesAgentAt !== undefined && seesAgentAt !== text
  );
  if (wrong !== undefined) {
    return [{
      status: "fail",
      seen: `this agent advertises ${text}, but ${wrong.member} knows it at ${wrong.seesAgentAt}`,
      advice: "Does another agent have the same name? Names must be unique.",
    }];
  }
  // Only where the agent is on this machine do the addresses of this machine say anything.
  if (process === undefined || addresses.includes(host) || isLoopback(host)) {
    return [{ status: "ok", seen: `this agent advertises ${text}` }];
  }
  const probe = probes.find(({ member }) => member === name);
  const answers = probe !== undefined &&
    (probe.tcp === true || Object.values(probe.udp).some((n) => n > 0));
  return [
    answers
      ? {
        status: "warn",
        seen:
          `this agent advertises ${text}, which no interface of this machine has; it answers there`,
        advice:
          "That is right behind address translation, if it forwards UDP and TCP of this port.",
      }
      : {
        status: "fail",
        seen:
          `this agent advertises ${text}, which no interface of this machine has, and nobody answers there`,
        advice: `Set -advertise to an address of this machine (${
          addresses.filter(isUsable).slice(0, MAX_NAMED).join(", ") ||
          "none"
        }), or make the translation forward UDP and TCP.`,
      },
  ];
}

/** Clocks, as far as members tell. */
export function checkClocks({ checkups }: AgentFacts): Finding[] {
  const answers = checkups ?? [];
  if (answers.length === 0) return [];
  const wrong = answers.filter(({ skewMs, uncertaintyMs }) =>
    Math.abs(skewMs) > SKEW_MS + uncertaintyMs
  );
  if (wrong.length === 0) {
    return [{
      status: "ok",
      seen: `the clocks of ${countOf(answers.length, "member")} and of this machine agree`,
    }];
  }
  return wrong.slice(0, MAX_NAMED).map(({ member, skewMs }) => ({
    status: "warn",
    seen: `the clock of ${member} is ${(Math.abs(skewMs) / 1000).toFixed(1)} s ${
      skewMs > 0 ? "ahead" : "behind"
    }`,
    advice: "Logs of the members cannot be compared; set the clocks by NTP.",
  }));
}

/** Clocks may differ by so much. Serf itself does not need them. */
const SKEW_MS = 1_000;

/** The versions of the protocols that members speak. */
export function checkVersions({ members }: AgentFacts): Finding[] {
  const alive = members.filter(({ status }) => status === "alive");
  const findings = ([
    ["memberlist protocol", alive.map(({ protocolCur }) => protocolCur)],
    ["Serf protocol", alive.map(({ delegateCur }) => delegateCur)],
  ] as const).map(([what, versions]): Finding => {
    const counts = Map.groupBy(versions, (version) => version);
    if (counts.size <= 1) {
      return { status: "ok", seen: `all members speak ${what} ${versions[0] ?? "?"}` };
    }
    const mix = Array.from(counts, ([version, { length }]) => `${length} speak ${version}`);
    return {
      status: "warn",
      seen: `members speak different versions of the ${what}: ${mix.join(", ")}`,
      advice: "That is right while members are upgraded one by one, and should end with it.",
    };
  });
  return findings;
}

/** One name or address that two members have. */
export function checkDuplicates({ members }: AgentFacts): Finding[] {
  const alive = members.filter(({ status }) => status === "alive");
  return [...Map.groupBy(alive, ({ address }) => address.text)]
    .filter(([, sharing]) => sharing.length > 1)
    .map(([address, sharing]) => ({
      status: "fail",
      seen: `${sharing.map(({ name }) => name).join(" and ")} are both listed at ${address}`,
      advice: "One of them is a former name, or both advertise the address of a proxy.",
    }));
}

/** Neither of this machine alone nor of one link. */
function isUsable(host: string): boolean {
  return !isLoopback(host) && !/^(fe80:|169\.254\.)/i.test(host);
}
