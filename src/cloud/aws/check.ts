import { assertionLifetimes } from "../../issuer/index.ts";
import { AWS_MIN_SESSION } from "../../plan/index.ts";
import { awsRegion } from "../../plan/region.ts";
import { CloudError } from "../errors.ts";
import { signAssertion } from "../sign.ts";
import type { CheckInput } from "../types.ts";
import { stsEndpoint } from "./endpoints.ts";
import { stsError } from "./errors.ts";
import { audience, awsClaims, checkSessionName } from "./session.ts";
import type { Sts } from "./sts.ts";

/** Nothing at all, but `sts:GetCallerIdentity`, which AWS lets nobody deny. */
const denyAll = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
});

/**
 * AssumeRoleWithWebIdentity as an exchange does it, with the same subject and all of the same claims, so that TagSession,
 * SetSourceIdentity and the pinned role are tried as well; but with a session that may do nothing and is not kept. Its names say
 * `check` where a grant's say which grant. Longer sessions than the 15 minutes (max_session) are not tried.
 */
export async function checkAws(input: CheckInput<"aws">, sts: Sts, override: string | undefined): Promise<void> {
  const { role, subject, access, check, signal } = input;
  const region = awsRegion(role.role_arn, input.region);
  if (region === undefined)
    throw new CloudError("cloud_misconfigured", "The target's region is not one of the partition of its role_arn.");
  const { endpoint } = stsEndpoint(role.role_arn, region);
  const context = {
    grant: `check-${check}`,
    exchange: check,
    accessRepositoryId: access.id,
    // None: what looks for a grant's tags must not take this for one.
    pullRequest: 0,
    requesterId: 0,
    runId: 0,
    runAttempt: 0,
  };
  const assertion = await signAssertion(input.sign, {
    subject,
    audience,
    lifetime: assertionLifetimes.aws,
    extra: awsClaims(context, role.role_arn),
  });
  try {
    await sts.assumeRole({
      region,
      endpoint: override ?? endpoint,
      roleArn: role.role_arn,
      sessionName: checkSessionName(check),
      assertion: assertion.jwt,
      policy: denyAll,
      duration: AWS_MIN_SESSION,
      signal,
    });
  } catch (error) {
    throw stsError(error, role.role_arn);
  }
}
