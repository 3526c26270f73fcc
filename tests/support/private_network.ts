/**
 * A network for the processes of one test, from which nothing gets out.
 *
 * @module
 */

/** Its only interface has 10.9.0.1 to 10.9.0.3, an IPv6 address for the link, and the way to all other addresses. */
const SETUP = [
  "ip link set lo up",
  "ip link add net0 type veth peer name net1",
  "echo 1 > /proc/sys/net/ipv6/conf/net1/disable_ipv6",
  "echo 0 > /proc/sys/net/ipv6/conf/net0/accept_dad",
  "ip addr add 10.9.0.1/24 dev net0",
  "ip addr add 10.9.0.2/24 dev net0",
  "ip addr add 10.9.0.3/24 dev net0",
  "ip link set net0 up",
  "ip link set net1 up",
  "ip route add default dev net0",
  // The kernel notices up to a second later that the link is up, and gives the IPv6 address then.
  "for i in $(seq 100); do " +
  "ip -6 addr show dev net0 scope link -tentative | grep -q inet6 && break; sleep 0.05; done",
].join(" && ");

/** Why there can be no such network here; `undefined` where there can. */
export const privateNetworkMissing: string | undefined = tryOut();

function tryOut(): string | undefined {
  try {
    const args = ["--net", "--mount", "sh", "-c", SETUP];
    const { success } = new Deno.Command("unshare", { args, stdout: "null", stderr: "null" })
      .outputSync();
    return success ? undefined : "network namespaces need root on Linux";
  } catch {
    return "there is no `unshare` program here";
  }
}

/** A network namespace; it lasts as long as its last process. */
export class PrivateNetwork implements AsyncDisposable {
  readonly #holder: Deno.ChildProcess;

  private constructor(holder: Deno.ChildProcess) {
    this.#holder = holder;
  }

  /**
   * Sets the network up. Its processes ask the name servers of `resolvConf`, a file in the form of `/etc/resolv.conf`,
   * if it is given. The process that holds the network ends with its input, and so with the test at the latest.
   */
  static async create(
    { resolvConf }: { readonly resolvConf?: string } = {},
  ): Promise<PrivateNetwork> {
    const mount = resolvConf === undefined ? "true" : 'mount --bind "$0" /etc/resolv.conf';
    const script = `${SETUP} && ${mount} && echo ready && exec cat`;
    const holder = new Deno.Command("unshare", {
      args: ["--net", "--mount", "sh", "-c", script, resolvConf ?? "sh"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    const { done } = await reader.read();
    reader.releaseLock();
    const network = new PrivateNetwork(holder);
    if (!done) return network;
    await network[Symbol.asyncDispose]();
    throw new Error("Cannot set up a network");
  }

  /** What a program must be run through to be in this network. */
  get through(): string[] {
    return ["nsenter", `--target=${this.#holder.pid}`, "--net", "--mount", "--wd=."];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder.stdin.close();
    await this.#holder.stdout.cancel();
    await this.#holder.status;
  }
}
