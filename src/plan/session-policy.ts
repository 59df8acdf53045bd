import type { ResolvedRequest } from "../access-repo/types.ts";
import { maxSessionPolicy } from "../access-repo/session-size.ts";
import { formatInstant } from "../base/duration.ts";
import { CountersignError } from "../base/errors.ts";
import { normalStatements } from "./statements.ts";
import type { AwsPlanData } from "./types.ts";

/** STS: inline and managed session policies together, in characters. */
export const MAX_SESSION_POLICY = maxSessionPolicy;

const compact = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 && values[0] !== undefined ? values[0] : values;

/**
 * The session policy as a document: what is allowed, then the end. The window is half-open, so at its end exactly everything
 * is denied: GreaterThanEquals, not GreaterThan. The Deny is needed since AWS gives no session under 15 minutes, and one
 * Deny ends all Allows where a condition on each would cost 2048 characters and could be forgotten on one.
 * @param end `2026-11-24T10:00:00Z`, or what is shown in its place before it is known
 */
export const policyDocument = (data: Pick<AwsPlanData, "statements">, end: string) => ({
  Version: "2012-10-17",
  Statement: [
    ...data.statements.map(({ actions, resources }) => ({
      Effect: "Allow",
      Action: compact(actions),
      Resource: compact(resources),
    })),
    {
      Effect: "Deny",
      Action: "*",
      Resource: "*",
      Condition: { DateGreaterThanEquals: { "aws:CurrentTime": end } },
    },
  ],
});

/** How many characters too many, and the entry that costs most; undefined where the policy fits. Constant length for any end. */
export function oversize(data: Pick<AwsPlanData, "statements">): string | undefined {
  const { length } = JSON.stringify(policyDocument(data, formatInstant(new Date(0))));
  if (length <= MAX_SESSION_POLICY) return undefined;
  const entries = data.statements.flatMap((statement) => [...statement.actions, ...statement.resources]);
  const longest = entries.reduce((a, b) => (b.length > a.length ? b : a), "");
  return `The session policy is ${length - MAX_SESSION_POLICY} characters over the ${MAX_SESSION_POLICY} that AWS takes; the longest entry is ${longest} (${longest.length} characters).`;
}

/** As `oversize`, of a request whose workflow nobody has looked at yet; undefined for other kinds than aws. */
export const requestOversize = ({ allow }: Pick<ResolvedRequest, "allow">): string | undefined =>
  allow === undefined ? undefined : oversize({ statements: normalStatements(allow) });

/**
 * The inline session policy for AssumeRoleWithWebIdentity, compact JSON, at most 2048 characters. Milliseconds of
 * `expiresAt` are cut off, so that the policy ends not after the grant.
 * @throws CountersignError `policy_too_long`; renderPlan() refuses such a plan before anyone approves it
 */
export function sessionPolicy(data: Pick<AwsPlanData, "statements">, expiresAt: Date): string {
  // A year over 9999 would be spelled with a sign; AWS would read another instant or none.
  if (!(expiresAt.getTime() >= 0 && expiresAt.getUTCFullYear() <= 9999)) throw new TypeError("not an end of a grant");
  const problem = oversize(data);
  if (problem !== undefined) throw new CountersignError("policy_too_long", problem);
  return JSON.stringify(policyDocument(data, formatInstant(expiresAt)));
}
