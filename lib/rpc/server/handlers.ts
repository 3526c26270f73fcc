/**
 * How the server carries out each command. The table has one entry per command; what the commands carry is in
 * `../commands.ts`.
 *
 * @module
 */

import type { Coordinate } from "../../api/coordinate.ts";
import { parseEventFilter, splitEventFilters } from "../../api/event_filter.ts";
import { KeyError, type KeyOperation, type KeyResult } from "../../api/keys.ts";
import type { Member, MemberFilter } from "../../api/member.ts";
import { applyTagChange } from "../../api/tag_change.ts";
import { ClosedError, errorText } from "../../base/errors.ts";
import { parseLogLevel } from "../../base/log.ts";
import { type Command, commands, type RequestBody, type ResponseBody } from "../commands.ts";
import { ExpressionError, filterMembersLazily } from "../../host/member_filter.ts";
import { failureText } from "../failure_text.ts";
import { RequestError, RPC_VERSION, RpcFailure } from "../protocol.ts";
import type { Client } from "./client.ts";
import type { RpcAgent } from "./rpc_agent.ts";

/** One request. */
export interface Call<C extends Command> {
  readonly client: Client;
  readonly seq: bigint;
  readonly body: RequestBody<C>;
}

/** What a request is answered with. */
export interface Outcome<Body> {
  /** Why the command failed; absent on success. */
  readonly error?: string;
  readonly body: Body;
  /** Called after the response is written, or could not be written. */
  readonly afterwards?: () => void;
}

/** How one command is carried out. */
interface Handler<C extends Command> {
  /** Whether the command is done at once, so that responses to earlier requests may wait to be written with its own. */
  readonly prompt?: true;
  /** What it throws becomes the error of the response, but a `RequestError` ends the connection. */
  readonly handle: (call: Call<C>) => Outcome<ResponseBody<C>> | Promise<Outcome<ResponseBody<C>>>;
}

const done = { body: null };

const handlers: { readonly [C in Command]: Handler<C> } = {
  "handshake": {
    handle({ client, body }) {
      if (body.Version !== RPC_VERSION) throw new Error(RpcFailure.unsupportedVersion);
      if (client.handshaken) throw new Error(RpcFailure.handshakeTwice);
      client.handshaken = true;
      return done;
    },
  },
  "auth": {
    async handle({ client, body }) {
      if (!await client.authenticate(body.AuthKey)) throw new Error(RpcFailure.invalidToken);
      return done;
    },
  },
  "event": {
    prompt: true,
    handle({ client: { agent }, body: { Name, Payload, Coalesce } }) {
      const sending = agent.userEvent(Name, Payload, { coalesce: Coalesce });
      return sending === undefined ? done : sending.then(() => done);
    },
  },
  "force-leave": {
    async handle({ client: { agent }, body }) {
      await agent.forceLeave(body.Node, { prune: body.Prune });
      return done;
    },
  },
  "join": {
    async handle({ client: { agent }, body }) {
      return { body: { Num: await agent.join(body.Existing, { replay: body.Replay }) } };
    },
  },
  "members": {
    prompt: true,
    handle: ({ client: { agent } }) => ({ body: { Members: agent.members() } }),
  },
  "members-filtered": {
    prompt: true,
    async handle({ client: { agent }, body: { Tags: tags, Status: status, Name: name } }) {
      const filter = { tags: Object.fromEntries(tags), status, name };
      return { body: { Members: await filtered(agent.members(), filter) } };
    },
  },
  "tags": {
    async handle({ client: { agent }, body }) {
      const change = { set: Object.fromEntries(body.Tags), delete: body.DeleteTags };
      await agent.setTags(applyTagChange(agent.tags, change));
      return done;
    },
  },
  "stream": {
    handle({ client, seq, body }) {
      const filters = splitEventFilters(body.Type).map(parseEventFilter);
      if (!filters.every((filter) => filter !== undefined)) {
        throw new Error(RpcFailure.invalidFilter);
      }
      if (client.hasStream(seq)) throw new Error(RpcFailure.streamExists);
      return { body: null, afterwards: () => client.startStream(seq, filters) };
    },
  },
  "monitor": {
    handle({ client, seq, body: { LogLevel } }) {
      const level = parseLogLevel(LogLevel);
      if (level === undefined) throw new Error(`Unknown log level: ${LogLevel.toUpperCase()}`);
      if (client.hasMonitor) throw new Error(RpcFailure.monitorExists);
      return { body: null, afterwards: () => client.startMonitor(seq, level) };
    },
  },
  "stop": {
    handle({ client, body }) {
      client.stop(body.Stop);
      return done;
    },
  },
  "leave": { handle: ({ client }) => leave(client) },
  "query": {
    async handle({ client, seq, body }) {
      const records = await client.agent.query(body.Name, body.Payload, {
        nodes: body.FilterNodes,
        tags: Object.fromEntries(body.FilterTags),
        requestAck: body.RequestAck,
        failures: body.Failures,
        relayFactor: body.RelayFactor,
        // Only 0 asks for the default. A negative timeout is over at once, but the client still gets the end.
        timeoutMs: body.Timeout < 0 ? 1e-6 : body.Timeout / 1e6,
      });
      return { body: null, afterwards: () => client.sendQueryRecords(seq, records) };
    },
  },
  "respond": {
    async handle({ client, body }) {
      const query = client.pendingQuery(body.ID);
      if (query === undefined) throw new Error(RpcFailure.unknownQuery);
      try {
        await query.respond(body.Payload);
      } catch (error) {
        throw new Error(`failed to respond to key query: ${errorText(error)}`);
      }
      return done;
    },
  },
  "install-key": {
    handle: ({ client: { agent }, body }) => manageKeys(agent, "install-key", body.Key),
  },
  "use-key": {
    handle: ({ client: { agent }, body }) => manageKeys(agent, "use-key", body.Key),
  },
  "remove-key": {
    handle: ({ client: { agent }, body }) => manageKeys(agent, "remove-key", body.Key),
  },
  "list-keys": {
    handle: ({ client: { agent } }) => manageKeys(agent, "list-keys", ""),
  },
  "stats": {
    prompt: true,
    handle: ({ client: { agent } }) => ({ body: nestedMap(agent.stats()) }),
  },
  "metrics": {
    prompt: true,
    handle: ({ client: { agent } }) => ({ body: { Lines: agent.metricsReport() } }),
  },
  "why": {
    async handle({ client: { agent }, body: { Node, All } }) {
      const report = await (All ? agent.whyAll(Node) : agent.why(Node));
      return { body: { Report: JSON.stringify(report) } };
    },
  },
  "get-coordinate": {
    prompt: true,
    handle: ({ client: { agent }, body }) => ({
      body: coordinateBody(agent.coordinate(body.Node)),
    }),
  },
};

