/**
 * What the agent's recent log says that no question would bring to light. The lines are those of Serf and memberlist, old and
 * new, so that this works with their agents too.
 *
 * @module
 */

import { countOf, type Finding } from "../finding.ts";

/** A line that means something, and what to do about it. */
interface LogPattern {
  readonly pattern: RegExp;
  readonly status: "warn" | "fail";
  readonly seen: (match: RegExpMatchArray) => string;
  readonly advice: string;
}

const UNIQUE = "Names must be unique: give one of them another -node.";
const SAME_KEYS =
  "All members need the same keys: compare -encrypt and keyring files, and see whether a foreign cluster uses this port.";

const patterns: readonly LogPattern[] = [
  {
    pattern: /Conflicting address for (\S+)\. Mine: (\S+) Theirs: (\S+)/i,
    status: "fail",
    seen: ([, name, mine, theirs]) =>
      `two agents call themselves ${name}: one at ${mine}, one at ${theirs.replace(/\.$/, "")}`,
    advice: UNIQUE,
  },
  {
    pattern: /Node name conflicts with another node at (\S+?)\.? Names must be unique/i,
    status: "fail",
    seen: ([, address]) => `another agent, at ${address}, has the name of this one`,
    advice: UNIQUE,
  },
  {
    pattern: /(no installed keys could decrypt|decrypt packet failed|decrypt remote state failed)/i,
    status: "fail",
    seen: () => "something arrives that is encrypted with a key that this agent does not have",
    advice: SAME_KEYS,
  },
  {
    pattern: /remote state is encrypted and encryption is not configured/i,
    status: "fail",
    seen: () => "somebody speaks to this agent with encryption, and it has no key",
    advice: SAME_KEYS,
  },
  {
    pattern: /encryption is configured but remote state is not encrypted/i,
    status: "fail",
    seen: () => "somebody speaks to this agent without encryption, and it has keys",
    advice: SAME_KEYS,
  },
  {
    pattern: /Got ping for unexpected node '?(\S+?)'? from=(\S+)/i,
    status: "warn",
    seen: ([, name, from]) => `${from} looks here for a member called ${name}`,
    advice: `Does ${"`-advertise`"} of that member name this machine, or is that a former name?`,
  },
  {
    pattern: /Was able to connect to (\S+?),? (over TCP )?but (UDP|other) probes failed/i,
    status: "warn",
    seen: ([, member]) => `the agent reached ${member} by TCP when UDP was not answered`,
    advice: "UDP between the two is blocked or lossy, or that member is overloaded.",
  },
  {
    pattern: /Error invoking script '(.*)': (.*)/,
    status: "warn",
    seen: ([, script, reason]) => `the event handler \`${script}\` failed: ${reason}`,
    advice: "See what it writes to the log, and run it by hand.",
  },
  {
    pattern: /exceeds limit \(\d+\), dropping messages!/,
    status: "fail",
    seen: () => "messages were dropped because a queue was full",
    advice: "Somebody sends more than gossip carries.",
  },
];

/** One finding for each kind of line, with the latest of them. */
export function checkLog(lines: readonly string[]): Finding[] {
  const findings = patterns.flatMap(({ pattern, status, seen, advice }): Finding[] => {
    const matches = lines.map((line) => line.match(pattern)).filter((match) => match !== null);
    const last = matches.at(-1);
    if (last === undefined) return [];
    const times = matches.length === 1 ? "" : ` (${countOf(matches.length, "time")})`;
    return [{ status, seen: `${seen(last)}${times}`, advice }];
  });
  if (findings.length > 0 || lines.length === 0) return findings;
  return [{
    status: "ok",
    seen: `nothing in the last ${countOf(lines.length, "line")} is known as a problem`,
  }];
}
