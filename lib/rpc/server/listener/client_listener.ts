/**
 * What the RPC server accepts its clients from.
 *
 * @module
 */

import type { Connection } from "../../connection.ts";

/** A client that has just connected. */
export interface AcceptedClient {
  readonly connection: Connection;
  /** Where it comes from, for the log. */
  readonly address: string;
}

/** A socket that clients connect to. */
export interface ClientListener {
  /** Where it listens, as clients give it. */
  readonly address: string;
  /** Waits for the next client. Rejects if one cannot be accepted. */
  accept(): Promise<AcceptedClient>;
  /** Stops listening, which makes {@link accept} reject. */
  close(): void;
}
