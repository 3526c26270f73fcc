/**
 * Reads what Linux tells in `/proc` of sockets and of the processes that have them.
 *
 * Deno lets only processes with all permissions read these files; a shell reads them for us, as agents may run one.
 *
 * @module
 */

import { decodeText } from "../../../base/text.ts";
import { formatIp } from "../../../base/address.ts";

/** A socket that listens, or that receives datagrams. */
export interface SocketEntry {
  readonly protocol: "tcp" | "udp";
  readonly host: string;
  readonly port: number;
  readonly inode: number;
  /** Datagrams that it has dropped. */
  readonly drops: number;
}

/** Everything that was read, as text by section. */
export type ProcSections = ReadonlyMap<string, string>;

const SCRIPT = `
for file in tcp tcp6 udp udp6 snmp; do
  echo "== $file"
  cat /proc/net/$file 2>/dev/null
done
echo "== descriptors"
ls -l /proc/[0-9]*/fd/ 2>/dev/null
exit 0`;

const PROCESS_SCRIPT = `
echo "== command"
tr '\\0' ' ' < /proc/$0/cmdline; echo
echo "== limits"
cat /proc/$0/limits
echo "== count"
ls /proc/$0/fd | wc -l
exit 0`;

/** Reads the sockets of this machine. Empty where there is no Linux, or a shell may not be run. */
export function readSockets(): Promise<ProcSections> {
  return sections(SCRIPT, []);
}

/** Reads what one process is and may. */
export function readProcess(pid: number): Promise<ProcSections> {
  return sections(PROCESS_SCRIPT, [String(pid)]);
}

async function sections(script: string, args: string[]): Promise<ProcSections> {
  if (Deno.build.os !== "linux") return new Map();
  const command = new Deno.Command("/bin/sh", {
    args: ["-c", script, ...args],
    stdin: "null",
    stderr: "null",
  });
  try {
    return splitSections(decodeText((await command.output()).stdout));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound) {
      return new Map();
    }
    throw error;
  }
}

/** Takes apart what the scripts print. */
export function splitSections(text: string): ProcSections {
  const parts = text.split(/^== (\w+)\n/m);
  const named = new Map<string, string>();
  for (let i = 1; i < parts.length; i += 2) named.set(parts[i], parts[i + 1]);
  return named;
}

/** The sockets that listen or receive. */
export function socketsIn(found: ProcSections): SocketEntry[] {
  return (["tcp", "udp"] as const).flatMap((protocol) =>
    [protocol, `${protocol}6`].flatMap((file) =>
      (found.get(file) ?? "").split("\n").slice(1).flatMap((line): SocketEntry[] => {
        const words = line.trim().split(/\s+/);
        const [, local, , state] = words;
        // 0A is LISTEN.
        if (words.length < 10 || (protocol === "tcp" && state !== "0A")) return [];
        const [address, port] = local.split(":");
        return [{
          protocol,
          host: formatIp(bytesOf(address)),
          port: parseInt(port, 16),
          inode: Number(words[9]),
          drops: protocol === "udp" ? Number(words[12] ?? 0) : 0,
        }];
      })
    )
  );
}

/** The process that has a socket; `undefined` if this user may not see it. */
export function holderOf(inode: number, found: ProcSections): number | undefined {
  let pid: number | undefined;
  for (const line of (found.get("descriptors") ?? "").split("\n")) {
    const folder = /^\/proc\/(\d+)\/fd/.exec(line);
    if (folder !== null) pid = Number(folder[1]);
    else if (line.endsWith(` socket:[${inode}]`)) return pid;
  }
  return undefined;
}

/** How many datagrams the whole machine has dropped because a receive buffer was full. */
export function receiveBufferErrors(found: ProcSections): number | undefined {
  const [names, values] = (found.get("snmp") ?? "").split("\n")
    .filter((line) => line.startsWith("Udp:")).map((line) => line.split(" "));
  const at = names?.indexOf("RcvbufErrors") ?? -1;
  return at < 0 ? undefined : Number(values?.[at]);
}

/** The limit of open files in the form of `/proc/PID/limits`; `undefined` for none. */
export function descriptorLimit(found: ProcSections): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(found.get("limits") ?? "")?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** The address in words of 32 bits, each in the byte order of the machine, which is little-endian. */
function bytesOf(hex: string): Uint8Array {
  const bytes = Uint8Array.fromHex(hex);
  for (let i = 0; i < bytes.length; i += 4) bytes.subarray(i, i + 4).reverse();
  return bytes;
}
