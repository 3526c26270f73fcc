/**
 * The machine's own loopback network, with drivers and sockets as they are used in earnest.
 *
 * @module
 */

import { Address } from "../../../lib/base/address.ts";
import { Driver } from "../../../lib/host/driver.ts";
import { NetTransport } from "../../../lib/host/transport/net_transport.ts";
import type { BindUdp } from "../../../lib/host/transport/udp.ts";
import type { WireOptions } from "../../../lib/wire/framing/wire_options.ts";
import { type Note, Station, type TestNetwork } from "./transport_contract.ts";
import { vacantPort } from "../../support/vacant_port.ts";

/** What may be varied. */
export interface RealNetworkOptions {
  /** Where to listen; the port is free. Default 127.0.0.1. */
  readonly host?: string;
  readonly bindUdp?: BindUdp;
  /** Default 2 s. */
  readonly streamTimeoutMs?: number;
}

/** Stations in this process, each with a driver of its own. */
export class RealNetwork implements TestNetwork {
  /** Everything that was logged, as `LEVEL text`. */
  readonly log: string[] = [];
  readonly #options: RealNetworkOptions;
  readonly #drivers: Driver<Note, never>[] = [];

  constructor(options: RealNetworkOptions = {}) {
    this.#options = options;
  }

  async open(wire: WireOptions = { compress: true }): Promise<Station> {
    const { host = "127.0.0.1", bindUdp, streamTimeoutMs = 2_000 } = this.#options;
    const log = (level: string, text: string) => void this.log.push(`${level} ${text}`);
    const transport = await NetTransport.bind({
      bind: Address.parse(host, 0),
      wire,
      streamTimeoutMs,
      log,
      bindUdp,
    });
    const driver = new Driver<Note, never>({ transport, log, deliver: () => {} });
    const station = new Station(transport.address, driver);
    station.enter = (run) => driver.call(run);
    driver.start(station);
    this.#drivers.push(driver);
    return station;
  }

  vacant(): Address {
    return Address.parse("127.0.0.1", vacantPort());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#drivers.map((driver) => driver.close()));
  }
}
