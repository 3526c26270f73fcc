/**
 * A protocol core that writes down what it is given.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { errorText } from "../base/errors.ts";
import type { LamportTime } from "../base/lamport_time.ts";
import type { KeyOperation } from "../api/keys.ts";
import type { QueryParameters } from "../api/query.ts";
import type { CompileExpression } from "../go/regexp.ts";
import type { SerfConfig, SerfCoreOptions } from "../serf/config.ts";
import { SerfCore, type SerfTimer, type SerfWorld } from "../serf/core.ts";
import type { Claim, Packet, Reply, StreamMessage } from "../wire/messages/messages.ts";
import type { Recorder } from "./recorder.ts";
import type { CommandName } from "./steps.ts";

/** The core that ships, with a recorder before each of its inputs. */
export class RecordedCore extends SerfCore {
  readonly #recorder: Recorder;

  constructor(
    config: SerfConfig,
    world: SerfWorld,
    { recorder, ...options }: SerfCoreOptions & { readonly recorder: Recorder },
  ) {
    const recorded = recorder.record(world, config, options);
    super(recordedConfig(config, recorder), recorded, recordedOptions(options, recorder));
    this.#recorder = recorder;
    recorder.core = this;
  }

  override start(): void {
    this.#recorder.step({ type: "start" }, () => super.start());
  }

  override receive(from: Address, packet: Packet): void {
    this.#recorder.step({ type: "receive", from, packet }, () => super.receive(from, packet));
  }

  override accept(from: Address, message: StreamMessage): StreamMessage | null {
    return this.#recorder.step(
      { type: "accept", from, message },
      () => super.accept(from, message),
    );
  }

  override reply(id: number, reply: Reply): void {
    this.#recorder.step({ type: "reply", id, reply }, () => super.reply(id, reply));
  }

  override handle(timer: SerfTimer): void {
    const sequence = this.#recorder.timer(timer);
    this.#recorder.step({ type: "timer", sequence }, () => super.handle(timer));
  }

  /** Every timer is recorded. */
  override isStale(): boolean {
    return false;
  }

  override preload(claims: Iterable<Claim>): void {
    const args = [...claims];
    this.#command("preload", [args], () => super.preload(args));
  }

  override join(
    addresses: readonly Address[],
    options: { id: number; ignoreOld?: boolean },
  ): void {
    this.#command("join", [addresses, options], () => super.join(addresses, options));
  }

  override rejoin(address: Address, options: { id: number }): void {
    this.#command("rejoin", [address, options], () => super.rejoin(address, options));
  }

  override leave(options: { id: number }): void {
    this.#command("leave", [options], () => super.leave(options));
  }

  override forceLeave(name: string, options: { id: number; prune?: boolean }): void {
    this.#command("forceLeave", [name, options], () => super.forceLeave(name, options));
  }

  override setTags(tags: Readonly<Record<string, string>>, options: { id: number }): void {
    this.#command("setTags", [tags, options], () => super.setTags(tags, options));
  }

  override userEvent(
    name: string,
    payload: Uint8Array | null,
    options: { coalesce?: boolean } = {},
  ): void {
    this.#command(
      "userEvent",
      [name, payload, options],
      () => super.userEvent(name, payload, options),
    );
  }

  override query(
    name: string,
    payload: Uint8Array | null,
    options: QueryParameters & { id: number },
  ): void {
    this.#command("query", [name, payload, options], () => super.query(name, payload, options));
  }

  override respond(query: { lTime: LamportTime; id: number }, payload: Uint8Array): void {
    const { lTime, id } = query;
    this.#command("respond", [{ lTime, id }, payload], () => super.respond(query, payload));
  }

  override failQuery(query: { lTime: LamportTime; id: number }, reason: string): void {
    const { lTime, id } = query;
    this.#command("failQuery", [{ lTime, id }, reason], () => super.failQuery(query, reason));
  }

  override keys(
    operation: KeyOperation,
    key: Uint8Array,
    options: { id: number; relayFactor?: number },
  ): void {
    this.#command("keys", [operation, key, options], () => super.keys(operation, key, options));
  }

  override askWhy(name: string, options: { id: number }): void {
    this.#command("askWhy", [name, options], () => super.askWhy(name, options));
  }

  override loadExpressions(compile: CompileExpression): void {
    this.#command("loadExpressions", [works(compile)], () => super.loadExpressions(compile));
  }

  override shutdown(): void {
    this.#command("shutdown", [], () => super.shutdown());
  }

  #command(name: CommandName, args: readonly unknown[], run: () => void): void {
    this.#recorder.step({ type: "command", name, args }, run);
  }
}

/** Whether expressions can be compiled, or loading what does it has failed. */
function works(compile: CompileExpression): boolean {
  try {
    compile("^$");
    return true;
  } catch {
    return false;
  }
}

/** The settings, with functions that record what they return. */
function recordedConfig(config: SerfConfig, recorder: Recorder): SerfConfig {
  const { allows, reconnectTimeoutOverride: override } = config;
  return {
    ...config,
    allows: allows && ((ip) => recorder.result(allows(ip))),
    reconnectTimeoutOverride: override &&
      ((member, timeoutMs) => recorder.result(override(member, timeoutMs))),
  };
}

function recordedOptions(options: SerfCoreOptions, recorder: Recorder): SerfCoreOptions {
  const { storeKeyring } = options;
  return {
    ...options,
    storeKeyring: storeKeyring && ((keyring) => {
      try {
        storeKeyring(keyring);
        recorder.result(null);
      } catch (error) {
        recorder.result(errorText(error));
        throw error;
      }
    }),
  };
}
