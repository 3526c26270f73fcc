/**
 * What `Deno.inspect`, `console.log` and Node's `util.inspect` show of an object with private fields.
 *
 * @module
 */

type Inspect = (value: unknown, options?: unknown) => string;

/** Shows the objects of a class as its name and a summary: `Address 10.0.0.1:7946`, or `Serf { name: "a", … }`. */
export function showAs<T extends object>(
  Class: { readonly name: string; readonly prototype: T },
  summarize: (object: T) => string | Readonly<Record<string, unknown>>,
): void {
  const show = (object: T, inspect: Inspect, options: unknown) => {
    const summary = summarize(object);
    return `${Class.name} ${typeof summary === "string" ? summary : inspect(summary, options)}`;
  };
  Object.defineProperties(Class.prototype, {
    [Symbol.for("Deno.customInspect")]: {
      value(this: T, inspect: Inspect, options: unknown) {
        return show(this, inspect, options);
      },
    },
    [Symbol.for("nodejs.util.inspect.custom")]: {
      value(this: T, _depth: number, options: unknown, inspect: Inspect) {
        return show(this, inspect, options);
      },
    },
  });
}
