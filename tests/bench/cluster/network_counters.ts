/** What the kernel counts of this network namespace. */

/** Totals since the namespace exists. */
export interface NetworkCounters {
  /** IPv4 datagrams sent. */
  readonly udpPackets: number;
  /** Bytes of IPv4 packets sent, headers included. */
  readonly ipBytes: number;
  /** TCP connections opened. */
  readonly streams: number;
}

/** The counters as they stand. */
export function networkCounters(): NetworkCounters {
  const tables = ["/proc/net/snmp", "/proc/net/netstat"].map((path) => Deno.readTextFileSync(path));
  const lines = tables.join("").split("\n").map((line) => line.split(" "));
  // Each protocol has a line of names and then a line of values, which begin with the same word.
  const counter = (protocol: string, name: string) => {
    const [names, values] = lines.filter(([word]) => word === `${protocol}:`);
    return Number(values[names.indexOf(name)]);
  };
  return {
    udpPackets: counter("Udp", "OutDatagrams"),
    ipBytes: counter("IpExt", "OutOctets"),
    streams: counter("Tcp", "ActiveOpens"),
  };
}
