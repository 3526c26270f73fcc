/** A name server that knows no name. */

/** Where {@link serveNoNames} answers. */
export const NAME_SERVER = "127.0.0.53";

/** The byte of flags that say: an answer, recursion available, no such name. */
const NO_SUCH_NAME = [0x81, 0x83];

/** Answers every question, until the process ends. Does nothing where the port is not to be had. */
export function serveNoNames(): void {
  try {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: NAME_SERVER, port: 53 });
    (async () => {
      for await (const [query, from] of socket) {
        const answer = query.slice();
        answer.set(NO_SUCH_NAME, 2);
        await socket.send(answer, from);
      }
    })();
  } catch {
    // The machine's own name server is there, or nobody may listen.
  }
}
