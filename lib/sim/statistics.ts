/**
 * The counters of a simulation.
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
  /** Datagrams that the network duplicated. */
  duplicated = 0;
  /** Datagrams to an address at which nobody listened. */
  unreachable = 0;
  /** Datagrams dropped because the receive buffer of a paused host was full. */
  overflowed = 0;
  /** Datagrams that could not be decoded, in whole or in part; only when messages travel as bytes. */
  undecodable = 0;
  /** Bytes of datagrams handed to the network, without IP and UDP headers; only when asked for. */
  bytes = 0;
  /** Size of the largest datagram, bytes; only when asked for. */
  largestPacket = 0;
  /** Stream exchanges that were begun. */
  exchanges = 0;
  /** Stream exchanges that were refused because nobody listened. */
  refused = 0;
  /** Stream exchanges that timed out. */
  timedOut = 0;
}
