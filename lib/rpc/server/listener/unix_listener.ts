/**
 * Listening for RPC clients on a unix socket that only its owner may connect to.
 *
 * The system makes the file of a socket with the mode that the umask leaves. So the socket is made in a folder that nobody
 * else can enter, gets its mode there, and is then moved to its place.
 *
 * @module
 */

import { folderOf } from "../../../base/write_file.ts";
import { endpointFailureText, formatUnixEndpoint, type UnixEndpoint } from "../../endpoint.ts";
import type { AcceptedClient, ClientListener } from "./client_listener.ts";

/**
 * Listens. A socket that nobody listens on any more is replaced. Rejects with an `Error` in Go's words if somebody does,
 * or if there is another kind of file.
 */
export async function listenUnix(endpoint: UnixEndpoint): Promise<ClientListener> {
  try {
    await requireVacancy(endpoint.path);
    return new UnixListener(bindPrivately(endpoint.path), endpoint);
  } catch (cause) {
    throw new Error(endpointFailureText("listen", endpoint, cause as Error), { cause });
  }
}

class UnixListener implements ClientListener {
  readonly address: string;
  readonly #listener: Deno.UnixListener;
  readonly #path: string;
  readonly #inode: number | null;

  constructor(listener: Deno.UnixListener, endpoint: UnixEndpoint) {
    this.#listener = listener;
    this.#path = endpoint.path;
    this.#inode = Deno.lstatSync(endpoint.path).ino;
    this.address = formatUnixEndpoint(endpoint);
  }

  /** Clients have no addresses of their own. */
  async accept(): Promise<AcceptedClient> {
    return { connection: await this.#listener.accept(), address: this.address };
  }

  /** Removes the file too, unless another one has taken its place. */
  close(): void {
    this.#listener.close();
    try {
      if (Deno.lstatSync(this.#path).ino === this.#inode) Deno.removeSync(this.#path);
    } catch {
      // Somebody has removed it.
    }
  }
}

/** Throws unless there is nothing at a path, or a socket that nobody listens on. */
async function requireVacancy(path: string): Promise<void> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    if (Deno.lstatSync(path).isSocket) return;
    throw new Error("the file exists and is not a socket");
  }
  throw new Error("address already in use");
}

function bindPrivately(path: string): Deno.UnixListener {
  const folder = Deno.makeTempDirSync({ dir: folderOf(path), prefix: "." });
  const temporary = `${folder}/s`;
  let listener: Deno.UnixListener | undefined;
  try {
    listener = Deno.listen({ transport: "unix", path: temporary });
    Deno.chmodSync(temporary, 0o600);
    Deno.renameSync(temporary, path);
    return listener;
  } catch (error) {
    listener?.close();
    throw error;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
