import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Agent } from "../../support/agent.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";
import { eachBuildTest } from "../../support/our_builds.ts";
import { until } from "../../support/until.ts";

eachBuildTest("an agent writes one object a line, to a file too", async (ours) => {
  using directory = new TemporaryDirectory();
  const path = directory.file("serf.log");
  const args = ["-log-format=json", `-log-file=${path}`, "-log-rotate-bytes=500"];
  await using agent = await Agent.start(ours, {
    name: "structured",
    args: [...args, "-log-rotate-max-files=20"],
  });
  await agent.cli("ours", "event", "deploy");
  await agent.printed('"name":"deploy"');
  agent.signal("SIGINT");
  assertEquals(await agent.exit, 0);
  const printed = agent.output.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert(printed.some(({ message }) => message === "Node name: 'structured'"));
  const joined = printed.find(({ node }) => node === "structured");
  assertEquals([joined.subsystem, joined.address], ["serf", agent.ip]);
  assertEquals(new Date(joined.time).toISOString(), joined.time);
  const names = [...Deno.readDirSync(directory.path)].map(({ name }) => name).sort();
  assert(names.length > 1, `no file was put aside: ${names}`);
  const texts = names.map((name) => Deno.readTextFileSync(directory.file(name)));
  for (const text of texts) assert(text.length <= 500, text);
  const lines = texts.join("").trimEnd().split("\n").map((line) => JSON.parse(line));
  assert(lines.some(({ event, name }) => event === "user-event" && name === "deploy"));
  assertEquals(lines.at(-1).message, "shutdown complete");
});

Deno.test("a log file has the level of the log, also after a reload; text is the default", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("serf.log");
  const config = directory.file("a.json");
  directory.write({ "a.json": '{"log_level":"ERR"}' });
  const args = [`-log-file=${path}`, `-config-file=${config}`];
  await using agent = await Agent.start("ours", { name: "text", args });
  assertEquals(Deno.readTextFileSync(path), "");
  directory.write({ "a.json": '{"log_level":"DEBUG"}' });
  agent.signal("SIGHUP");
  await agent.printed("Reloading configuration...");
  const line = /^\d{4}(\/\d\d){2} [\d:]{8} \[DEBUG\] agent: Requesting user event send: deploy\. /m;
  await until(async () => {
    await agent.cli("ours", "event", "deploy");
    return line.test(Deno.readTextFileSync(path));
  }, { what: "the file has lines of the new level" });
});

Deno.test("log settings that make no sense keep an agent from starting", async () => {
  using directory = new TemporaryDirectory();
  const start = async (...args: string[]) => {
    await using agent = Agent.spawn("ours", { name: "refused", args });
    assertEquals(await agent.exit, 1);
    return agent.output;
  };
  const [format, folder, negative] = await Promise.all([
    start("-log-format=xml"),
    start(`-log-file=${directory.path}/none/serf.log`),
    start("-log-rotate-bytes=-1", `-log-file=${directory.path}/serf.log`),
  ]);
  assertEquals(format, "==> Invalid log format: xml. Valid log formats are: [text json logfmt]\n");
  assertStringIncludes(
    folder,
    `Cannot use log_file: open ${directory.path}/none/serf.log: no such`,
  );
  assertEquals(negative, "==> Invalid log_rotate_bytes: got -1, expected 0 or more\n");
});
