/** Members that use Serf's library in Go. */

import { goProgram } from "./go_program.ts";
import { GOSSIP_PORT } from "../../support/agent.ts";
import { localAddress } from "../../support/local_addresses.ts";

const { path, missing } = goProgram("serf_node");

/** Why there are no such members here; `undefined` where there are. */
export const missingGoNode: string | undefined = missing;

/** A member of a cluster as the program describes it. */
export interface GoMember {
  readonly Status: string;
  readonly Tags: Readonly<Record<string, string>>;
}

/** An event as the program describes it; payloads are base64. */
interface GoEvent {
  readonly Type: string;
  readonly Name?: string;
  readonly Payload?: string;
  readonly Members?: readonly string[];
}

/** A command, without its number. */
interface Command {
  readonly Do: "members" | "event" | "burst" | "query" | "tags" | "force-leave" | "leave";
  readonly Name?: string;
  readonly Payload?: string;
  readonly Tags?: Readonly<Record<string, string>>;
}

/** A line of the program: an event, or the answer to a command. */
interface Line {
  readonly ID?: number;
  readonly Error?: string;
  readonly Value?: unknown;
  readonly Event?: GoEvent;
}

/** A process with such a member. Disposing of it kills the process and waits for its end. */
export class GoNode implements AsyncDisposable {
  readonly name: string;
  readonly ip: string = localAddress();
  /** What has happened, oldest first. */
  readonly events: GoEvent[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #reading: Promise<void>;
  #lastId = 0;

  private constructor(name: string, join: readonly string[]) {
    this.name = name;
    this.#child = new Deno.Command(path, {
      args: [name, this.ip, `${GOSSIP_PORT}`, ...join],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** Starts a member with the LAN profile, which joins an address if there is one; resolves when it has and can be joined itself. */
  static async start(name: string, join: readonly string[] = []): Promise<GoNode> {
    const node = new GoNode(name, join);
    try {
      await node.members();
    } catch (error) {
      await node[Symbol.asyncDispose]();
      throw error;
    }
    return node;
  }

  /** Carries out a command; resolves to what it returns. */
  async call(command: Command): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(id, answer);
    const line = JSON.stringify({ ID: id, ...command });
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
    return await answer.promise;
  }

  /** The members as it sees them. */
  async members(): Promise<Readonly<Record<string, GoMember>>> {
    return await this.call({ Do: "members" }) as Record<string, GoMember>;
  }

  /** Ends the process without a leave. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill();
    } catch {
      // It has ended already.
    }
    await this.#input.close().catch(() => {});
    await this.#child.status;
    await this.#reading;
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(JSON.parse(line));
    }
    for (const { reject } of this.#answers.values()) reject(new Error(`${this.name} has ended`));
  }

  #take({ ID, Error: problem, Value, Event }: Line): void {
    if (Event !== undefined) this.events.push(Event);
    if (ID === undefined) return;
    const answer = this.#answers.get(ID);
    this.#answers.delete(ID);
    if (problem === undefined) answer?.resolve(Value);
    else answer?.reject(new Error(problem));
  }
}
