import type { Broker, Minted, MintInput } from "../../../src/cloud/index.ts";

/**
 * AWS as far as a story goes: it gives what the plan says, in words that name the role and what may be done with it. What the
 * real broker sends to AWS, and what AWS makes of it, is tried in test/cloud.
 */
export class ModelCloud implements Broker {
  readonly kind = "aws";
  /** Credentials that were minted, whether or not a job ever got them. */
  readonly minted: string[] = [];
  readonly #now: () => Date;
  constructor(now: () => Date) {
    this.#now = now;
  }

  async mint({ plan, sign, context }: MintInput): Promise<Minted> {
    if (plan.kind !== "aws") throw new Error(`the model has no ${plan.kind}`);
    await sign({ subject: plan.subject, audience: "sts.amazonaws.com", lifetime: 60, extra: {} });
    const may = plan.statements.map(
      ({ actions, resources }) => `${actions.join(", ")} on ${resources.join(", ").replaceAll("arn:aws:s3:::", "")}`,
    );
    const what = `credentials of ${plan.role_arn.replace(/^.*:role\//, "")} for ${may.join(" and ")}`;
    this.minted.push(what);
    return {
      response: { access_token: what, issued_token_type: "urn:countersign:model", token_type: "N_A", expires_in: 900 },
      identifiers: { session: `cs-${context.exchange}` },
      expiresAt: new Date(this.#now().getTime() + 900_000),
    };
  }
}
