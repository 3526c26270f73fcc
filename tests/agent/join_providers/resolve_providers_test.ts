import { assert, assertEquals, assertMatch } from "@std/assert";
import { Address } from "../../../lib/base/address.ts";
import { parseJoinProvider } from "../../../lib/agent/join_providers/join_provider.ts";
import { resolveProviders } from "../../../lib/agent/join_providers/resolve_providers.ts";
import { DnsServer, type DnsZone } from "./dns_server.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { until } from "../../support/until.ts";

const self = Address.parse("10.0.0.9", 7946);

/** The addresses of the targets, sorted, and why others have none. */
async function resolve(targets: readonly string[], zone: DnsZone = {}) {
  await using dns = new DnsServer(() => zone);
  const { addresses, failures } = await resolveProviders(targets, {
    self,
    nameServer: dns.nameServer,
  });
  return { addresses: addresses.toSorted(), reasons: failures.map(({ reason }) => reason) };
}

async function reasonOf(target: string, zone?: DnsZone): Promise<string> {
  const { addresses, reasons } = await resolve([target], zone);
  assertEquals([addresses, reasons.length], [[], 1]);
  return reasons[0];
}

Deno.test("what Serf takes for an address is none of a provider", () => {
  for (
    const address of ["web", "web:7946", "file:7946", "exec:7946", "file:", "dns", "a/1.2.3.4"]
  ) {
    assertEquals(parseJoinProvider(address), undefined);
  }
  assertEquals(parseJoinProvider("file:./7946"), { kind: "file", input: "./7946" });
  assertEquals(parseJoinProvider("exec:a\nb"), { kind: "exec", input: "a\nb" });
});

Deno.test("dns+NAME has the addresses of both kinds, with the port if there is one", async () => {
  const zone = { "web.example": { A: ["10.0.0.1", "10.0.0.2"], AAAA: ["fd00::1"] } };
  const { addresses, reasons } = await resolve(["dns+web.example", "1.2.3.4"], zone);
  assertEquals(addresses, ["1.2.3.4", "10.0.0.1", "10.0.0.2", "fd00::1"]);
  assertEquals(reasons, []);
  const { addresses: withPort } = await resolve(["dns+web.example.:99"], zone);
  assertEquals(withPort, ["10.0.0.1:99", "10.0.0.2:99", "[fd00::1]:99"]);
  assertEquals(
    (await resolve(["dns+six.example"], { "six.example": { AAAA: ["fd00::2"] } })).addresses,
    ["fd00::2"],
  );
});

Deno.test("srv+NAME has the hosts of the service, the lowest priority first", async () => {
  const name = "_serf._tcp.example";
  const zone = {
    [name]: { SRV: ["20 0 9 c.example.", "10 1 7 a.example.", "10 1000 8 b.example.", "5 0 1 ."] },
    "a.example": { A: ["10.0.0.1"] },
    "b.example": { A: ["10.0.0.2"], AAAA: ["fd00::2"] },
    "c.example": { A: ["10.0.0.3"] },
  };
  await using dns = new DnsServer(() => zone);
  const firsts = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const { nameServer } = dns;
    const { addresses } = await resolveProviders([`srv+${name}`], { self, nameServer });
    assertEquals(addresses.length, 4);
    assertEquals(addresses[3], "10.0.0.3:9");
    firsts.add(addresses[0]);
  }
  // That the other one was first in all of them has a probability of 1e-60.
  assert(["10.0.0.2:8", "[fd00::2]:8"].some((address) => firsts.has(address)));
});

Deno.test("hosts of a service that have no address do not matter if others have one", async () => {
  const zone = {
    "_serf._tcp.example": { SRV: ["1 1 7 gone.example.", "2 1 7 a.example."] },
    "a.example": { A: ["10.0.0.1"] },
    "_other._tcp.example": { SRV: ["1 1 7 gone.example."] },
    "_none._tcp.example": { SRV: ["0 0 0 ."] },
  };
  const { addresses, reasons } = await resolve(["srv+_serf._tcp.example"], zone);
  assertEquals([addresses, reasons], [["10.0.0.1:7"], []]);
  assertEquals(
    await reasonOf("srv+_other._tcp.example", zone),
    "failed to resolve srv+_other._tcp.example: lookup gone.example.: no such host",
  );
  assertEquals(
    await reasonOf("srv+_none._tcp.example", zone),
    "failed to resolve srv+_none._tcp.example: there are no addresses",
  );
});

