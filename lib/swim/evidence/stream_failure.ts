import type { StreamOutcome } from "../../api/why/evidence.ts";
import type { Reply } from "../../wire/messages/messages.ts";

/** What it tells about another node that an exchange on a stream has failed. */
export function streamFailure({ error, refused }: Reply & { ok: false }): StreamOutcome {
  if (refused) return "refused";
  if (error.startsWith("dial ")) return "unreachable";
  return error.endsWith("i/o timeout") ? "silent" : "failed";
}
