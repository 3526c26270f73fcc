/**
 * The private fields of an object, as the inspector sees them.
 *
 * @module
 */

import inspector from "node:inspector";

interface RemoteValue {
  readonly value?: unknown;
  readonly unserializableValue?: string;
  readonly objectId?: string;
}

interface Property {
  readonly name: string;
  readonly value?: RemoteValue;
}

/** Where the inspector's code and ours meet. */
const meeting: { object?: unknown } = {};

/** Reads private fields. Close it with `using`. */
export class PrivateFields implements Disposable {
  readonly #session = new inspector.Session();

  constructor() {
    this.#session.connect();
    Object.assign(globalThis, { meetingOfPrivateFields: meeting });
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
    Reflect.deleteProperty(globalThis, "meetingOfPrivateFields");
  }

  /** The values of all private fields by their names, such as `#size`. */
  async of(object: object): Promise<Map<string, unknown>> {
    meeting.object = object;
    const { result: { objectId } } = await this.#post<{ result: { objectId: string } }>(
      "Runtime.evaluate",
      { expression: "meetingOfPrivateFields.object" },
    );
    const { privateProperties = [] } = await this.#post<{ privateProperties?: Property[] }>(
      "Runtime.getProperties",
      { objectId, ownProperties: true },
    );
    const fields = new Map<string, unknown>();
    for (const { name, value } of privateProperties) {
      // Methods and accessors have none.
      if (value !== undefined) fields.set(name, await this.#valueOf(value));
    }
    return fields;
  }

  async #valueOf({ value, unserializableValue, objectId }: RemoteValue): Promise<unknown> {
    if (unserializableValue?.endsWith("n")) return BigInt(unserializableValue.slice(0, -1));
    if (unserializableValue !== undefined) return Number(unserializableValue);
    if (objectId === undefined) return value;
    await this.#post("Runtime.callFunctionOn", {
      objectId,
      functionDeclaration: "function () { meetingOfPrivateFields.object = this; }",
    });
    return meeting.object;
  }

  #post<Result>(method: string, parameters: object): Promise<Result> {
    return new Promise((resolve, reject) =>
      this.#session.post(
        method,
        parameters,
        (error, result) => error === null ? resolve(result as Result) : reject(error),
      )
    );
  }
}
