/**
 * The sockets of multicast DNS (RFC 6762): for each IP version, one that responds and one that sends queries.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type multicastDns from "multicast-dns";
import type { Answer, Endpoint, MulticastDns, Options, Packet, Question } from "multicast-dns";
import { errorText } from "../../base/errors.ts";

/** The open sockets. */
export interface MdnsNetwork {
  /** Multicasts a question. Rejects if it could be sent by no socket. */
  query(question: Question): Promise<void>;
  /** Resolves when all sockets are closed. */
  close(): Promise<void>;
}

/** Which sockets are opened, and what is done with the packets that arrive. */
export interface MdnsNetworkOptions {
  /** The name of a network interface. Default: the one to which the system routes multicast. */
  readonly interface?: string;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Returns our records that answer a question. */
  readonly answers: (question: Question) => Answer[];
  /** Takes the records of each response, whatever it responds to. */
  readonly receive: (records: Answer[]) => void;
  readonly log: Log;
}

const PORT = 5353;
/** The most questions of one packet that are answered. */
const MAX_QUESTIONS = 16;
/** Class IN with the bit that asks for a unicast response; the library has no name for it. */
const UNICAST_CLASS = "UNKNOWN_32769";

/** One IP version: the options of its sockets, and the multicast group. */
interface Family {
  readonly options: Options;
  readonly group: string;
  /** The zone that follows a link-local address, as in `%eth0`. */
  readonly scope: string;
}

/** The sockets of one IP version. */
interface Sockets {
  readonly family: Family;
  /** Bound to the port of multicast DNS: receives queries and multicast responses, and responds. */
  readonly responder: MulticastDns;
  /** Bound to a port of its own, to which Serf sends its responses: sends queries. */
  readonly querier: MulticastDns;
}

/** Opens the sockets of the IP versions that are wanted. Rejects with an `Error` if none can be opened. */
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
    async query(question) {
      const sent = await Promise.allSettled(all.map((sockets) => query(sockets, question)));
      const failed = sent.filter(({ status }) => status === "rejected");
      if (failed.length === all.length) throw (failed[0] as PromiseRejectedResult).reason;
    },
    async close() {
      await Promise.all(
        all.flatMap(({ responder, querier }) => [close(responder), close(querier)]),
      );
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

/** Empty if the interface has no IPv4 address. */
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
 * The address to bind to. A socket that is bound to the group's address receives only multicast, so that hosts outside of
 * this network cannot send it queries. Windows does not bind to multicast addresses.
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
  // Port 0 means any free one. The library binds the socket when it sends the first query.
  const querier = create({ ...family.options, port: 0 });
  for (const socket of [responder, querier]) listen(socket, options);
  try {
    await ready(responder);
  } catch (error) {
    options.log("WARN", `agent.mdns: Failed to listen: ${errorText(error)}`);
    await Promise.all([close(responder), close(querier)]);
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
  return { family, responder, querier };
}

/** Errors on open sockets are only logged: malformed packets, and interfaces that come and go. */
function listen(socket: MulticastDns, { receive, log }: MdnsNetworkOptions): void {
  const report = (error: Error) => log("DEBUG", `agent.mdns: ${errorText(error)}`);
  socket.on("error", report);
  socket.on("warning", report);
  socket.on("response", ({ answers, additionals }) => receive([...answers, ...additionals]));
}

/** Where to send a response: for IPv4 to any sender, for IPv6 only to one on this link or this machine. */
function whereToAnswer({ address, port }: Endpoint, { scope }: Family): Endpoint | undefined {
  if (address.startsWith("fe80:")) return { address: address + scope, port };
  return !address.includes(":") || address === "::1" ? { address, port } : undefined;
}

/** Answers only standard queries that are not truncated (RFC 6762, section 18). */
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

function query({ querier, family: { group, scope } }: Sockets, question: Question): Promise<void> {
  const id = crypto.getRandomValues(new Uint16Array(1))[0];
  const to = { address: group + scope, port: PORT };
  return new Promise((resolve, reject) => {
    querier.query(
      { id, questions: [question] },
      to,
      (error) => error ? reject(error) : resolve(),
    );
  });
}

function close(socket: MulticastDns): Promise<void> {
  return new Promise((resolve) => socket.destroy(resolve));
}
