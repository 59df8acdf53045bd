import type { Seconds } from "../../base/duration.ts";
import { gcpAssertionAudience } from "../../plan/gcp-requests.ts";
import { signAssertion } from "../sign.ts";
import type { CheckInput } from "../types.ts";
import type { GcpEndpoints } from "./endpoints.ts";
import { googleError } from "./errors.ts";
import { exchangeAssertion } from "./google.ts";
import { checkAgent } from "./names.ts";

/** Of assertion and token. Long enough for the two calls, each with its further tries. */
const lifetime: Seconds = 60;

/**
 * Lets whoever has it read the account's own address, and nothing else ("OAuth 2.0 Scopes for Google APIs"). gcloud asks IAM
 * Credentials for it as well, when it impersonates.
 */
const least = "https://www.googleapis.com/auth/userinfo.email";

/**
 * The exchange at STS and, where the role names a service account, its token. Google has nothing that denies all: a boundary
 * narrows Cloud Storage alone, and is laid on a token that is there already. So the token lives a minute and is not kept; one of a
 * service account has the least scope. Without a service account the scopes are the role's, since what STS makes of others is not
 * documented. The role's boundary is not tried, nor its scopes where it has a service account.
 */
export async function checkGcp(input: CheckInput<"gcp">, endpoints: GcpEndpoints): Promise<void> {
  const { role, subject, check, signal } = input;
  const account = role.service_account ?? null;
  const tried = {
    workload_identity_provider: role.workload_identity_provider,
    service_account: account,
    scopes: account === null ? role.scopes : [least],
    subject,
  };
  const assertion = await signAssertion(input.sign, {
    subject,
    audience: gcpAssertionAudience(tried),
    lifetime,
    extra: {},
  });
  try {
    await exchangeAssertion(tried, assertion.jwt, lifetime, { endpoints, signal, userAgent: checkAgent(check) });
  } catch (error) {
    throw googleError(error, tried, "exchange");
  }
}
