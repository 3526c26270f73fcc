/**
 * The agent itself and the members it knows, as Consul's `/v1/agent` has them.
 *
 * @module
 */

import { ClosedError } from "../../../base/errors.ts";
import { filterMembersLazily } from "../../../host/member_filter.ts";
import { coordinateJson, memberJson, suspicionJson } from "../json_forms.ts";
import type { HttpApi } from "../http_agent.ts";
import { component, integer, list, mapOf, object, text } from "../schemas.ts";
import { decodeTexts, splitPairs } from "./decode_request.ts";
import { type Route, route } from "./route.ts";

const done = { schema: object({}), help: "It is done" };

/** Reads of members wait for a member to come, change or go. */
const membersBlock: Route["blocking"] = {
  index: ({ members }) => members.index,
  wait: ({ members }, index, options) => members.wait(index, options),
};

/** The routes. */
export const agentRoutes = [
  route({
    method: "get",
    path: "/v1/agent/self",
    id: "getSelf",
    summary: "This node, its coordinate, its statistics and whom it suspects",
    access: "read",
    response: {
      schema: object({
        Member: component("Member"),
        Coord: { anyOf: [component("Coordinate"), { type: "null" }] },
        Stats: mapOf(mapOf(text)),
        Suspicions: list(component("Suspicion")),
      }),
      help: "This node",
    },
    blocking: membersBlock,
    handle(api) {
      const { agent, members } = api;
      const self = members.all.find(({ name }) => name === agent.name);
      if (self === undefined) throw new ClosedError("The agent has not started");
      const coordinate = agent.coordinate(agent.name);
      return {
        json: {
          Member: shownMember(api, self),
          Coord: coordinate === undefined ? null : coordinateJson(coordinate),
          Stats: agent.stats(),
          Suspicions: agent.suspicions().map(suspicionJson),
        },
      };
    },
  }),
  route({
    method: "get",
    path: "/v1/agent/members",
    id: "listMembers",
    summary: "The members that this node knows",
    access: "read",
    query: {
      name: { kind: "text", help: "RE2 expression that the whole name must match" },
      status: { kind: "text", help: "RE2 expression that the status must match: `alive|leaving`" },
      tag: { kind: "texts", help: "Tag and RE2 expression, as in `role=web`; may be repeated" },
    },
    response: { schema: list(component("Member")), help: "The members, by name" },
    blocking: membersBlock,
    async handle(api, { query: { name, status, tag } }) {
      const filter = { name, status, tags: splitPairs(tag, "tag") };
      const found = await filterMembersLazily(api.members.all, filter);
      return { json: found.toSorted(byName).map((member) => shownMember(api, member)) };
    },
  }),
  route({
    method: "put",
    path: "/v1/agent/join/{address}",
    id: "join",
    summary: "Join the cluster of the member at an address",
    access: "token",
    parameters: { address: "Host or IP address, with a port unless it is this node's" },
    query: {
      replay: { kind: "flag", help: "Whether user events from before the join are delivered" },
    },
    response: { schema: object({ Joined: integer }), help: "How many members were reached" },
    async handle({ agent }, { path: { address }, query: { replay } }) {
      return { json: { Joined: await agent.join([address], { replay }) } };
    },
  }),
  route({
    method: "put",
    path: "/v1/agent/leave",
    id: "leave",
    summary: "Leave the cluster, and end the agent",
    access: "token",
    response: done,
    async handle({ agent, log }) {
      log("INFO", "agent.http: Graceful leave triggered");
      const afterwards = () => agent.shutdown();
      try {
        await agent.leave();
        return { json: {}, afterwards };
      } catch (error) {
        // An agent that was already leaving or shutting down needs no other shutdown.
        return { error, afterwards: error instanceof ClosedError ? undefined : afterwards };
      }
    },
  }),
  route({
    method: "put",
    path: "/v1/agent/force-leave/{node}",
    id: "forceLeave",
    summary: "Declare that a failed member has left",
    access: "token",
    parameters: { node: "Name of the member" },
    query: { prune: { kind: "flag", help: "Whether all members forget it at once" } },
    response: done,
    async handle({ agent }, { path: { node }, query: { prune } }) {
      await agent.forceLeave(node, { prune });
      return { json: {} };
    },
  }),
  route({
    method: "get",
    path: "/v1/agent/tags",
    id: "getTags",
    summary: "The tags of this node",
    access: "read",
    response: { schema: mapOf(text), help: "The tags by name" },
    blocking: membersBlock,
    handle: ({ agent }) => ({ json: agent.tags }),
  }),
  route({
    method: "put",
    path: "/v1/agent/tags",
    id: "setTags",
    summary: "Replace the tags of this node",
    access: "token",
    body: { type: "application/json", schema: mapOf(text), help: "All tags by name" },
    response: done,
    async handle({ agent }, { body }) {
      await agent.setTags(decodeTexts(body));
      return { json: {} };
    },
  }),
  route({
    method: "get",
    path: "/v1/coordinate/nodes",
    id: "listCoordinates",
    summary: "The network coordinates of all members that have one",
    access: "read",
    response: {
      schema: list(object({ Node: text, Coord: component("Coordinate") })),
      help: "The coordinates, by the name of the member",
    },
    handle: ({ agent, members }) => ({
      json: members.all.toSorted(byName).flatMap(({ name }) => {
        const coordinate = agent.coordinate(name);
        if (coordinate === undefined) return [];
        return [{ Node: name, Coord: coordinateJson(coordinate) }];
      }),
    }),
  }),
];

type KnownMember = HttpApi["members"]["all"][number];

function shownMember({ members }: HttpApi, member: KnownMember) {
  return { ...memberJson(member), Since: new Date(members.sinceMs(member.name)).toISOString() };
}

function byName(a: KnownMember, b: KnownMember): number {
  return a.name < b.name ? -1 : 1;
}
