/**
 * The commands that ask or tell the agent something and are over with their answer.
 *
 * @module
 */

import { errorText, JoinError, type JoinFailure } from "../../base/errors.ts";
import { KeyError } from "../../host/key_manager.ts";
import type { Subscription } from "../../base/subscription.ts";
import type { KeyResult } from "../../api/keys.ts";
import type { QueryRecord } from "../../api/query.ts";
import type { Coordinate } from "../../wire/messages/coordinate.ts";
import { filterMembers } from "./member_filter.ts";
import {
  type Command,
  encodeResponse,
  type Request,
  type RequestBody,
  type ResponseBody,
} from "../protocol.ts";
import type { RpcAgent } from "./rpc_agent.ts";

/** The commands that have to do with the connection they arrive on. */
type ConnectionCommand =
  | "handshake"
  | "auth"
  | "stream"
  | "monitor"
  | "stop"
  | "leave"
  | "query"
  | "respond";

/** A request that the agent alone can answer. */
export type AgentRequest = Exclude<Request, { readonly command: ConnectionCommand }>;

const PROMPT_COMMANDS: ReadonlySet<Command> = new Set<Command>([
  "event",
  "members",
  "members-filtered",
  "stats",
  "get-coordinate",
]);

/** Whether a command is done at once, so that answers may wait for its answer without being late. */
export function isPrompt(command: Command): boolean {
  return PROMPT_COMMANDS.has(command);
}

/** How an operation went: an error text, empty on success, and a body either way. */
interface Outcome<C extends Command> {
  readonly error?: string;
  readonly body: ResponseBody<C>;
}

/**
 * Carries out a request and returns the answer as one message. What the agent refuses becomes the error of the answer.
 * Rejects only if the request makes no sense, which ends the connection.
 */
export async function answerRequest(
  agent: RpcAgent,
  seq: bigint,
  request: AgentRequest,
): Promise<Uint8Array> {
  const { command, body } = request;
  const answer = <C extends Command>(command: C, { error = "", body }: Outcome<C>) =>
    encodeResponse({ seq, error }, command, body);
  switch (command) {
    case "event": {
      const { Name, Payload, Coalesce } = body;
      const send = () => agent.userEvent(Name, Payload, { coalesce: Coalesce });
      return answer(command, await attempt(send));
    }
    case "force-leave":
      return answer(
        command,
        await attempt(() => agent.forceLeave(body.Node, { prune: body.Prune })),
      );
    case "tags":
      return answer(command, await attempt(() => agent.setTags(changedTags(agent.tags, body))));
    case "join":
      return answer(command, await join(agent, body.Existing, body.Replay));
    case "members":
      return answer(command, { body: { Members: agent.members() } });
    case "members-filtered": {
      const { Tags: tags, Status: status, Name: name } = body;
      const members = filterMembers(agent.members(), { tags, status, name });
      return answer(command, { body: { Members: members } });
    }
    case "install-key":
    case "use-key":
    case "remove-key":
      return answer(command, await manageKeys(agent, command, body.Key));
    case "list-keys":
      return answer(command, await manageKeys(agent, command, ""));
    case "stats":
      return answer(command, { body: nestedMap(agent.stats()) });
    case "get-coordinate":
      return answer(command, { body: coordinateBody(agent.coordinate(body.Node)) });
    default:
      return request satisfies never;
  }
}

/** Asks the agent's query that a request wants. Throws what {@link RpcAgent.query} throws. */
export function askQuery(
  agent: RpcAgent,
  body: RequestBody<"query">,
): Subscription<QueryRecord> {
  const { Timeout: timeoutNs } = body;
  return agent.query(body.Name, body.Payload, {
    nodes: body.FilterNodes,
    tags: Object.fromEntries(body.FilterTags),
    requestAck: body.RequestAck,
    relayFactor: body.RelayFactor,
    // Only 0 asks for the default; what is over before it began still gets its end.
    timeoutMs: timeoutNs < 0 ? 1e-6 : timeoutNs / 1e6,
  });
}

/** What a client is told about a failed operation. */
export function failureText(error: unknown): string {
  return error instanceof JoinError ? joinFailureText(error.failures) : errorText(error);
}

async function attempt(
  operation: () => void | Promise<void>,
): Promise<{ error?: string; body: null }> {
  try {
    await operation();
    return { body: null };
  } catch (error) {
    return { error: failureText(error), body: null };
  }
}

async function join(
  agent: RpcAgent,
  addresses: readonly string[],
  replay: boolean,
): Promise<Outcome<"join">> {
  try {
    return { body: { Num: await agent.join(addresses, { replay }) } };
  } catch (error) {
    return { error: failureText(error), body: { Num: 0 } };
  }
}

/** The list of errors in the form that the reference's users know, empty lines at the end included. */
function joinFailureText(failures: readonly JoinFailure[]): string {
  const count = failures.length === 1 ? "1 error" : `${failures.length} errors`;
  return `${count} occurred:${failures.map(({ reason }) => `\n\t* ${reason}`).join("")}\n\n`;
}

/** Deletions act on the tags as they were, so that a tag that is both deleted and set stays. */
function changedTags(
  tags: Readonly<Record<string, string>>,
  change: { readonly Tags: ReadonlyMap<string, string>; readonly DeleteTags: readonly string[] },
): Record<string, string> {
  const changed = new Map(Object.entries(tags));
  for (const name of change.DeleteTags) changed.delete(name);
  for (const [name, value] of change.Tags) changed.set(name, value);
  return Object.fromEntries(changed);
}

type KeyCommand = "install-key" | "use-key" | "remove-key" | "list-keys";

async function manageKeys(
  agent: RpcAgent,
  command: KeyCommand,
  key: string,
): Promise<Outcome<KeyCommand>> {
  const list = command === "list-keys";
  try {
    return { body: keyBody(await agent.manageKeys(command, key), list) };
  } catch (error) {
    const result = error instanceof KeyError ? error.result : undefined;
    return { error: failureText(error), body: keyBody(result, list) };
  }
}

/** An operation that could not even be asked has an empty result. */
function keyBody(result: KeyResult | undefined, list: boolean): ResponseBody<KeyCommand> {
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

function nestedMap(
  sections: Readonly<Record<string, Readonly<Record<string, string>>>>,
): ResponseBody<"stats"> {
  return new Map(
    Object.entries(sections).map(([name, values]) => [name, new Map(Object.entries(values))]),
  );
}
