import { formatInstant } from "../../base/duration.ts";
import { assertionLifetimes } from "../../issuer/index.ts";
import { sessionPolicy, sessionSeconds } from "../../plan/index.ts";
import { brokerOf } from "../broker.ts";
import { CloudError } from "../errors.ts";
import { checkAws } from "./check.ts";
import type { Broker, Minted, MintInput } from "../types.ts";
import { loopbackEndpoint, stsEndpoint } from "./endpoints.ts";
import { stsError } from "./errors.ts";
import { audience, awsClaims, roleSessionName, sourceIdentity } from "./session.ts";
import { Sts, type Session } from "./sts.ts";

/** No registered token type fits a set of three values (RFC 8693 section 3), so this is our own. */
const awsCredentialsType = "urn:countersign:params:oauth:token-type:aws-credentials";

/**
 * Credentials of an AWS role, narrowed by the plan's session policy and ended by its Deny (CLOUDS.md sections 1 and 8).
 * The assertion stays here: a job that had it could call STS without the session policy.
 * @param endpointOverride sandbox only; loopback, else this throws CloudError `cloud_misconfigured`
 */
export function awsBroker(endpointOverride?: string): Broker {
  const override = endpointOverride === undefined ? undefined : loopbackEndpoint(endpointOverride);
  const sts = new Sts();
  return brokerOf(
    "aws",
    (input) => mint(input, sts, override),
    (input) => checkAws(input, sts, override),
  );
}

async function mint(input: MintInput<"aws">, sts: Sts, override: string | undefined): Promise<Minted> {
  const { plan, window, now, context, signal } = input;
  if (window.expiresAt <= now) throw new CloudError("cloud_denied", "The grant's window has ended.");
  const { accountId, endpoint } = stsEndpoint(plan.role_arn, plan.region);
  const policy = sessionPolicy(plan, window.expiresAt);
  const duration = sessionSeconds(plan, window, now);
  const assertion = await input.sign({
    subject: plan.subject,
    audience,
    lifetime: assertionLifetimes.aws,
    extra: awsClaims(context, plan.role_arn),
  });
  let session: Session;
  try {
    session = await sts.assumeRole({
      region: plan.region,
      endpoint: override ?? endpoint,
      roleArn: plan.role_arn,
      sessionName: roleSessionName(context),
      assertion,
      policy,
      duration,
      signal,
    });
  } catch (error) {
    throw stsError(error, plan.role_arn);
  }
  // STS has no session under 900 s; from the window's end on the Deny leaves nothing, and the client shall know.
  const expiresAt = session.expiration < window.expiresAt ? session.expiration : window.expiresAt;
  return {
    response: {
      access_token: credentialProcess(session, expiresAt),
      issued_token_type: awsCredentialsType,
      token_type: "N_A",
      expires_in: Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000)),
      aws_region: plan.region,
      aws_account_id: accountId,
    },
    identifiers: {
      access_key_id: session.accessKeyId,
      role_session_name: roleSessionName(context),
      assumed_role_arn: session.assumedRoleArn,
      source_identity: sourceIdentity(context),
    },
    expiresAt,
  };
}

/** What the AWS CLI and every SDK read from a `credential_process`. */
const credentialProcess = (session: Session, expiresAt: Date): string =>
  JSON.stringify({
    Version: 1,
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: formatInstant(expiresAt),
  });
