/** That `serf doctor` names the true cause, with real processes in networks of their own. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { faultyNetworkMissing } from "../../soak/faulty_network.ts";
import { isolated } from "../../soak/isolated_process.ts";
import type { Story } from "./stories.ts";

/** What must be said in each story. No other failure may be told. */
const causes: Readonly<Record<string, RegExp>> = {
  "UDP is blocked": /^reachability +silent \(10\.9\.2\.2:\d+\) answers by TCP but not by UDP$/,
  "large packets are lost":
    /^reachability +narrow \(10\.9\.4\.2:\d+\) answers packets of 60 bytes but not of 600$/,
  "the advertised address is wrong":
    /^address +this agent advertises 10\.9\.99\.9:\d+, which no interface of this machine has, and nobody answers there$/,
  "two agents have one name":
    /^log +two agents call themselves twin: one at 10\.9\.\d+\.2:\d+, one at 10\.9\.\d+\.2:\d+/,
  "a key is missing":
    /^log +(something arrives that is encrypted with a key that this agent does not have|.* encrypted)/,
  "a port is in use": /^ports +gossip (TCP|UDP) 10\.9\.1\.2:\d+ is in use by pid \d+ \(.*agent/,
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
      assertEquals(exit, 2, `${name}:\n${stdout}`);
      const failures = [...stdout.matchAll(/^fail {2}(.*)$/gm)].map(([, failure]) => failure);
      for (const failure of failures) assertMatch(failure, cause, name);
    }
  },
});
