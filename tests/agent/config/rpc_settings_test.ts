import { assertEquals, assertThrows } from "@std/assert";
import { type ConfigLayer, defaultConfig } from "../../../lib/agent/config/config.ts";
import { readRpcSettings, type RpcSettings } from "../../../lib/agent/config/rpc_settings.ts";
import { StartupError } from "../../../lib/agent/config/startup_error.ts";
import { authority, certificatePath, identity } from "../../support/certificates.ts";
import { TemporaryDirectory } from "../../support/temporary_directory.ts";

/** The settings, and the lines that the log has got. */
function read(layer: ConfigLayer): { settings: RpcSettings; logged: string[] } {
  const logged: string[] = [];
  const settings = readRpcSettings({ ...defaultConfig, ...layer }, (level, text) => {
    logged.push(`[${level}] ${text}`);
  });
  return { settings, logged };
}

function errorOf(layer: ConfigLayer): string {
  return assertThrows(() => read(layer), StartupError).message;
}

Deno.test("the token is that of the configuration, or in a file", () => {
  using directory = new TemporaryDirectory();
  directory.write({ token: "from a file\n" });
  assertEquals(read({}).settings.authKey, "");
  assertEquals(read({ rpcAuth: "s3cret" }).settings.authKey, "s3cret");
  assertEquals(read({ rpcAuthFile: directory.file("token") }), {
    settings: {
      address: "127.0.0.1:7373",
      authKey: "from a file",
      maxClients: 1_024,
      tls: undefined,
    },
    logged: [],
  });
});

Deno.test("a token file that everybody can read is warned about", () => {
  using directory = new TemporaryDirectory();
  directory.write({ token: "s3cret" });
  const rpcAuthFile = directory.file("token");
  Deno.chmodSync(rpcAuthFile, 0o644);
  assertEquals(read({ rpcAuthFile }).logged, [
    `[WARN] agent: Everybody on this machine can read the RPC auth file ${rpcAuthFile}`,
  ]);
});

Deno.test("a token file that cannot be used ends the start", () => {
  using directory = new TemporaryDirectory();
  const rpcAuthFile = directory.file("token");
  const failure = "Error starting RPC listener:";
  assertEquals(
    errorOf({ rpcAuthFile }),
    `${failure} Failed to read RPC auth file: open ${rpcAuthFile}: no such file or directory`,
  );
  assertEquals(
    errorOf({ rpcAuthFile, rpcAuth: "s3cret" }),
    `${failure} RPC token not allowed while using an RPC auth file`,
  );
});

Deno.test("certificates and keys are read, and a key that everybody can read is warned about", () => {
  using directory = new TemporaryDirectory();
  const { cert, key } = identity("agent");
  directory.write({ "agent.pem": cert, "agent.key": key, "ca.pem": authority });
  const files = {
    rpcTlsCert: directory.file("agent.pem"),
    rpcTlsKey: directory.file("agent.key"),
    rpcTlsCa: directory.file("ca.pem"),
  };
  assertEquals(read({}).settings.tls, undefined);
  assertEquals(read(files).settings.tls, { cert, key, ca: authority });
  assertEquals(read({ ...files, rpcTlsCa: "" }).settings.tls, { cert, key, ca: undefined });
  assertEquals(read(files).logged, []);
  Deno.chmodSync(files.rpcTlsKey, 0o644);
  assertEquals(read(files).logged, [
    `[WARN] agent: Everybody on this machine can read the RPC key file ${files.rpcTlsKey}`,
  ]);
});

Deno.test("certificates without keys, and files of another kind, end the start", () => {
  const cert = certificatePath("agent.pem");
  const key = certificatePath("agent.key");
  const failure = "Error starting RPC listener: tls:";
  assertEquals(errorOf({ rpcTlsCert: cert }), `${failure} the certificate ${cert} needs a key too`);
  assertEquals(errorOf({ rpcTlsKey: key }), `${failure} the key ${key} needs a certificate too`);
  assertEquals(
    errorOf({ rpcTlsCa: cert }),
    `${failure} certificates of clients are not verified without a certificate and a key`,
  );
  assertEquals(
    errorOf({ rpcTlsCert: cert, rpcTlsKey: cert }),
    `${failure} no private key in PEM in ${cert}`,
  );
  assertEquals(
    errorOf({ rpcTlsCert: "/no/such.pem", rpcTlsKey: key }),
    `${failure} failed to read: open /no/such.pem: no such file or directory`,
  );
});
