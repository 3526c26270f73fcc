/**
 * JSON with the error messages of Go's `encoding/json`, which name the unexpected character and what was expected. The
 * scanner here finds the end of a value or the mistake in it; the value itself is parsed by `JSON.parse`.
 *
 * @module
 */

import { decodeText } from "../base/text.ts";
import { goQuote } from "./quote.ts";

/** The deepest nesting that is accepted, so that input cannot exhaust the stack. Go accepts 10,000 levels. */
const MAX_DEPTH = 1_000;

/** A mistake in JSON. The message is Go's. */
export class JsonSyntaxError extends SyntaxError {
  override readonly name = "JsonSyntaxError";
  /** Where it is, or where the input ends too early: the number of bytes before it. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Parses a file that consists of one value. Throws a {@link JsonSyntaxError} with the message of Go's `json.Unmarshal`. */
export function decodeJson(bytes: Uint8Array): unknown {
  // Go appends a space to the input, so a word or number that is cut off is reported as having a space in it.
  const ended = new Uint8Array(bytes.length + 1).fill(0x20);
  ended.set(bytes);
  const scanner = new Scanner(ended, () => "unexpected end of JSON input");
  const value = scanner.value();
  scanner.end();
  return JSON.parse(decodeText(value).toWellFormed());
}

/**
 * Parses the first value of a file and ignores what follows it. Throws a {@link JsonSyntaxError} with the message of Go's
 * `json.Decoder`: `EOF` for a file without a value, `unexpected EOF` for one that ends inside a value.
 */
export function decodeFirstJson(bytes: Uint8Array): unknown {
  const scanner = new Scanner(bytes, (empty) => empty ? "EOF" : "unexpected EOF");
  return JSON.parse(decodeText(scanner.value()).toWellFormed());
}

/** A decoded value that must be text; null counts as empty text. Throws {@link wrongJson} for anything else. */
export function jsonText(value: unknown): string {
  if (value !== null && typeof value !== "string") throw wrongJson(value, "string");
  return value ?? "";
}

/** The error for a decoded value of the wrong type, with Go's message and name of the expected type. */
export function wrongJson(value: unknown, type: string): TypeError {
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return new TypeError(`json: cannot unmarshal ${kind} into Go value of type ${type}`);
}

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #endMessage: (empty: boolean) => string;
  #offset = 0;

  constructor(bytes: Uint8Array, endMessage: (empty: boolean) => string) {
    this.#bytes = bytes;
    this.#endMessage = endMessage;
  }

  /** Skips the next value and returns its bytes. */
  value(): Uint8Array {
    this.#space();
    const start = this.#offset;
    this.#value(0);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Throws if anything but white space follows. */
  end(): void {
    this.#space();
    if (this.#offset < this.#bytes.length) throw this.#error("after top-level value");
  }

  #value(depth: number): void {
    if (depth > MAX_DEPTH) throw new JsonSyntaxError("exceeded max depth", this.#offset);
    this.#space();
    switch (this.#peek()) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true");
      case "f":
        return this.#literal("false");
      case "n":
        return this.#literal("null");
      default:
        return this.#number();
    }
  }

  #object(depth: number): void {
    this.#offset++;
    this.#space();
    if (this.#accept("}")) return;
    do {
      this.#space();
      if (this.#peek() !== '"') throw this.#error("looking for beginning of object key string");
      this.#string();
      this.#space();
      this.#expect(":", "after object key");
      this.#value(depth + 1);
      this.#space();
    } while (this.#accept(","));
    this.#expect("}", "after object key:value pair");
  }

  #array(depth: number): void {
    this.#offset++;
    this.#space();
    if (this.#accept("]")) return;
    do {
      this.#value(depth + 1);
      this.#space();
    } while (this.#accept(","));
    this.#expect("]", "after array element");
  }

  #string(): void {
    this.#offset++;
    while (!this.#accept('"')) {
      if (this.#accept("\\")) this.#escape();
      else if (this.#byte() < 0x20) throw this.#error("in string literal");
      else this.#offset++;
    }
  }

  #escape(): void {
    if (!this.#accept("u")) {
      return this.#class(/["\\/bfnrt]/, "in string escape code");
    }
    for (let i = 0; i < 4; i++) this.#class(/[\da-fA-F]/, "in \\u hexadecimal character escape");
  }

  #literal(word: string): void {
    this.#offset++;
    for (const letter of word.slice(1)) {
      this.#expect(letter, `in literal ${word} (expecting '${letter}')`);
    }
  }

  #number(): void {
    const negative = this.#accept("-");
    if (!this.#accept("0")) {
      this.#class(/[1-9]/, negative ? "in numeric literal" : "looking for beginning of value");
      this.#digits();
    }
    if (this.#accept(".")) {
      this.#class(/\d/, "after decimal point in numeric literal");
      this.#digits();
    }
    if (this.#accept("e") || this.#accept("E")) {
      if (!this.#accept("+")) this.#accept("-");
      this.#class(/\d/, "in exponent of numeric literal");
      this.#digits();
    }
  }

  #digits(): void {
    while (this.#offset < this.#bytes.length && /\d/.test(this.#peek())) this.#offset++;
  }

  #space(): void {
    while (" \t\r\n".includes(this.#character() ?? "x")) this.#offset++;
  }

  /** Accepts one character that matches. */
  #class(characters: RegExp, context: string): void {
    if (!characters.test(this.#peek())) throw this.#error(context);
    this.#offset++;
  }

  #expect(character: string, context: string): void {
    if (this.#peek() !== character) throw this.#error(context);
    this.#offset++;
  }

  #accept(character: string): boolean {
    if (this.#character() !== character) return false;
    this.#offset++;
    return true;
  }

  #peek(): string {
    return String.fromCharCode(this.#byte());
  }

  #byte(): number {
    if (this.#offset >= this.#bytes.length) throw this.#endError();
    return this.#bytes[this.#offset];
  }

  /** The next byte as a character; `undefined` at the end. */
  #character(): string | undefined {
    return this.#offset < this.#bytes.length ? this.#peek() : undefined;
  }

  #endError(): SyntaxError {
    const empty = this.#bytes.every((byte) => " \t\r\n".includes(String.fromCharCode(byte)));
    return new JsonSyntaxError(this.#endMessage(empty), this.#offset);
  }

  #error(context: string): SyntaxError {
    const message = `invalid character ${quoteCharacter(this.#peek())} ${context}`;
    return new JsonSyntaxError(message, this.#offset);
  }
}

/** In single quotes, as Go prints it: each byte is taken for a character. */
function quoteCharacter(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${goQuote(character).slice(1, -1)}'`;
}