/** Whether a command is done at once, so that responses to earlier requests may wait for its own. */
export function isPrompt(command: Command): boolean {
  return handlers[command].prompt === true;
}

/**
 * Carries a command out, at once if it can be. A failure is part of the outcome; throws or rejects only with a
 * {@link RequestError}.
 */
export function carryOut<C extends Command>(
  command: C,
  call: Call<C>,
): Outcome<ResponseBody<C>> | Promise<Outcome<ResponseBody<C>>> {
  try {
    const outcome = handlers[command].handle(call);
    if (!(outcome instanceof Promise)) return outcome;
    return outcome.catch((error) => failed(command, error));
  } catch (error) {
    return failed(command, error);
  }
}

function failed<C extends Command>(command: C, error: unknown): Outcome<ResponseBody<C>> {
  if (error instanceof RequestError) throw error;
  return { error: failureText(error), body: commands[command].response.zero };
}

async function leave(client: Client): Promise<Outcome<null>> {
  const { agent } = client;
  client.log("INFO", "Graceful leave triggered");
  try {
    await agent.leave();
    return { body: null, afterwards: () => agent.shutdown() };
  } catch (error) {
    client.log("ERR", `leave failed: ${errorText(error)}`);
    // An agent that was already leaving or shutting down needs no other shutdown.
    const afterwards = error instanceof ClosedError ? undefined : () => agent.shutdown();
    return { error: failureText(error), body: null, afterwards };
  }
}

/** The members that match all expressions. Rejects with a {@link RequestError} if an expression cannot be compiled. */
async function filtered(
  members: readonly Member[],
  filter: MemberFilter,
): Promise<readonly Member[]> {
  try {
    return await filterMembersLazily(members, filter);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new RequestError(`Failed to compile regex: ${error.reason}`, { cause: error });
  }
}

async function manageKeys(
  agent: RpcAgent,
  operation: KeyOperation,
  key: string,
): Promise<Outcome<ResponseBody<KeyOperation>>> {
  const list = operation === "list-keys";
  try {
    return { body: keyBody(await agent.manageKeys(operation, key), list) };
  } catch (error) {
    const result = error instanceof KeyError ? error.result : undefined;
    return { error: failureText(error), body: keyBody(result, list) };
  }
}

/** An operation that could not even be asked has an empty result. */
function keyBody(result: KeyResult | undefined, list: boolean): ResponseBody<KeyOperation> {
  return {
    Messages: result?.messages ?? new Map(),
    Keys: list ? result?.keys ?? new Map() : null,
    NumNodes: result?.nodes ?? 0,
    NumErr: result?.failures ?? 0,
    NumResp: result?.responses ?? 0,
  };
}

function coordinateBody(coordinate: Coordinate | undefined): ResponseBody<"get-coordinate"> {
  const { vec = null, error = 0, adjustment = 0, height = 0 } = coordinate ?? {};
  return {
    Coord: { Vec: vec, Error: error, Adjustment: adjustment, Height: height },
    Ok: coordinate !== undefined,
  };
}

function nestedMap(sections: ReturnType<RpcAgent["stats"]>): ResponseBody<"stats"> {
  return new Map(
    Object.entries(sections).map(([name, values]) => [name, new Map(Object.entries(values))]),
  );
}
