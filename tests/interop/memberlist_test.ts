/** Labels and allowed networks between our agent and a program that uses Go's memberlist 0.7.0. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { Agent, GOSSIP_PORT } from "../support/agent.ts";
import { localAddress } from "../support/local_addresses.ts";
import { TemporaryDirectory } from "../support/temporary_directory.ts";

/** Joins an address and prints the members; its arguments are its own IP, its label and the address. */
const SOURCE = `
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/memberlist"
)

func main() {
	config := memberlist.DefaultLocalConfig()
	config.Name, config.BindAddr, config.BindPort = "go", os.Args[1], ${GOSSIP_PORT}
	config.AdvertisePort, config.Label = ${GOSSIP_PORT}, os.Args[2]
	config.ProtocolVersion, config.DelegateProtocolVersion = 5, 5
	config.DelegateProtocolMin, config.DelegateProtocolMax = 2, 5
	config.Logger = log.New(io.Discard, "", 0)
	list, err := memberlist.Create(config)
	if err != nil {
		panic(err)
	}
	count, _ := list.Join([]string{os.Args[3]})
	time.Sleep(time.Second)
	names := []string{}
	for _, member := range list.Members() {
		names = append(names, member.Name)
	}
	fmt.Println(count, strings.Join(names, " "))
}
`;

const directory = new TemporaryDirectory();
globalThis.addEventListener("unload", () => directory[Symbol.dispose]());
const program = directory.file("joiner");
const missing = build();

/** Builds the program from Go's module cache alone; returns why that is not possible. */
function build(): string | undefined {
  const env = { GOFLAGS: "-mod=mod", GOPROXY: "off", GOSUMDB: "off", GOTOOLCHAIN: "local" };
  const go = (...args: string[]) =>
    new Deno.Command("go", { args, cwd: directory.path, env }).outputSync();
  try {
    const cache = new TextDecoder().decode(go("env", "GOMODCACHE").stdout).trim();
    const serf = `${cache}/github.com/hashicorp/serf@v0.11.0`;
    directory.write({
      "go.mod": Deno.readTextFileSync(`${serf}/go.mod`).replace(/^module .*/m, "module joiner"),
      "go.sum": Deno.readTextFileSync(`${serf}/go.sum`),
      "main.go": SOURCE,
    });
    return go("build", "-o", program, "main.go").success ? undefined : "Go cannot build it";
  } catch {
    return "Go or its module cache of Serf 0.11.0 is not here";
  }
}

/** What the program says when it joins an agent of ours, and what the agent's log says. */
async function join(label: string, args: readonly string[], ip = localAddress()) {
  await using agent = await Agent.start("ours", {
    name: "ours",
    args: [...args, "-profile=local", "-log-level=debug"],
  });
  const { stdout } = await new Deno.Command(program, { args: [ip, label, agent.address] }).output();
  const members = Object.keys(await agent.statuses()).sort();
  return { said: new TextDecoder().decode(stdout).trim(), members, log: agent.output };
}

function memberlistTest(name: string, fn: () => Promise<void>): void {
  const suffix = missing === undefined ? "" : ` (skipped: ${missing})`;
  Deno.test({ name: `${name}${suffix}`, ignore: missing !== undefined, fn });
}

memberlistTest("memberlist joins an agent of the same label", async () => {
  const { said, members } = await join("blue", ["-label=blue", "-allow-cidr=127.0.0.0/8"]);
  assertEquals([said, members], ["1 ours go", ["go", "ours"]]);
});

memberlistTest("memberlist does not join an agent of another label", async () => {
  const { said, members, log } = await join("red", ["-label=blue"]);
  assertEquals([said, members], ["0 go", ["ours"]]);
  assertStringIncludes(log, 'discarding stream with unacceptable label "red"');
});

memberlistTest("an agent that skips the check of labels accepts none", async () => {
  const { said, log } = await join("blue", ["-label=blue", "-label-skip-check"]);
  assertEquals(said, "0 go");
  assertStringIncludes(log, "unexpected double stream label header");
});

memberlistTest("a member outside the allowed networks does not become one", async () => {
  const ip = localAddress();
  const { members, log } = await join("", ["-allow-cidr=127.0.0.1/32"], ip);
  assertEquals(members, ["ours"]);
  assertStringIncludes(log, `Blocked alive message: ${ip} is not allowed`);
});
