/**
 * The version of this implementation.
 *
 * @module
 */

/** `X.Y.Z`, with `-prerelease` when it is not a release. */
export const VERSION = "0.1.0";

/** The newest Serf protocol an agent speaks, and the oldest it still understands. */
export const AGENT_PROTOCOL = { current: 5, oldest: 2 };
