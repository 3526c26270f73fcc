/**
 * The bodies of the HTTP API as JSON Schema (2020-12, as OpenAPI 3.1 has it).
 *
 * @module
 */

/** A schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** Text. */
export const text: Schema = { type: "string" };
/** True or false. */
export const flag: Schema = { type: "boolean" };
/** A whole number. */
export const integer: Schema = { type: "integer" };
/** A number. */
export const number: Schema = { type: "number" };
/** A time, as in `2026-01-02T03:04:05.678Z`. */
export const time: Schema = { type: "string", format: "date-time" };
/** A payload in base64; `null` where there is none. */
export const payload: Schema = { type: ["string", "null"], contentEncoding: "base64" };
/** Bytes of any kind. */
export const bytes: Schema = {};

/** A list. */
export function list(items: Schema): Schema {
  return { type: "array", items };
}

/** An object whose property names are data, such as the names of tags. */
export function mapOf(values: Schema): Schema {
  return { type: "object", additionalProperties: values };
}

/** An object with exactly these properties. */
export function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties, required: Object.keys(properties) };
}

/** A schema of {@link components}. */
export function component(name: keyof typeof components): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const member = {
  Name: text,
  Addr: text,
  Port: integer,
  Tags: mapOf(text),
  Status: { type: "string", enum: ["none", "alive", "leaving", "left", "failed"] },
  ProtocolMin: integer,
  ProtocolMax: integer,
  ProtocolCur: integer,
  DelegateMin: integer,
  DelegateMax: integer,
  DelegateCur: integer,
};

/** The schemas that have names. */
export const components = {
  Problem: {
    ...object({ type: text, title: text, status: integer, detail: text }),
    description: "RFC 9457",
  },
  Member: object({ ...member, Since: time }),
  Coordinate: object({
    Vec: list(number),
    Error: number,
    Adjustment: number,
    Height: number,
  }),
  Suspicion: object({ Node: text, From: list(text), AgeMs: integer, LeftMs: integer }),
  MemberEvent: object({
    Event: {
      type: "string",
      enum: ["member-join", "member-leave", "member-failed", "member-update", "member-reap"],
    },
    Time: time,
    Members: list(object(member)),
  }),
  UserEvent: object({
    Event: { const: "user" },
    Time: time,
    LTime: integer,
    Name: text,
    Payload: payload,
    Coalesce: flag,
  }),
  QueryEvent: object({
    Event: { const: "query" },
    Time: time,
    LTime: integer,
    ID: integer,
    Name: text,
    Payload: payload,
    SourceNode: text,
  }),
  QueryRecord: {
    oneOf: [
      object({ Type: { const: "ack" }, From: text }),
      object({ Type: { const: "response" }, From: text, Payload: payload }),
      object({ Type: { const: "failure" }, From: text, Reason: text }),
      object({ Type: { const: "done" }, Acks: integer, Responses: integer, Dropped: integer }),
    ],
  },
  Explanation: {
    ...object({
      node: text,
      observer: text,
      timeMs: number,
      status: text,
      suspect: flag,
      address: text,
      incarnation: integer,
      healthScore: integer,
      lagMs: number,
      lastAnswer: { type: ["object", "null"] },
      lastPing: { type: ["object", "null"] },
      othersAnswering: integer,
      othersFailing: list(object({ node: text, heard: flag, byTcp: flag })),
      entries: list(object({
        timeMs: number,
        lastMs: number,
        times: integer,
        healthScore: integer,
        lagMs: number,
        what: object({ type: text }),
      })),
      conclusion: object({ cause: text, text }),
    }),
    description: "As in the library's `Explanation`; times are milliseconds since 1970",
  },
  KeyResult: object({
    NumNodes: integer,
    NumResp: integer,
    NumErr: integer,
    Keys: mapOf(integer),
    Messages: mapOf(text),
  }),
} as const satisfies Readonly<Record<string, Schema>>;
