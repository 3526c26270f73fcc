import { assertThrows } from "@std/assert";
import { checkConfig } from "../../lib/serf/check_config.ts";
import { librarySettings } from "../../lib/serf/config.ts";
import { addressOf } from "./serf_network.ts";

/** Checks the settings of a node with this name. */
function check(name: string, validateNodeNames = true): void {
  checkConfig({ ...librarySettings, name, address: addressOf("a"), tags: {}, validateNodeNames });
}

Deno.test("validated names have only letters, digits, dashes and dots", () => {
  for (const name of ["web-1.example.org", "A", "0", "-.-", "x".repeat(128)]) check(name);
  for (const name of ["a b", "a_b", "ä", "a/b", "a\n"]) {
    assertThrows(
      () => check(name),
      RangeError,
      `Node name contains invalid characters ${name} , ` +
        "Valid characters include all alpha-numerics and dashes and '.' ",
    );
  }
});

Deno.test("validated names have at most 128 characters", () => {
  assertThrows(
    () => check("x".repeat(129)),
    RangeError,
    "Node name is 129 characters. Valid length is between 1 and 128 characters",
  );
});

Deno.test("names that are not validated may be anything", () => {
  check("a b", false);
  check("x".repeat(500), false);
});

Deno.test("at least one member must be allowed", () => {
  const config = {
    ...librarySettings,
    name: "x",
    address: addressOf("x"),
    tags: {},
    maxMembers: 0,
  };
  const message = "Maximum of members must be at least 1: got 0";
  assertThrows(() => checkConfig(config), RangeError, message);
});

Deno.test("no name is longer than others would accept", () => {
  check("x".repeat(512), false);
  assertThrows(
    () => check("x".repeat(513), false),
    RangeError,
    "Node name is 513 characters, at most 512 are allowed",
  );
});
