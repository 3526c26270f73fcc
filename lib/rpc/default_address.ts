/**
 * The default RPC address. It has a file of its own because help texts name it, and load nothing else of RPC.
 *
 * @module
 */

/** Where an agent listens for RPC clients, and where clients look for it, unless told otherwise. */
export const DEFAULT_RPC_ADDRESS = "127.0.0.1:7373";
