/**
 * Keeps recordings as regression tests: `kept_test.ts` replays all of them.
 *
 *     deno task recordings:keep DIR NAME   keeps the recording in DIR, of an agent or of a process of the swarm
 *     deno task recordings:update          takes what the core does now as right, for all that are kept
 *
 * A recording of a bug is kept after the bug has been fixed: its inputs are what led to the bug, and what the core then does
 * with them is from now on what it has to do.
 */

import { openRecordings } from "../../lib/recording/recording_folder.ts";
import { keptFolder, keptRecordings, readKept } from "./kept.ts";
import { rerecord } from "./rerecord.ts";

const [folder, name, ...others] = Deno.args;
if (others.length > 0 || (folder !== undefined && !/^[\w-]+$/.test(name ?? ""))) {
  throw new TypeError(`Cannot keep ${Deno.args.join(" ")}: expected DIR NAME, or nothing`);
}
if (folder === undefined) {
  for (const kept of keptRecordings()) Deno.writeFileSync(kept, rerecord(readKept(kept)));
} else {
  const [recording, ...more] = openRecordings(folder);
  if (more.length > 0) throw new RangeError(`Cannot keep ${folder}: it has several recordings`);
  Deno.mkdirSync(keptFolder, { recursive: true });
  Deno.writeFileSync(new URL(`${name}.rec`, keptFolder), rerecord(recording));
}
