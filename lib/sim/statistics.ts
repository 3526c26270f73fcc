/**
 * What a simulation counts.
 *
 * @module
 */

/** Totals since the simulation began. */
export class Statistics {
  /** Timers, packets and stream arrivals that were processed. */
  events = 0;
  /** Datagrams handed to the network. */
  packets = 0;
  /** Datagrams handed to a machine, duplicates included. */
  delivered = 0;
  /** Datagrams that the network lost or that a partition stopped. */
  lost = 0;
  /** Datagrams that were made twice. */
  duplicated = 0;
  /** Datagrams that found nobody at their address. */
  unheard = 0;
  /** Datagrams that found the receive buffer of a paused host full. */
  overflowed = 0;
  /** Datagrams that could not be decoded, in whole or in part; only when messages travel as bytes. */
  undecodable = 0;
  /** Bytes of datagrams handed to the network, without IP and UDP headers; only when asked for. */
  bytes = 0;
  /** The largest of these datagrams. */
  largestPacket = 0;
  /** Stream exchanges that were started. */
  exchanges = 0;
  /** Stream exchanges that ended because nobody listened. */
  refused = 0;
  /** Stream exchanges that ended with their deadline. */
  timedOut = 0;
}
