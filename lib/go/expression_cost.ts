/**
 * What a regular expression in Go's syntax costs to compile and to run, worked out from its text. Repetitions are
 * compiled as copies: `(?:.*.*){1000}` is a program of 4,000 instructions. So a short text can take seconds and hundreds
 * of megabytes, which must be known before it is compiled.
 *
 * @module
 */

// Costs are microseconds, roughly, of re2js 2.10 once it is warm, measured with hundreds of copies of each form.
const ESCAPE = 6;
const ANY = 15;
const GROUP = 4;
const ALTERNATIVE = 3;
const REPETITION = 1;
/** `[…]`, `\d` and the like. */
const CLASS = 40;
/** `\pL` and other tables of Unicode, whose ranges may number hundreds. */
const TABLE = 250;
/** The same when case is ignored: the other case of every character is looked up. */
const FOLDED_TABLE = 1_000;
/** Characters of a range whose other case is looked up in a microsecond. */
const FOLDED_PER_UNIT = 8;
/** What each copy of a table in a repetition costs. */
const TABLE_COPY = 32;

/**
 * Over how many characters of a text the compiled expression is run in the time in which it is compiled. The slowest of
 * 80,000 random expressions took twice as long.
 */
const RUN_LENGTH = 64;

/** What a part of an expression costs: once, to read it, and for each copy that a repetition makes. */
interface Cost {
  once: number;
  copy: number;
}

/**
 * The time in microseconds, give or take a factor of two, in which an expression is compiled and run on a text of that
 * length. What it says of a text that is no expression is the time in which that is found out. It never throws, and takes
 * time in proportion to the expression.
 */
export function expressionCost(expression: string, textLength = 0): number {
  const { once, copy } = new CostReader(expression).read();
  return once + copy * Math.max(1, textLength / RUN_LENGTH);
}

/** Reads an expression once from left to right, with a stack of open groups. */
class CostReader {
  readonly #text: string;
  /** Whether some part ignores case; then all parts are taken to do so. */
  readonly #folds: boolean;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
    this.#folds = /\(\?[A-Za-z-]*i/.test(text);
  }

  read(): Cost {
    const outer: Cost[] = [];
    let group: Cost = { once: 0, copy: 0 };
    let atom: Cost = { once: 0, copy: 0 };
    const add = (next: Cost) => {
      group.once += atom.once;
      group.copy += atom.copy;
      atom = next;
    };
    while (this.#position < this.#text.length) {
      const character = this.#text[this.#position];
      switch (character) {
        case "(":
          this.#position++;
          add({ once: GROUP, copy: 0 });
          outer.push(group);
          group = { once: 0, copy: 0 };
          break;
        case ")": {
          this.#position++;
          add({ once: 0, copy: 0 });
          const whole = { once: group.once, copy: group.copy + 2 };
          group = outer.pop() ?? { once: 0, copy: 0 };
          atom = whole;
          break;
        }
        case "|":
          this.#position++;
          add({ once: ALTERNATIVE, copy: 1 });
          break;
        case "[":
          add(this.#readClass());
          break;
        case "\\":
          if (this.#text[this.#position + 1] === "Q") add(this.#readQuoted());
          else add(this.#readEscape());
          break;
        case "*":
        case "+":
        case "?":
          this.#position++;
          atom.copy += REPETITION;
          break;
        case "{":
          this.#repeat(atom);
          break;
        default:
          this.#position++;
          add({ once: character === "." ? ANY : 0, copy: 1 });
      }
    }
    add({ once: 0, copy: 0 });
    for (const { once, copy } of outer) {
      group.once += once;
      group.copy += copy;
    }
    return group;
  }

  /** A repetition with numbers, or a brace that stands for itself. */
  #repeat(atom: Cost): void {
    const pattern = /\{(\d+)(?:,(\d*))?\}/y;
    pattern.lastIndex = this.#position;
    const [found, min, max] = pattern.exec(this.#text) ?? ["{", "1", "1"];
    this.#position += found.length;
    const copies = Math.max(1, Number(min), Number(max ?? 0));
    atom.copy = copies * (atom.copy + REPETITION);
  }

  /** `\Q…\E`, in which every character stands for itself. A repetition after it belongs to the last one. */
  #readQuoted(): Cost {
    const start = this.#position + 2;
    const end = this.#text.indexOf("\\E", start);
    this.#position = end < 0 ? this.#text.length : end + 2;
    const length = (end < 0 ? this.#text.length : end) - start;
    return { once: ESCAPE * length, copy: length };
  }

  #readEscape(): Cost {
    const [kind, name = ""] = this.#text.slice(this.#position + 1, this.#position + 3);
    if (kind === "p" || kind === "P") {
      const end = name === "{" ? this.#text.indexOf("}", this.#position) : this.#position + 2;
      this.#position = end < 0 ? this.#text.length : end + 1;
      return { once: this.#folds ? FOLDED_TABLE : TABLE, copy: TABLE_COPY };
    }
    if (kind !== undefined && "dDsSwW".includes(kind)) {
      this.#position += 2;
      return { once: CLASS, copy: 2 };
    }
    this.#readCharacter();
    return { once: ESCAPE, copy: 1 };
  }

  /** `[…]`, up to the first bracket that can close it. */
  #readClass(): Cost {
    const cost: Cost = { once: CLASS, copy: 1 };
    this.#position++;
    if (this.#text[this.#position] === "^") {
      this.#position++;
      cost.once += CLASS;
    }
    for (let first = true; this.#position < this.#text.length; first = false) {
      if (this.#text[this.#position] === "]" && !first) {
        this.#position++;
        break;
      }
      this.#readClassItem(cost);
    }
    return cost;
  }

  #readClassItem(cost: Cost): void {
    const rest = this.#text.slice(this.#position, this.#position + 2);
    const named = /\[:\^?[a-z]*:\]/y;
    named.lastIndex = this.#position;
    const name = named.exec(this.#text)?.[0];
    if (name !== undefined) {
      this.#position += name.length;
      cost.once += CLASS;
      cost.copy += 1;
      return;
    }
    if (/^\\[pPdDsSwW]$/.test(rest)) {
      const { once, copy } = this.#readEscape();
      cost.once += once;
      cost.copy += copy;
      return;
    }
    const low = this.#readCharacter();
    let high = low;
    if (this.#text[this.#position] === "-" && this.#text[this.#position + 1] !== "]") {
      this.#position++;
      high = this.#readCharacter();
    }
    cost.once += 2 + (this.#folds ? Math.max(0, high - low) / FOLDED_PER_UNIT : 0);
    cost.copy += 1 / 8;
  }

  /** Reads one character, escaped or not. Returns its code point. */
  #readCharacter(): number {
    const hex = /\\x(?:\{([0-9A-Fa-f]*)\}|([0-9A-Fa-f]{2}))/y;
    hex.lastIndex = this.#position;
    const escaped = hex.exec(this.#text);
    if (escaped !== null) {
      this.#position += escaped[0].length;
      return parseInt(escaped[1] ?? escaped[2], 16) || 0;
    }
    if (this.#text[this.#position] === "\\") this.#position++;
    const code = this.#text.codePointAt(this.#position) ?? 0;
    this.#position += code > 0xffff ? 2 : 1;
    return code;
  }
}
