/**
 * Who may use the HTTP API: the token, the names under which the agent answers, and what keeps other sites' pages out.
 *
 * @module
 */

import { parseIp } from "../../base/address.ts";
import type { Log } from "../../base/log.ts";
import { LOG_INTERVAL_MS, RateLimiter } from "../../base/rate_limiter.ts";
import { sameSecret } from "../../rpc/same_secret.ts";
import { delay } from "../../base/timer.ts";
import { splitHostPort } from "../../go/host_port.ts";
import { Problem } from "./problem.ts";
import type { Access } from "./routes/route.ts";

/** How requests are checked. */
interface AccessOptions {
  /** The token; without one, nothing can be done that needs it. */
  readonly token?: string;
  /** Whether only this machine can connect, so that reads need no token. */
  readonly local: boolean;
  /** Host names, besides `localhost` and IP addresses, under which the agent answers. */
  readonly hosts: readonly string[];
  readonly log: Log;
  /** How long a client with a wrong token waits for its answer. Default: 1 s, as over RPC. */
  readonly failedAuthDelayMs?: number;
}

/** Keeps others from trying many tokens. */
const FAILED_AUTH_DELAY_MS = 1_000;

/** Decides which requests are carried out. */
export class AccessControl {
  readonly #options: AccessOptions;
  /** Limits the lines about wrong tokens. */
  readonly #failures = new RateLimiter(LOG_INTERVAL_MS);

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Whether the token is there that a route needs. Rejects with a {@link Problem}, late if it is wrong. */
  async checkToken(
    { headers, signal }: Request,
    { access, client }: { readonly access: Access; readonly client: string },
  ): Promise<void> {
    const { token, local, log, failedAuthDelayMs = FAILED_AUTH_DELAY_MS } = this.#options;
    if (access === "open" || access === "read" && local) return;
    if (token === undefined) {
      throw new Problem(403, "The agent has no token for this: set http_token_file");
    }
    const given = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (given !== undefined && sameSecret(given, token)) return;
    const options = { headers: { "www-authenticate": 'Bearer realm="serf"' } };
    if (given === undefined) throw new Problem(401, "A token is needed", options);
    if (this.#failures.allows(client, performance.now())) {
      log("WARN", `agent.http: Failed authentication from client: ${client}`);
    }
    await delay(failedAuthDelayMs, signal);
    throw new Problem(401, "The token is wrong", options);
  }

  /**
   * Throws a {@link Problem} for requests of other sites. Any page can make a browser send requests here. With a name of its
   * own for our address (DNS rebinding) it could read the answers, so names that are not ours are refused; IP addresses
   * cannot be rebound.
   */
  checkSite({ headers }: Request): void {
    const host = headers.get("host") ?? "";
    if (!this.#isOurs(host)) {
      throw new Problem(421, `The agent does not answer as "${host}": see http_allowed_hosts`);
    }
    const origin = headers.get("origin");
    if (origin !== null && origin.replace(/^https?:\/\//, "") !== host) {
      throw new Problem(403, `The agent does not answer pages of ${origin}`);
    }
  }

  #isOurs(hostHeader: string): boolean {
    try {
      const name = splitHostPort(hostHeader).host.toLowerCase();
      return name === "localhost" || parseIp(name) !== undefined ||
        this.#options.hosts.some((host) => host.toLowerCase() === name);
    } catch {
      return false;
    }
  }
}
