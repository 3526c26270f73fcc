/**
 * Sockets for multicast DNS.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type multicastDns from "multicast-dns";
import type { Answer, Endpoint, MulticastDns, Options, Packet, Question } from "multicast-dns";
import { errorText } from "../../base/errors.ts";

/** Where questions and answers meet. */
export interface MdnsNetwork {
  /** Sends a question to everybody. Rejects if it could not be sent at all. */
  ask(question: Question): Promise<void>;
  /** Resolves when all sockets are closed. */
  close(): Promise<void>;
}

/** What a network is made of, and who listens. */
export interface MdnsNetworkOptions {
  /** The name of a network interface. Default: the one that the system routes multicast through. */
  readonly interface?: string;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** What we have to say to a question. */
  readonly answers: (question: Question) => Answer[];
  /** Takes the records of answers, to whomever they were sent. */
  readonly hear: (records: Answer[]) => void;
  readonly log: Log;
}

const PORT = 5353;
/** Questions of one packet that are answered. */
const MAX_QUESTIONS = 16;
/** Class IN with the bit that asks for a unicast answer, as the library spells it. */
const UNICAST_CLASS = "UNKNOWN_32769";

/** One IP version: where its sockets are, and whom they speak to. */
interface Family {
  readonly options: Options;
  readonly group: string;
  /** What a link-local address needs behind it to be reached. */
  readonly scope: string;
}

/** The sockets of one IP version. */
interface Sockets {
  readonly family: Family;
  /** Answers, and hears what others are answered; on the port of multicast DNS. */
  readonly responder: MulticastDns;
  /** Asks; on a port of its own, which is where the reference sends its answers. */
  readonly asker: MulticastDns;
}

/** Opens sockets for both IP versions, as far as they are wanted and there. Rejects with an `Error` if none can be had. */
export async function openMdnsNetwork(options: MdnsNetworkOptions): Promise<MdnsNetwork> {
  const create = await loadLibrary();
  const families = [
    ...options.ipv4 ? ipv4Family(options.interface) : [],
    ...options.ipv6 ? [ipv6Family(options.interface)] : [],
  ];
  const opened = await Promise.all(families.map((family) => openSockets(create, family, options)));
  const all = opened.filter((sockets) => sockets !== undefined);
  if (all.length === 0) throw new Error("no multicast listeners could be started");
  return {
    async ask(question) {
      const sent = await Promise.allSettled(all.map((sockets) => ask(sockets, question)));
      const failed = sent.filter(({ status }) => status === "rejected");
      if (failed.length === all.length) throw (failed[0] as PromiseRejectedResult).reason;
    },
    async close() {
      await Promise.all(all.flatMap(({ responder, asker }) => [close(responder), close(asker)]));
    },
  };
}

/**
 * Loads the library, which takes its time, so that only agents with discovery do. It is CommonJS. In our bundle its calls
 * of `require` for `node:` modules look for a global function of that name: the bundle is one for browsers, because one
 * for Deno loads `node:module` at every start, which takes 20 ms and 8 MiB.
 */
async function loadLibrary(): Promise<typeof multicastDns> {
  const { default: process } = await import("node:process");
  const scope: { require?: (name: string) => unknown } = globalThis;
  scope.require = (name) => process.getBuiltinModule(name);
  try {
    return (await import("multicast-dns")).default;
  } finally {
    delete scope.require;
  }
}

/** None where the interface has no such address. */
function ipv4Family(name: string | undefined): Family[] {
  const address = name === undefined ? "0.0.0.0" : Deno.networkInterfaces()
    .find((known) => known.name === name && known.family === "IPv4")?.address;
  if (address === undefined) return [];
  const group = "224.0.0.251";
  const options = { type: "udp4", ip: group, interface: address, bind: boundTo(group) } as const;
  return [{ options, group, scope: "" }];
}

function ipv6Family(name: string | undefined): Family {
  const scope = name === undefined ? "" : `%${name}`;
  const group = "ff02::fb";
  // Without an interface the group's address is ambiguous.
  const bind = name === undefined ? "::" : boundTo(group + scope);
  const options = { type: "udp6", ip: group, interface: `::${scope}`, bind } as const;
  return { options, group, scope };
}

/**
 * Bound to the group's address, a socket gets nothing that was sent to this machine alone, so that nobody far away can
 * make it answer. Windows has no such sockets.
 */
function boundTo(group: string): string {
  if (Deno.build.os !== "windows") return group;
  return group.includes(":") ? "::" : "0.0.0.0";
}

async function openSockets(
  create: typeof multicastDns,
  family: Family,
  options: MdnsNetworkOptions,
): Promise<Sockets | undefined> {
  const responder = create(family.options);
  // Port 0: whichever is free; the library binds with the first question.
  const asker = create({ ...family.options, port: 0 });
  for (const socket of [responder, asker]) listen(socket, options);
  try {
    await ready(responder);
  } catch (error) {
    options.log("WARN", `agent.mdns: Failed to listen: ${errorText(error)}`);
    await Promise.all([close(responder), close(asker)]);
    return undefined;
  }
  responder.on("query", (packet, from) => {
    const to = whereToAnswer(from, family);
    const answers = to === undefined ? [] : answersTo(packet, options.answers);
    if (to === undefined || answers.length === 0) return;
    const id = packet.questions.some(({ class: kind }) => kind === UNICAST_CLASS) ? packet.id : 0;
    responder.respond({ id, answers }, to, (error) => {
      if (error) options.log("DEBUG", `agent.mdns: Failed to answer: ${errorText(error)}`);
    });
  });
  return { family, responder, asker };
}

/** What goes wrong later is no failure: malformed packets of others, and interfaces that come and go. */
function listen(socket: MulticastDns, { hear, log }: MdnsNetworkOptions): void {
  const report = (error: Error) => log("DEBUG", `agent.mdns: ${errorText(error)}`);
  socket.on("error", report);
  socket.on("warning", report);
  socket.on("response", ({ answers, additionals }) => hear([...answers, ...additionals]));
}

/** The asker, wherever it is by IPv4; by IPv6 only on this link, from which such questions come. */
function whereToAnswer({ address, port }: Endpoint, { scope }: Family): Endpoint | undefined {
  if (address.startsWith("fe80:")) return { address: address + scope, port };
  return !address.includes(":") || address === "::1" ? { address, port } : undefined;
}

/** Only plain and whole questions are answered (RFC 6762, section 18). */
function answersTo(packet: Packet, answers: (question: Question) => Answer[]): Answer[] {
  const { opcode, rcode, flag_tc: isCut, questions } = packet;
  if (opcode !== "QUERY" || rcode !== "NOERROR" || isCut) return [];
  return questions.slice(0, MAX_QUESTIONS).flatMap(answers);
}

function ready(socket: MulticastDns): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on("ready", resolve);
    socket.on("error", reject);
  });
}

function ask({ asker, family: { group, scope } }: Sockets, question: Question): Promise<void> {
  const id = crypto.getRandomValues(new Uint16Array(1))[0];
  const to = { address: group + scope, port: PORT };
  return new Promise((resolve, reject) => {
    asker.query(
      { id, questions: [question] },
      to,
      (error) => error ? reject(error) : resolve(),
    );
  });
}

function close(socket: MulticastDns): Promise<void> {
  return new Promise((resolve) => socket.destroy(resolve));
}
