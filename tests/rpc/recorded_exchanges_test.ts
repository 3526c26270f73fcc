/**
 * Recorded conversations with Serf's agents, replayed against our server. A fake agent is given the state that the recorded
 * responses show, so that our responses must be the same, byte for byte.
 */

import { parseLogLevel } from "../../lib/base/log.ts";
import { assertEquals, assertGreater } from "@std/assert";
import type { Subscription } from "../../lib/base/subscription.ts";
import { AgentLog } from "../../lib/agent/log/agent_log.ts";
import { listenTcp } from "../../lib/rpc/server/listener/tcp_listener.ts";
import { RpcServer } from "../../lib/rpc/server/server.ts";
import { Address } from "../../lib/base/address.ts";
import { KeyError, type KeyResult } from "../../lib/api/keys.ts";
import type { Member, MemberStatus } from "../../lib/api/member.ts";
import { type QueryRecord, QueryResponse } from "../../lib/api/query.ts";
import { FakeAgent, FakeQuery } from "./client/fake_agent.ts";
import { RawClient } from "./raw_client.ts";
import { FREE_PORT } from "./serve.ts";

/** A recorded value, as the vectors describe it; bytes are `{$bin: hex}`. */
type Recorded = Readonly<Record<string, unknown>>;

interface Step {
  readonly send?: string;
  readonly recv?: string;
  readonly closed?: boolean;
  readonly decoded?: readonly Recorded[] | string;
}

interface RecordedExchange {
  readonly name: string;
  readonly steps: readonly Step[];
}

const { servers }: { servers: Record<string, { exchanges: RecordedExchange[] }> } = JSON.parse(
  Deno.readTextFileSync(new URL("../vectors/rpc.json", import.meta.url)),
);

const ok = (seq: number) => `82a54572726f72a0a3536571${seq.toString(16).padStart(2, "0")}`;
const done = "83a446726f6da0a75061796c6f6164c0a454797065a4646f6e65";

/**
 * Where we do not do as that agent did, by `agent exchange step`: the old one refuses binary for text, which its
 * successors accept; it sends stray records when a query is over at once; both answer a refused command with a body
 * twice; and the new one does not take an empty payload of a ping for none.
 */
const deviations: Readonly<Record<string, Partial<Step>>> = {
  "0.9.4 event 15": { recv: ok(8), closed: false },
  "0.9.4 decode-bin-for-string 3": { recv: ok(2), closed: false },
  "0.9.4 decode-tags-binvalue 3": { recv: ok(2), closed: false },
  "0.9.4 decode-bin-keys 3": { recv: ok(2), closed: false },
  "0.9.4 header-bin-command 1": { recv: ok(1), closed: false },
  "0.9.4 decode-timeout-negative 3": { recv: ok(2) + ok(2) + done },
  "0.9.4 auth-required-with-body 3": {
    recv: "82a54572726f72b741757468656e7469636174696f6e207265717569726564a353657102",
  },
  "0.10.2 auth-required-with-body 3": {
    recv: "82a54572726f72b741757468656e7469636174696f6e207265717569726564a353657102",
  },
  "0.10.2 query-errors 5": { recv: ok(3) },
};

function toMember(recorded: Recorded): Member {
  return {
    name: String(recorded.Name),
    address: new Address(toBytes(recorded.Addr) ?? new Uint8Array(), Number(recorded.Port)),
    tags: recorded.Tags as Record<string, string>,
    status: recorded.Status as MemberStatus,
    protocolMin: Number(recorded.ProtocolMin),
    protocolMax: Number(recorded.ProtocolMax),
    protocolCur: Number(recorded.ProtocolCur),
    delegateMin: Number(recorded.DelegateMin),
    delegateMax: Number(recorded.DelegateMax),
    delegateCur: Number(recorded.DelegateCur),
  };
}

function toBytes(recorded: unknown): Uint8Array | null {
  return recorded === null ? null : Uint8Array.fromHex((recorded as { $bin: string }).$bin);
}

function toKeyResult(recorded: Recorded): KeyResult {
  return {
    nodes: Number(recorded.NumNodes),
    responses: Number(recorded.NumResp),
    failures: Number(recorded.NumErr),
    messages: new Map(Object.entries(recorded.Messages as Record<string, string>)),
    keys: new Map(Object.entries((recorded.Keys ?? {}) as Record<string, number>)),
    primaryKeys: new Map(),
  };
}

/** One conversation with a server of its own. */
class Replay {
  readonly #agent = new FakeAgent();
  readonly #log: AgentLog;
  #now = new Date();
  #query: FakeQuery | undefined;
  #logged = false;

  constructor() {
    this.#log = new AgentLog(() => this.#now);
    this.#agent.list = [];
  }

