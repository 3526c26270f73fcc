import { assertEquals } from "@std/assert";
import { escapeControls, escapeControlsInLines } from "../../lib/go/escape_controls.ts";

Deno.test("control characters are escaped, and nothing else", () => {
  assertEquals(escapeControls("a\n\t\x1b[2J\x7f\x9b\u202e"), "a\\n\\t\\x1b[2J\\x7f\\u009b\\u202e");
  const text = 'ordinary "text" \\ with ä, 日本 and 🦕';
  assertEquals(escapeControls(text), text);
});

Deno.test("text of several lines keeps its lines and tabs", () => {
  assertEquals(escapeControlsInLines("a\n\tb\r\x1b"), "a\n\tb\\r\\x1b");
});
