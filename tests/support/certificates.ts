/**
 * Certificates and keys for tests, made by `certificates/make.sh`.
 *
 * The agent's is for `agent.example` and 127.0.0.1, and signed by an intermediate certificate that is in the same file.
 * The authority has signed that and the client's; the stranger's is signed by another authority.
 *
 * @module
 */

/** The path of a file. */
export function certificatePath(name: string): string {
  return new URL(`certificates/${name}`, import.meta.url).pathname;
}

const read = (name: string) => Deno.readTextFileSync(certificatePath(name));

/** Who has signed the certificates of agent and client, in PEM. */
export const authority: string = read("authority.pem");

/** Who has signed the stranger's, in PEM. */
export const otherAuthority: string = read("other-authority.pem");

/** Certificate and key, in PEM. */
export function identity(name: "agent" | "client" | "stranger") {
  return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
}
