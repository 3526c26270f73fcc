/**
 * The first byte of every message of the membership protocol.
 *
 * @module
 */

/** Message type bytes. */
export const MessageType = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  /** Several messages in one datagram. */
  compound: 7,
  /** A message of the layer above. */
  user: 8,
  /** Wraps a compressed message. */
  compress: 9,
  /** Starts an encrypted stream; datagrams have no such byte. */
  encrypt: 10,
  nack: 11,
  /** Outermost in a datagram: a checksum of what follows. */
  hasCrc: 12,
  err: 13,
  /** Before everything else: the cluster's label. */
  hasLabel: 244,
} as const;
