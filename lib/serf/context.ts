/**
 * What all parts of the Serf machine share.
 *
 * @module
 */

import type { LogLevel } from "../base/log.ts";
import type { World } from "../base/world.ts";
import type { SwimTimer } from "../swim/timer.ts";
import type { Exchange, Packet } from "../wire/messages/messages.ts";
import type { SerfConfig } from "./config.ts";
import type { SerfOutput } from "./output.ts";

/** The timers of the Serf layer itself. */
export type SerfLayerTimer =
  /** Time to forget members that are gone for long, and old intents. */
  | { readonly type: "reap" }
  /** Time to try a failed member again. */
  | { readonly type: "reconnect" }
  /** Time to look at the depth of the broadcast queues. */
  | { readonly type: "check-queues" }
  /** Time to record the member clock in the snapshot. */
  | { readonly type: "record-clock" }
  /** Time to look whether coalesced events are due. */
  | { readonly type: "coalesce"; readonly of: "member" | "user" }
  /** Our query of that id has had its time. */
  | { readonly type: "query-over"; readonly id: number }
  /** The member had time to leave by itself before it is erased. */
  | { readonly type: "prune"; readonly node: string }
  /** The member that the operation of that id was to erase had that time. */
  | { readonly type: "pruned"; readonly id: number }
  /** A broadcast that somebody waits for has been sent its full count, or it took too long. */
  | { readonly type: "broadcast-over"; readonly token: number; readonly sent: boolean }
  /** There may be room for user events that were held back. */
  | { readonly type: "release-events" }
  /** Our intent to leave had the time to get everywhere. */
  | { readonly type: "leave-spread" }
  /** Our leave had time to spread. */
  | { readonly type: "left" };

/** Every timer of the machine, those of the membership layer included. */
export type SerfTimer = SwimTimer | SerfLayerTimer;

/** The world of a {@link SerfCore}. */
export type SerfWorld = World<Packet, Exchange, SerfTimer, SerfOutput>;

/** What every part of the machine is given. */
export interface SerfContext {
  readonly config: SerfConfig;
  readonly world: SerfWorld;
  /** Writes a line to the log, with `serf: ` before the text. */
  log(level: LogLevel, text: string): void;
  /** Tells the host that the operation of that id is over. */
  done(id: number, error?: string): void;
}

/** Makes the context of a machine. */
export function createContext(config: SerfConfig, world: SerfWorld): SerfContext {
  return {
    config,
    world,
    log: (level, text) => world.emit({ type: "log", level, text: `serf: ${text}` }),
    done: (id, error) => world.emit({ type: "done", id, error }),
  };
}
