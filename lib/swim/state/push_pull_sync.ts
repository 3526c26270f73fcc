/**
 * The exchange of full state.
 *
 * @module
 */

import type { Log } from "../../base/log.ts";
import type { Address } from "../../base/address.ts";
import type { Claim, Exchange, PushPull, Reply } from "../../wire/messages/messages.ts";
import type { SwimConfig } from "../config.ts";
import type { Delegate } from "../delegate.ts";
import { pushPullInterval } from "../formulas.ts";
import { verifyProtocol } from "./verify_protocol.ts";
import type { NodeList } from "./node_list.ts";
import type { SwimTimer, SwimWorld } from "../timer.ts";

/**
 * When one who has joined exchanges state again, milliseconds after the join. Where many join at once, each knows few of
 * the others when it has something to tell, and gossip, whose reach depends on the number of known nodes, misses some.
 */
const CATCH_UP_MS = [300, 1_000, 3_000];

/** What exchanges work with. */
export interface PushPullParts {
  readonly config: SwimConfig;
  readonly world: SwimWorld;
  readonly delegate: Delegate;
  readonly nodes: NodeList;
  readonly log: Log;
  /** Starts a stream exchange. */
  readonly request: (to: Address, exchange: Exchange, settle: (reply: Reply) => void) => void;
  /** Takes in one entry of the other side's state. */
  readonly merge: (claim: Claim) => void;
}

interface Target {
  readonly to: Address;
  /** Empty if it is not known. */
  readonly name: string;
  readonly join: boolean;
}

/** Exchanges full state with other nodes, now and then with a random one: what gossip has missed is mended so. */
export class PushPullSync {
  readonly #parts: PushPullParts;
  #joins = 0;

  constructor(parts: PushPullParts) {
    this.#parts = parts;
  }

  /** Starts the regular exchanges, at a random phase. */
  start(): void {
    const { world, config } = this.#parts;
    const delay = world.random() * config.profile.pushPullIntervalMs;
    world.after(delay, { type: "push-pull", exchange: false });
  }

  /** It is time for a regular exchange, or to begin waiting for the first. */
  handle({ exchange }: SwimTimer & { type: "push-pull" }): void {
    const { world, config, nodes } = this.#parts;
    const delay = pushPullInterval(config.profile.pushPullIntervalMs, nodes.size);
    world.after(delay, { type: "push-pull", exchange: true });
    if (exchange) this.#exchangeWithAnyone();
  }

  /** Exchanges state with the node at an address, as one who joins; `settle` gets what went wrong, or nothing. */
  join(to: Address, settle: (problem?: string) => void): void {
    this.#exchange({ to, name: "", join: true }, (problem) => {
      if (problem === undefined) this.#awaitCatchUp();
      settle(problem);
    });
  }

  /** It is time to exchange state once more after a join, unless another join has followed. */
  catchUp({ token }: SwimTimer & { type: "catch-up" }): void {
    if (token === this.#joins) this.#exchangeWithAnyone();
  }

  /** Answers an exchange that somebody else has started, and takes in what it brought. */
  accept(from: Address, message: PushPull): PushPull {
    const answer = this.#state(message.join);
    const problem = this.#merge(message, message.join);
    if (problem !== undefined) {
      this.#parts.log("ERR", `Failed push/pull merge: ${problem} from=${from}`);
    }
    return answer;
  }

  #awaitCatchUp(): void {
    const token = ++this.#joins;
    for (const ms of CATCH_UP_MS) this.#parts.world.after(ms, { type: "catch-up", token });
  }

  #exchangeWithAnyone(): void {
    const { nodes, log } = this.#parts;
    const [peer] = nodes.pick(1, (claim) => claim.state === "alive");
    if (peer === undefined) return;
    const { node: name, address: to } = peer;
    this.#exchange({ to, name, join: false }, (problem) => {
      if (problem !== undefined) log("ERR", `Push/Pull with ${name} failed: ${problem}`);
    });
  }

  #exchange({ to, name, join }: Target, settle: (problem?: string) => void): void {
    const { config, world, log, request } = this.#parts;
    const startedAt = world.now;
    log("DEBUG", `Initiating push/pull sync with: ${name} ${to}`);
    const timeoutMs = config.profile.tcpTimeoutMs;
    request(to, { message: this.#state(join), timeoutMs }, (reply) => {
      settle(this.#conclude(reply, join));
      config.metrics?.sample("memberlist.pushPullNode", world.now - startedAt);
    });
  }

  #conclude(reply: Reply, join: boolean): string | undefined {
    if (!reply.ok) return reply.error;
    const { message } = reply;
    if (message.type === "err") return `remote error: ${message.error}`;
    if (message.type === "push-pull") return this.#merge(message, join);
    return `received invalid msgType (${message.type}), expected push-pull`;
  }

  #state(join: boolean): PushPull {
    const { nodes, delegate } = this.#parts;
    const userState = delegate.localState(join);
    return { type: "push-pull", join, nodes: [...nodes.claims()], userState };
  }

  #merge({ nodes, userState }: PushPull, join: boolean): string | undefined {
    const { world, nodes: local, merge } = this.#parts;
    const problem = verifyProtocol(nodes, [...local.claims()]);
    if (problem !== undefined) return problem;
    for (const claim of nodes) merge(claim);
    if (userState !== null) world.emit({ type: "remote-state", state: userState, join });
    return undefined;
  }
}
