/** The state of a core as a flight recorder writes it where a part begins: how long that takes, and how many bytes it has. */

import type { Coordinate } from "../../../lib/api/coordinate.ts";
import { encodeCheckpoint } from "../../../lib/recording/parts/checkpoint.ts";
import { agentSettings, librarySettings } from "../../../lib/serf/config.ts";
import { SerfCore, type SerfTimer } from "../../../lib/serf/core.ts";
import { Random } from "../../../lib/sim/random.ts";
import { encodeCoordinate } from "../../../lib/wire/messages/coordinate.ts";
import type { Packet } from "../../../lib/wire/messages/messages.ts";
import { cpuTimeMs } from "../../support/cpu_time.ts";
import { claimOf } from "./samples.ts";
import type { Suite } from "./suite.ts";

const SIZES = [10, 1_000, 10_000];
const ROUNDS = 9;

/** Milliseconds of processor time, with those of the garbage collector, and bytes. */
export const checkpoint: Suite = {
  name: "checkpoint",
  run(report) {
    for (const size of SIZES) {
      const core = probedCore(size);
      const metric = { benchmark: "checkpoint", variant: `${size} members` };
      for (let round = 0; round < ROUNDS; round++) {
        const begun = cpuTimeMs();
        const { length } = encodeCheckpoint({
          core: core.save()!,
          timers: new Map(),
          lastTimer: 0,
        });
        const tookMs = cpuTimeMs() - begun;
        report.add("ours", { ...metric, metric: "time", unit: "ms" }, tookMs);
        report.add("ours", { ...metric, metric: "size", unit: "kB" }, length / 1_000);
      }
    }
  },
};

/** A core that has probed as many members as it can remember the answers of, and has got an event of each of a hundred. */
function probedCore(size: number): SerfCore {
  const random = new Random(size);
  let now = 0;
  let tick: SerfTimer | undefined;
  const sent: Packet[] = [];
  const world = {
    get now() {
      return now;
    },
    random: () => random.next(),
    send: (_: unknown, packet: Packet) => sent.push(packet),
    request: () => {},
    emit: () => {},
    after: (_: number, timer: SerfTimer) => {
      if (timer.type === "probe-tick") tick = timer;
    },
  };
  const own = claimOf(0);
  const settings = { ...librarySettings, ...agentSettings };
  const config = { ...settings, name: own.node, address: own.address, tags: {} };
  const core = new SerfCore(config, world, {});
  core.start();
  core.preload(Array.from({ length: size - 1 }, (_, i) => receivedClaim(i + 1)));
  for (let probe = 1; probe < size; probe++) {
    now += 1_000;
    if (tick !== undefined) core.handle({ ...tick, due: now } as SerfTimer);
    for (const { messages: [ping] } of sent.splice(0)) {
      if (ping.type !== "ping") continue;
      const payload = encodeCoordinate(coordinateOf(random));
      core.receive(own.address, {
        messages: [{ type: "ack", sequence: ping.sequence, payload }],
        crc: false,
      });
    }
  }
  for (let event = 0; event < 100; event++) core.userEvent(`deploy-${event}`, new Uint8Array(100));
  return core;
}

/** A claim that shares nothing with others, as it comes over the network. */
function receivedClaim(index: number) {
  const claim = claimOf(index);
  return { ...claim, meta: claim.meta!.slice(), versions: { ...claim.versions! } };
}

function coordinateOf(random: Random): Coordinate {
  const vec = Array.from({ length: 8 }, () => random.between(-0.01, 0.01));
  return { vec, error: random.next(), adjustment: random.between(-0.001, 0.001), height: 1e-4 };
}
