/**
 * Somebody who takes datagrams, as a log daemon or a metrics server does.
 *
 * @module
 */

/** A datagram socket on a free port of 127.0.0.1, or at a path. */
export class DatagramServer implements Disposable {
  /** Whose datagram was the last one that was received. */
  sender: Deno.Addr | undefined;
  readonly #socket: Deno.DatagramConn;

  constructor(path?: string) {
    this.#socket = path === undefined
      ? Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 })
      : Deno.listenDatagram({ transport: "unixpacket", path });
  }

  /** Where it listens, by UDP. */
  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  /** The text of the next datagram. */
  async receive(): Promise<string> {
    const [bytes, sender] = await this.#socket.receive(new Uint8Array(65_536));
    this.sender = sender;
    return new TextDecoder().decode(bytes);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
