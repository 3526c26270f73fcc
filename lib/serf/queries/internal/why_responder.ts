/**
 * Answering how we see a member.
 *
 * @module
 */

import { type MemberView, viewOf } from "../../../api/why/view.ts";
import { RateLimiter } from "../../../base/rate_limiter.ts";
import { decodeText } from "../../../base/text.ts";
import type { Swim } from "../../../swim/swim.ts";
import type { SerfContext } from "../../context.ts";
import { whyReport } from "../../why_report.ts";
import type { OpenQuery } from "../query_responder.ts";
import { encodeView } from "./view_codec.ts";

/** A relayed answer is so much longer, bytes: the addressee and the keys of its fields, without the name. */
const RELAY_BYTES = 120;

/** So many questions are answered in a second. Each takes a look at all members, a millisecond where there are thousands. */
const ANSWERS_PER_SECOND = 10;

/** Answers questions, a few a second. */
export class WhyResponder {
  readonly #context: SerfContext;
  readonly #swim: Swim;
  readonly #answers = new RateLimiter(1_000, { times: ANSWERS_PER_SECOND });

  constructor(context: SerfContext, swim: Swim) {
    this.#context = context;
    this.#swim = swim;
  }

  /** Our view of the node that a query is about, with as many names as `fits` allows; `undefined` if too many ask. */
  answer(
    { message: { payload, sourceNode } }: OpenQuery,
    fits: (response: Uint8Array) => boolean,
  ): Uint8Array | undefined {
    if (!this.#answers.allows("all", this.#context.world.now)) return undefined;
    const view = viewOf(whyReport(decodeText(payload), this.#context, this.#swim));
    const margin = RELAY_BYTES + sourceNode.length;
    return [view, withoutNames(view)].map(encodeView)
      .find((response) => fits(new Uint8Array(response.length + margin)));
  }

  /** See {@link SerfCore.save}. */
  save() {
    return { answers: this.#answers.save() };
  }

  load({ answers }: ReturnType<WhyResponder["save"]>): void {
    this.#answers.load(answers);
  }
}

/** A view without what it can do without. */
function withoutNames(view: MemberView): MemberView {
  return {
    ...view,
    suspectedBy: view.suspectedBy.slice(0, 1),
    accusedBy: view.accusedBy.slice(0, 1),
    othersFailing: view.othersFailing.slice(0, 1),
    othersHeard: [],
    othersByTcp: view.othersByTcp.slice(0, 1),
  };
}
