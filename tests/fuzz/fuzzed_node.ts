/**
 * A Serf node that gets whatever a fuzzer makes up, and what must hold for it at any time.
 *
 * @module
 */

import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { Address } from "../../lib/base/address.ts";
import { TimerHeap } from "../../lib/base/timer_heap.ts";
import { compileExpression } from "../../lib/go/regexp.ts";
import { agentSettings, librarySettings } from "../../lib/serf/config.ts";
import { SerfCore, type SerfTimer, type SerfWorld } from "../../lib/serf/core.ts";
import type { SerfOutput } from "../../lib/serf/output.ts";
import type { Random } from "../../lib/sim/random.ts";
import { encodePacket } from "../../lib/wire/framing/packet.ts";
import { encodeStream } from "../../lib/wire/framing/stream.ts";
import type { Exchange, Packet, StreamMessage } from "../../lib/wire/messages/messages.ts";
import { OWN_NAME } from "./telling_values.ts";

/** Small, so that a node full of inventions is reached and does not take long. */
const MAX_MEMBERS = 100;
/** The share of what the node sends that is encoded, which takes longer than all the rest. */
const ENCODED = 0.1;
/** More than one node ever has to wait for. */
const MAX_TIMERS = 20_000;
/** What one UDP datagram over IPv4 can hold. */
const MAX_DATAGRAM = 65_507;

const plain = { compress: false };
const self = new Address(Uint8Array.of(10, 9, 1, 2), 7946);

/** Where everything comes from. */
export const stranger = new Address(Uint8Array.of(10, 9, 1, 3), 7946);

/** The node and its world. What it sends arrives nowhere, but has to be encodable. */
export class FuzzedNode implements SerfWorld {
  now = 0;
  readonly core: SerfCore;
  /** Exchanges that the node waits for. */
  readonly requests: number[] = [];
  readonly #random: Random;
  readonly #timers = new TimerHeap<SerfTimer>();
  #sent = 0;
  #lastId = 0;
  #conflictLost = false;

  constructor(random: Random) {
    this.#random = random;
    this.core = new SerfCore(
      {
        ...librarySettings,
        ...agentSettings,
        name: OWN_NAME,
        address: self,
        tags: { role: "fuzzed" },
        maxMembers: MAX_MEMBERS,
      },
      this,
      {
        compileExpression,
        snapshot: { alive: new Map(), clock: 0, eventClock: 0, queryClock: 0, lost: new Map() },
      },
    );
    this.core.start();
  }

  /** Whether the node goes on. It ends only if members vote for another one of its name. */
  get runs(): boolean {
    return !this.#conflictLost;
  }

  random(): number {
    return this.#random.next();
  }

  send(_to: Address, packet: Packet): void {
    this.#sent++;
    if (!this.#random.chance(ENCODED)) return;
    assertLessOrEqual(encodePacket(packet, plain).length, MAX_DATAGRAM);
  }

  request(_to: Address, { message }: Exchange, id: number): void {
    if (this.#random.chance(ENCODED)) encodeStream(message, plain, "dialler");
    this.requests.push(id);
  }

  after(ms: number, timer: SerfTimer): void {
    assert(ms >= 0, `a timer in ${ms} ms`);
    this.#timers.push(this.now + ms, timer);
  }

  emit(output: SerfOutput): void {
    if (output.type === "shutdown") this.#conflictLost = true;
  }

  /** A peer has opened a stream and sent a message; what the node answers has to be encodable. */
  accept(message: StreamMessage): void {
    const answer = this.core.accept(stranger, message);
    if (answer !== null && this.#random.chance(ENCODED)) encodeStream(answer, plain, "server");
  }

  /** Asks somebody for its state. The exchange is the last one of `requests`. */
  join(): void {
    this.core.join([stranger], { id: ++this.#lastId });
  }

  /** Lets time pass. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let at = this.#timers.peekTime(); at !== undefined && at <= until;) {
      this.now = Math.max(this.now, at);
      this.core.handle(this.#timers.pop()!);
      at = this.#timers.peekTime();
    }
    this.now = until;
  }

  /** Checks the members, the clocks and the queues, and that the node still answers. */
  check(): void {
    const members = this.core.members();
    assertLessOrEqual(members.length, MAX_MEMBERS);
    assertLessOrEqual(this.#timers.size, MAX_TIMERS);
    assertEquals(new Set(members.map(({ name }) => name)).size, members.length);
    for (const { name, address, status, tags, ...versions } of members) {
      assert(name.length <= 512, `a name of ${name.length} characters`);
      assert(address.ip.length === 4 || address.ip.length === 16, `an IP of ${address.ip}`);
      assert(address.port >= 0 && address.port <= 0xffff, `port ${address.port}`);
      assert(["none", "alive", "leaving", "left", "failed"].includes(status), `status ${status}`);
      for (const value of Object.values(tags)) assertEquals(typeof value, "string");
      for (const version of Object.values(versions)) {
        assert(Number.isInteger(version) && version >= 0 && version <= 255, `version ${version}`);
      }
    }
    for (const { incarnation } of this.core.claims()) {
      assert(Number.isInteger(incarnation) && incarnation >= 0 && incarnation <= 0xffff_ffff);
    }
    const { status, address, tags } = this.core.local;
    assertEquals([status, address.text, tags.role], ["alive", self.text, "fuzzed"]);
    for (const [name, value] of Object.entries(this.core.stats())) {
      assert(/^(true|false|\d+)$/.test(value), `${name} is ${value}`);
    }
    const before = this.#sent;
    this.core.receive(stranger, {
      messages: [{ type: "ping", sequence: 1, node: OWN_NAME }],
      crc: false,
    });
    assertGreater(this.#sent, before, "a ping is not answered");
  }
}
