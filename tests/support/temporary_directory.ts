/**
 * A directory that is gone when the test is over.
 *
 * @module
 */

/** A new, empty directory. */
export class TemporaryDirectory implements Disposable {
  readonly path: string = Deno.makeTempDirSync();

  /** The path of a file in it. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Writes files, by their path in it. Only the owner may read them, as agents want it of keyring files. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = this.file(name);
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      Deno.writeTextFileSync(path, text, { mode: 0o600 });
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
