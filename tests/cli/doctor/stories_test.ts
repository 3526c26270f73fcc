/** That `serf doctor` names the true cause, with real processes in networks of their own. */

import { assert, assertEquals } from "@std/assert";
import { faultyNetworkMissing } from "../../soak/faulty_network.ts";
import { isolated } from "../../soak/isolated_process.ts";
import type { Story } from "./stories.ts";

/** What must be said in each story, each of it by a line. */
const causes: Readonly<Record<string, readonly RegExp[]>> = {
  "UDP is blocked": [
    /^fail +reachability +silent \(10\.9\.2\.2:\d+\) answers by TCP but not by UDP$/,
  ],
  "large packets are lost": [
    /^fail +reachability +narrow \(10\.9\.4\.2:\d+\) answers packets of 60 bytes but not of 600$/,
  ],
  "the advertised address is wrong": [
    /^fail +address +this agent advertises 10\.9\.99\.9:\d+, which no interface of this machine has, and nobody answers there$/,
  ],
  "two agents have one name": [
    /^fail +log +two agents call themselves twin: one at 10\.9\.\d+\.2:\d+, one at 10\.9\.\d+\.2:\d+/,
  ],
  "a key is missing": [
    /^fail +log +(something arrives that is encrypted with a key that this agent does not have|.* encrypted)/,
  ],
  "a port is in use": [
    /^fail +ports +gossip (TCP|UDP) 10\.9\.1\.2:\d+ is in use by pid \d+ \(.*agent/,
  ],
  "members are killed, frozen, cut off, or reached in one direction only": [
    /^fail +reachability +killed .* neither by UDP nor by TCP \(.*connection refused\)$/,
    /^fail +reachability +frozen .* neither by UDP nor by TCP \(read .*i\/o timeout\)$/,
    /^fail +reachability +gone .* neither by UDP nor by TCP \(dial .*i\/o timeout\)$/,
    /^fail +reachability +one-way .* neither by UDP nor by TCP \(dial .*i\/o timeout\)$/,
    /^fail +why +killed: .* The process of killed has ended/,
    /^fail +why +frozen: .* The process of frozen stands still or gets no processor time/,
    /^fail +why +gone: .* The host of gone is down or cut off/,
    /^fail +why +one-way: .* in one direction only: those of one-way reach asker/,
  ],
  "the agent that is asked is overloaded": [
    /^warn +why +this agent, strained: .* The process of strained stood still/,
  ],
};

/** Failures that may be told besides, depending on what the agent itself has found out yet. No others may. */
const alsoTrue: Readonly<Record<string, RegExp>> = {
  "UDP is blocked":
    /^fail +why +silent: .* UDP between plain and silent does not get through, although TCP does/,
  "two agents have one name": /^fail +why +twin: .* Two nodes use the name twin/,
};

Deno.test({
  name: faultyNetworkMissing === undefined
    ? "the doctor names the true cause"
    : `the doctor names the true cause (skipped: ${faultyNetworkMissing})`,
  ignore: faultyNetworkMissing !== undefined,
  fn: async () => {
    const main = new URL("stories.ts", import.meta.url).pathname;
    const [program, ...args] = isolated([Deno.execPath(), "run", "--allow-all", main]);
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args,
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const stories: Record<string, Story> = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(Object.keys(stories).sort(), Object.keys(causes).sort());
    for (const [name, cause] of Object.entries(causes)) {
      const { exit, stdout } = stories[name];
      const lines = stdout.split("\n");
      const allowed = [...cause, ...(name in alsoTrue ? [alsoTrue[name]] : [])];
      const isTrue = (line: string) => allowed.some((pattern) => pattern.test(line));
      for (const pattern of cause) {
        assert(lines.some((line) => pattern.test(line)), `${name}: ${pattern} in\n${stdout}`);
      }
      const failures = lines.filter((line) => line.startsWith("fail"));
      assertEquals(failures.filter((line) => !isTrue(line)), [], name);
      assertEquals(exit, failures.length > 0 ? 2 : 1, `${name}:\n${stdout}`);
    }
  },
});
