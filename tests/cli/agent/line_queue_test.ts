import { assert, assertEquals } from "@std/assert";
import { LineQueue } from "../../../lib/cli/agent/line_queue.ts";

/** A stream that fails or waits when it is told to. */
class Stream {
  text = "";
  full = false;
  gate: Promise<void> = Promise.resolve();

  async write(bytes: Uint8Array): Promise<number> {
    await this.gate;
    if (this.full) throw new Error("No space left on device (os error 28)");
    const part = bytes.subarray(0, 40);
    this.text += new TextDecoder().decode(part);
    return part.length;
  }
}

Deno.test("lines are written in their order", async () => {
  const stream = new Stream();
  const lines = new LineQueue(stream);
  const expected = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  for (const line of expected) lines.push(line);
  await lines.flush();
  assertEquals(stream.text, `${expected.join("\n")}\n`);
});

Deno.test("lines of one turn share a write, also if answers are awaited between them", async () => {
  const writes: number[] = [];
  const lines = new LineQueue({
    write: (bytes) => {
      writes.push(bytes.length);
      return Promise.resolve(bytes.length);
    },
  });
  lines.push("a member has joined");
  for (let i = 0; i < 10; i++) await undefined;
  lines.push("joined: 1 nodes");
  await lines.flush();
  assertEquals(writes, [20 + 16]);
});

Deno.test("lines that a full disk does not take are counted, and their number is told once", async () => {
  const stream = new Stream();
  const lines = new LineQueue(stream);
  lines.push("a");
  await lines.flush();
  stream.full = true;
  lines.push("b");
  await lines.flush();
  lines.push("c");
  await lines.flush();
  stream.full = false;
  for (const line of ["d", "e"]) {
    lines.push(line);
    await lines.flush();
  }
  assertEquals(stream.text, "a\n==> Dropped 2 lines: they could not be written\nd\ne\n");
});

Deno.test("a queue of lines for machines tells of drops in their format", async () => {
  let full = true;
  const written: string[] = [];
  const queue = new LineQueue({
    write(bytes) {
      if (full) return Promise.reject(new Error("No space left on device"));
      written.push(new TextDecoder().decode(bytes));
      return Promise.resolve(bytes.length);
    },
  }, { format: (level, text) => JSON.stringify({ level, text }) });
  queue.push("lost");
  await queue.flush();
  full = false;
  queue.push("kept");
  await queue.flush();
  const text = "agent: Dropped 1 lines: they could not be written";
  assertEquals(written.join(""), `${JSON.stringify({ level: "WARN", text })}\nkept\n`);
});

Deno.test("a stream that nobody reads costs bounded memory and 250 ms at the end", async () => {
  const stream = new Stream();
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.gate = promise;
  const lines = new LineQueue(stream);
  const line = "x".repeat(1_000);
  for (let i = 0; i < 3_000; i++) lines.push(line);
  const begun = performance.now();
  await lines.flush();
  assert(performance.now() - begun > 240);
  resolve();
  while (stream.text.length < 1_000_000) await lines.flush();
  assert(stream.text.length < 1_100_000);
  lines.push("end");
  await lines.flush();
  assert(/==> Dropped \d{4} lines/.test(stream.text), stream.text.slice(-200));
});
