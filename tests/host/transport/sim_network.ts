/**
 * The simulated network behind the same face as the real one.
 *
 * @module
 */

import type { Address } from "../../../lib/base/address.ts";
import { addressOf } from "../../../lib/sim/address_plan.ts";
import { Simulation } from "../../../lib/sim/simulation.ts";
import type { WireOptions } from "../../../lib/wire/framing/wire_options.ts";
import { type Note, Station, type TestNetwork } from "./transport_contract.ts";

/** Stations in a simulation, whose time passes in small steps while the test waits. */
export class SimNetwork implements TestNetwork {
  readonly #simulation = new Simulation<Note, never>({ seed: 1 }, { emitted: () => {} });
  readonly #pump = setInterval(() => this.#simulation.run(5), 0);
  #slots = 0;

  open(wire: WireOptions = { compress: true }): Promise<Station> {
    const host = this.#simulation.addHost();
    const address = addressOf(this.#slots++);
    host.wire = wire;
    const { promise, resolve } = Promise.withResolvers<Station>();
    host.start(address, (world) => {
      const station = new Station(address, world);
      resolve(station);
      return station;
    });
    return promise;
  }

  vacant(): Address {
    return addressOf(this.#slots++);
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#pump);
    return Promise.resolve();
  }
}
