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

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
