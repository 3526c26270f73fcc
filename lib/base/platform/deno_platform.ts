/**
 * The platform on Deno.
 *
 * @module
 */

import type { OutputFile, OutputFileOptions, Platform } from "./platform.ts";

/** Deno's own interfaces. */
export const denoPlatform: Platform = {
  hostname: () => Deno.hostname(),
  networkInterfaces: () => Deno.networkInterfaces(),
  connectTcp(to, signal) {
    // Deno 2.9 connects, asks this, and if it throws forgets the connection without closing it.
    Object.defineProperty(signal, "throwIfAborted", { value: () => {} });
    return Deno.connect({ ...to, signal });
  },
  connectUnix: (path) => Deno.connect({ transport: "unix", path }),
  listenTcp: (at) => Promise.try(() => Deno.listen({ ...at })),
  openFile: async (path, options) => new DenoFile(await open(path, options)),
  readFile: (path) => Deno.readFile(path),
  rename: (from, to) => Deno.rename(from, to),
  removeFile: (path) => Deno.remove(path),
  async syncFolder(path) {
    const folder = await Deno.open(path, { read: true });
    // Not with `using`, which would get lost in bundles; see `syncFolderNow` in `write_file.ts`.
    try {
      await folder.sync();
    } finally {
      folder.close();
    }
  },
};

function open(path: string, { append, mode }: OutputFileOptions): Promise<Deno.FsFile> {
  return Deno.open(path, { write: !append, append, truncate: !append, create: true, mode });
}

class DenoFile implements OutputFile {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#file.write(bytes);
  }

  async truncate(length: number): Promise<void> {
    await this.#file.truncate(length);
    await this.#file.seek(length, Deno.SeekMode.Start);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }
}
