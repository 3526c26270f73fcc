/**
 * All keys of the configuration file, for a terminal.
 *
 * @module
 */

import { type KeyReference, keyReferences } from "../../agent/config/reference.ts";
import { settingFlags } from "../agent/agent_flags.ts";
import { wrap } from "../usage.ts";

/** Lays them out for 80 columns. */
export function configHelp(): string {
  const keys = keyReferences(settingFlags).map((reference) => {
    const { key, type, reloads } = reference;
    return [`  ${key} (${type})${reloads ? " *" : ""}`, ...wrap(keyNotes(reference), 6)].join("\n");
  });
  const introduction = wrap(
    "The keys of the agent's configuration files, which -config-file and -config-dir of serf agent name. A file is one " +
      'JSON object; a key with a dot belongs to an object in it, as in {"mdns": {"interface": "eth0"}}. A later ' +
      "file goes before an earlier one, and a flag before all files; lists are joined. Durations are texts such as " +
      "1m30s. A reload (SIGHUP) applies the keys with an asterisk; the others take a restart.",
    0,
  );
  return [introduction.join("\n"), ...keys].join("\n\n");
}

/** What there is to know of a key. */
export function keyNotes({ meaning, choices, default: value, flag }: KeyReference): string {
  const isEmpty = value === "" || value === false || JSON.stringify(value).length === 2;
  return [
    meaning,
    choices === undefined ? "" : `One of ${choices.join(", ")}.`,
    isEmpty ? "" : `Default: ${value}.`,
    flag === undefined ? "" : `Flag: -${flag}.`,
  ].filter((note) => note !== "").join(" ");
}
