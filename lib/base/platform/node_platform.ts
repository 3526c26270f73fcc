/**
 * The platform on Node and Bun.
 *
 * @module
 */

import { constants, type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { NodeConnection, NodeListener } from "./node_sockets.ts";
import type { Endpoint, OutputFile, OutputFileOptions, Platform } from "./platform.ts";

/** The `node:` interfaces. */
export const nodePlatform: Platform = {
  hostname: () => hostname(),
  networkInterfaces: () =>
    Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []),
  connectTcp: ({ hostname: host, port }, signal) => dial({ host, port }, signal),
  connectUnix: (path) => dial({ path }),
  listenTcp,
  openFile: async (path, options) => new NodeFile(await openFile(path, options), options),
  readFile: (path) => readFile(path),
  rename: (from, to) => rename(from, to),
  removeFile: (path) => rm(path),
  async syncFolder(path) {
    const folder = await open(path, constants.O_RDONLY);
    // Not with `using`, which would get lost in bundles; see `syncFolderNow` in `write_file.ts`.
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

/** Both sides of a connection end for themselves, as they do in Deno. */
const HALF_OPEN = { allowHalfOpen: true } as const;

async function dial(
  to: { readonly host: string; readonly port: number } | { readonly path: string },
  signal?: AbortSignal,
): Promise<NodeConnection> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ ...to, ...HALF_OPEN });
  const abort = () => {
    socket.destroy();
    reject(signal?.reason);
  };
  socket.once("connect", resolve);
  socket.once("error", reject);
  signal?.addEventListener("abort", abort);
  try {
    await promise;
    return new NodeConnection(socket);
  } finally {
    signal?.removeEventListener("abort", abort);
    socket.off("error", reject);
  }
}

async function listenTcp({ hostname: host, port }: Endpoint): Promise<NodeListener> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const server = createServer(HALF_OPEN);
  server.once("error", reject);
  // Exclusive: the workers of a node:cluster would share the socket, and each is a member of its own.
  server.listen({ host, port, exclusive: true }, resolve);
  await promise;
  return new NodeListener(server);
}

function openFile(path: string, { append, mode }: OutputFileOptions): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants;
  return open(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), mode);
}

class NodeFile implements OutputFile {
  readonly #file: FileHandle;
  /** Where the next bytes go; `null` in a file that the system appends to. */
  #position: number | null;

  constructor(file: FileHandle, { append }: OutputFileOptions) {
    this.#file = file;
    this.#position = append ? null : 0;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const { bytesWritten } = await this.#file.write(bytes, 0, bytes.length, this.#position);
    if (this.#position !== null) this.#position += bytesWritten;
    return bytesWritten;
  }

  async truncate(length: number): Promise<void> {
    await this.#file.truncate(length);
    if (this.#position !== null) this.#position = length;
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): void {
    this.#file.close().catch(() => {
      // What had to be on the disk was synced before.
    });
  }
}
