/**
 * A registry of services: members say in tags what they offer and at which port, and anybody looks that up in the list of
 * members, without asking. Whether a service feels well is asked by a query, of all its instances at once.
 *
 * ```sh
 * deno run -A tests/examples/service_registry.ts 127.0.0.1:7950
 * deno run -A tests/examples/service_registry.ts 127.0.0.1:7951 127.0.0.1:7950
 * ```
 *
 * @module
 */

import process from "node:process";
import { Serf } from "@serf-deno/serf";

/** Where a service can be reached. */
export interface Instance {
  readonly member: string;
  readonly host: string;
  readonly port: number;
}

/** What a check of health says. */
export type Health = "ok" | "overloaded";

/** Offers a service of this member, and answers for its health until the member is shut down. */
export async function offer(
  serf: Serf,
  service: { readonly name: string; readonly port: number; readonly health: () => Health },
): Promise<void> {
  const questions = serf.events({ types: [`query:health-${service.name}`] });
  await serf.updateTags({ set: { [service.name]: String(service.port) } });
  for await (const question of questions) {
    await question.respond(service.health()).catch(() => {
      // It comes too late.
    });
  }
}

/** The instances of a service, as far as their members are alive. */
export function lookUp(serf: Serf, service: string): Instance[] {
  return serf.members()
    .filter(({ status, tags }) => status === "alive" && service in tags)
    .map(({ name, address, tags }) => ({
      member: name,
      host: address.host,
      port: Number(tags[service]),
    }));
}

/** Those that say they are well. */
export async function lookUpHealthy(serf: Serf, service: string): Promise<Instance[]> {
  const query = serf.query(`health-${service}`, null, { tags: { [service]: ".+" } });
  const { responses } = await query.collect();
  const healthy = responses.filter((one) => one.text() === "ok").map(({ from }) => from);
  return lookUp(serf, service).filter(({ member }) => healthy.includes(member));
}

if (import.meta.main) {
  const [bind = "127.0.0.1:7950", ...others] = process.argv.slice(2);
  const serf = await Serf.create({ name: `service-${bind}`, bind });
  if (others.length > 0) await serf.join(others);
  setInterval(async () => console.log(await lookUpHealthy(serf, "web")), 2_000);
  await offer(serf, { name: "web", port: 8080, health: () => "ok" });
}
