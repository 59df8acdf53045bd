import type { HclObject, HclValue } from "./hcl.ts";
import { withoutScheme } from "./issuer-url.ts";
import type { SetupInput } from "./types.ts";

/** The client id of the IAM OIDC provider, in every partition: the `aud` of our assertions. */
export const audience = "sts.amazonaws.com";

/** An IAM role and who is to be trusted by it: all that name it, also in other targets. */
export interface IamRole {
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  /** `/` or `/a/b/`. */
  readonly path: string;
  readonly name: string;
  readonly subjects: readonly string[];
  readonly maxSession: number;
  readonly block: string;
}

export interface Place {
  readonly input: SetupInput;
  readonly partition: string;
  readonly account: string;
  readonly providerArn: string;
  /** Other roles of this access repo need the provider. */
  readonly othersHere: boolean;
}

/**
 * The trust policy. `sts:RoleAuthorizedByIdp` is a key of AssumeRoleWithWebIdentity alone (Service Authorization Reference, STS), so
 * the other two actions have a statement without it: with it they would never match.
 */
export function trustPolicy(provider: HclValue, issuerUrl: string, subjects: readonly string[]): HclObject {
  const issuer = withoutScheme(issuerUrl);
  const [only, ...more] = subjects;
  const equals = {
    [`${issuer}:aud`]: audience,
    [`${issuer}:sub`]: more.length === 0 && only !== undefined ? only : subjects,
  };
  const trust = { Effect: "Allow", Principal: { Federated: provider } };
  return {
    Version: "2012-10-17",
    Statement: [
      {
        ...trust,
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringEquals: equals, Bool: { "sts:RoleAuthorizedByIdp": "true" } },
      },
      { ...trust, Action: ["sts:TagSession", "sts:SetSourceIdentity"], Condition: { StringEquals: equals } },
    ],
  };
}

export const bound =
  "What the role may do is the outer bound, and yours to attach: requests are held to `allow` of the target file by a session policy.";
