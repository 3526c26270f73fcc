import { assertEquals } from "@std/assert";
import { formatUsage } from "../../lib/cli/usage.ts";

Deno.test("a help text has a usage line, a wrapped description and aligned options", () => {
  const help = formatUsage({
    line: "serf wash [options] dish...",
    description:
      "Washes dishes, one after the other, until there are none left or the water gets cold.\n\nThen it stops.",
    flags: {
      dry: { kind: "bool", help: "Also dries them." },
      soap: { kind: "string", value: "name", default: "plain", help: "What to wash with." },
      dish: {
        kind: "list",
        value: "material:diameter",
        help: "Only dishes of this kind, which must not be made of paper.",
      },
    },
  });
  assertEquals(
    help,
    `Usage: serf wash [options] dish...

  Washes dishes, one after the other, until there are none left or the water
  gets cold.

  Then it stops.

Options:

  -dry                      Also dries them.
  -soap=name                What to wash with. Default: plain.
  -dish=material:diameter   Only dishes of this kind, which must not be made of
                            paper. May be repeated.`,
  );
});

Deno.test("a label that is too long gets a line of its own", () => {
  const help = formatUsage({
    line: "serf x",
    description: "Does x.",
    flags: { "rather-long-name": { kind: "string", value: "somewhere", help: "Where." } },
  });
  assertEquals(help.split("\n").slice(-2), [
    "  -rather-long-name=somewhere",
    "                            Where.",
  ]);
});