Deno.test("names that do not exist, or cannot, are said with the provider", async () => {
  for (const kind of ["dns", "srv"]) {
    const target = `${kind}+nowhere.example`;
    const reason = `failed to resolve ${target}: lookup nowhere.example: no such host`;
    assertEquals(await reasonOf(target), reason);
    assertEquals(
      await reasonOf(`${kind}+a b`),
      `failed to resolve ${kind}+a b: expected a name in DNS, got "a b"`,
    );
    assertEquals(
      await reasonOf(`${kind}+`),
      `failed to resolve ${kind}+: expected a name in DNS, got ""`,
    );
  }
  assertEquals(
    await reasonOf("dns+web.example:x"),
    'failed to resolve dns+web.example:x: strconv.ParseUint: parsing "x": invalid syntax',
  );
});

Deno.test("a name server that does not answer is given up", async () => {
  await using dns = new DnsServer(() => undefined);
  const { failures } = await resolveProviders(["dns+web.example"], {
    self,
    nameServer: dns.nameServer,
    timeoutMs: 50,
  });
  assertEquals(failures, [{
    address: "dns+web.example",
    reason: "failed to resolve dns+web.example: it took longer than 50ms",
  }]);
});

Deno.test("the agent's own address is no address to join", async () => {
  const zone = {
    "web.example": { A: ["10.0.0.1", "10.0.0.9"] },
    "alone.example": { A: ["10.0.0.9"] },
  };
  assertEquals((await resolve(["dns+web.example"], zone)).addresses, ["10.0.0.1"]);
  assertEquals((await resolve(["dns+alone.example:99"], zone)).addresses, ["10.0.0.9:99"]);
  assertEquals(
    await reasonOf("dns+alone.example", zone),
    "failed to resolve dns+alone.example: there is no address but that of this agent",
  );
});

Deno.test("of many addresses 64 are taken, each once", async () => {
  const many = Array.from({ length: 70 }, (_, i) => `10.0.1.${i}`);
  const target = "dns+many.example";
  const zone = { "many.example": { A: many } };
  const { addresses } = await resolve([target, target, target, target, target, target], zone);
  assertEquals(new Set(addresses).size, addresses.length);
  assertEquals((await resolve([target], zone)).addresses.length, 64);
});

Deno.test("file:PATH has one address a line, read anew each time", async () => {
  using directory = new TemporaryDirectory();
  directory.write({
    peers: "# seeds\n10.0.0.1\r\n\n  web:99 # the web server\nfd00::1\n10.0.0.9\n",
  });
  const target = `file:${directory.file("peers")}`;
  assertEquals((await resolve([target])).addresses, ["10.0.0.1", "fd00::1", "web:99"]);
  directory.write({ peers: "10.0.0.2" });
  assertEquals((await resolve([target])).addresses, ["10.0.0.2"]);
  directory.write({ peers: "# nobody\n" });
  assertEquals(await reasonOf(target), `failed to resolve ${target}: there are no addresses`);
  directory.write({ peers: "10.0.0.1\n".repeat(10_000) });
  assertEquals(
    await reasonOf(target),
    `failed to resolve ${target}: the list has more than 65536 bytes`,
  );
  assertEquals(
    await reasonOf(`${target}.gone`),
    `failed to resolve ${target}.gone: open: no such file or directory`,
  );
  assertMatch(await reasonOf(`file:${directory.path}`), /: read: is a directory$/);
});

Deno.test("exec:COMMAND has one address a line of its output", async () => {
  const { addresses } = await resolve(["exec:echo 10.0.0.1; echo; echo '# x' >&2; echo web:99"]);
  assertEquals(addresses, ["10.0.0.1", "web:99"]);
  const failures = {
    "exit 3": "exit status 3",
    "echo a; echo no >&2; printf '\\033[1mno such region\\n' >&2; exit 3":
      "exit status 3: \\x1b[1mno such region",
    "kill -9 $$": "signal: killed",
    "yes": "the list has more than 65536 bytes",
    "true": "there are no addresses",
  };
  for (const [command, reason] of Object.entries(failures)) {
    assertEquals(await reasonOf(`exec:${command}`), `failed to resolve exec:${command}: ${reason}`);
  }
});

Deno.test("a command that is given up is killed with its children", async () => {
  using directory = new TemporaryDirectory();
  const pidFile = directory.file("pid");
  const target = `exec:sleep 600 & echo $! > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; wait`;
  const stop = new AbortController();
  const resolving = resolveProviders([target], { self, signal: stop.signal });
  const pid = async () => Number(await Deno.readTextFile(pidFile).catch(() => ""));
  await until(async () => await pid() > 0);
  stop.abort(new Error("the agent stops"));
  const { failures } = await resolving;
  assertEquals(failures[0].reason, `failed to resolve ${target}: the agent stops`);
  const sleeper = await pid();
  await until(() => !isRunning(sleeper), { what: "the child is gone" });
});

function isRunning(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return !/\) Z/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