  async run(server: string, { name, steps }: RecordedExchange): Promise<void> {
    const authKey = /^(auth|auth-.*|keys-encrypted|cli-auth)$/.test(name) &&
        name !== "auth-on-open-agent"
      ? "s3cret"
      : "";
    await using rpc = new RpcServer(listenTcp(FREE_PORT), {
      agent: this.#agent,
      log: this.#log,
      authKey,
    });
    this.#agent.onShutdown = () => void rpc.close();
    using client = await RawClient.connect(rpc.address);
    for (const [i, recorded] of steps.entries()) {
      const step = { ...recorded, ...deviations[`${server} ${name} ${i}`] };
      if (step.send !== undefined) {
        const end = steps.findIndex(({ send }, later) => later > i && send !== undefined);
        const answers = steps.slice(i + 1, end === -1 ? undefined : end);
        this.#layDown(answers.flatMap(({ decoded }) => decoded as readonly Recorded[]));
        await client.send(Uint8Array.fromHex(step.send));
      } else {
        await this.#expect(client, step);
        if (step.closed) return;
      }
    }
    await this.#expectNothingElse(client);
  }

  /** Prepares the agent so that it will say what was recorded. */
  #layDown(answers: readonly Recorded[]): void {
    const records: QueryRecord[] = [];
    let over = false;
    for (const [i, answer] of answers.entries()) {
      if ("Members" in answer && !("Event" in answer)) {
        const members = (answer.Members as Recorded[]).map(toMember);
        if (members.length > 0) this.#agent.list = members;
      }
      if ("agent" in answer) this.#agent.statistics = answer as FakeAgent["statistics"];
      if (answer.Ok === true) this.#layDownCoordinate(answer.Coord as Recorded);
      if ("NumNodes" in answer) {
        const error = String(answers[i - 1].Error);
        const result = toKeyResult(answer);
        if (result.nodes === 0) this.#agent.keyResult = new TypeError(error);
        else this.#agent.keyResult = error === "" ? result : new KeyError({ ...result, error });
      }
      if (answer.Event === "user") this.#agent.lTime = Number(answer.LTime);
      if (answer.Type === "ack") records.push({ type: "ack", from: String(answer.From) });
      if (answer.Type === "response" && answer.From !== "") {
        const payload = toBytes(answer.Payload);
        records.push(new QueryResponse(String(answer.From), payload));
      }
      if (answer.Type === "done") over = true;
      const joinFailure = /\t\* (.*)/.exec(String(answer.Error))?.[1];
      if (joinFailure !== undefined) this.#agent.joinFailure = joinFailure;
    }
    // What a second monitor was shown is part of what the first one was.
    if (!this.#logged) answers.forEach(({ Log }) => this.#layDownLog(Log));
    this.#agent.queryScript = (subscription: Subscription<QueryRecord>) => {
      for (const record of records) subscription.push(record);
      if (over) subscription.close();
    };
  }

  #layDownCoordinate({ Vec, Error, Adjustment, Height }: Recorded): void {
    this.#agent.coordinates.alpha = {
      vec: Vec as number[],
      error: Number(Error),
      adjustment: Number(Adjustment),
      height: Number(Height),
    };
  }

  #layDownLog(line: unknown): void {
    if (typeof line !== "string") return;
    this.#logged = true;
    const [, date, time, level, text] = /^(\S+) (\S+) \[(\w+)\] (.*)$/s.exec(line)!;
    this.#now = new Date(`${date.replaceAll("/", "-")}T${time}`);
    this.#log.write(parseLogLevel(level)!, `${text}\n`); // the log drops the newline that ends a line
  }

  async #expect(client: RawClient, { recv = "", decoded, closed }: Step): Promise<void> {
    for (const record of decoded as readonly Recorded[]) this.#happen(record);
    const received = closed ? await client.readToEnd() : await client.read(recv.length / 2);
    assertEquals(inAnyOrder(received.toHex()), inAnyOrder(recv));
    if (/failed to respond to key query: response already sent/.test(JSON.stringify(decoded))) {
      this.#query!.deadline = 0; // the next attempt was made after the deadline
    }
  }

  /** Lets events happen that the client did not cause. */
  #happen(record: Recorded): void {
    if (String(record.Event).startsWith("member-")) {
      const type = record.Event as "member-join";
      this.#agent.emit({ type, members: (record.Members as Recorded[]).map(toMember) });
    } else if (record.Event === "query") {
      const name = String(record.Name);
      this.#query = new FakeQuery(name, toBytes(record.Payload), Number(record.LTime));
      this.#agent.emit(this.#query);
    }
  }

  /** The answer to one more handshake comes next, so nothing unexpected came before. */
  async #expectNothingElse(client: RawClient): Promise<void> {
    const again = "82a7436f6d6d616e64a968616e647368616b65a353657163" + "81a756657273696f6e01";
    const refused =
      "82a54572726f72bb48616e647368616b6520616c726561647920706572666f726d6564a353657163";
    await client.send(Uint8Array.fromHex(again));
    assertEquals((await client.read(refused.length / 2)).toHex(), refused);
  }
}

/** Messages that belong to different streams may come in either order. */
function inAnyOrder(hex: string): string[] {
  return hex.split(/(?=82a54572726f72)/).sort();
}

for (const [server, { exchanges }] of Object.entries(servers)) {
  for (const exchange of exchanges) {
    if (exchange.steps.length === 0) continue; // a remark in words
    Deno.test(`the exchange "${exchange.name}" with ${server} is answered the same`, async () => {
      await new Replay().run(server, exchange);
    });
  }
}

Deno.test("all recorded exchanges were found", () => {
  for (const { exchanges } of Object.values(servers)) assertGreater(exchanges.length, 70);
});
