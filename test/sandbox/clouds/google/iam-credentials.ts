import { accountResource, allowed, cloudPlatform, knowsScope } from "./iam.ts";
import { misfit } from "./published.ts";
import { newTokenValue } from "./sts.ts";
import { type Binding, rpcError, type ServiceAccount, type Token } from "./types.ts";

export interface IamCredentials {
  readonly accounts: ReadonlyMap<string, ServiceAccount>;
  readonly bindings: readonly Binding[];
  readonly now: Date;
}

const hour = 3600;
const argument = (message: string) => rpcError("INVALID_ARGUMENT", message);

/** `iamcredentials.projects.serviceAccounts.generateAccessToken`. @throws GoogleError */
export function generateAccessToken(
  email: string,
  caller: Token,
  body: unknown,
  { accounts, bindings, now }: IamCredentials,
): { readonly token: Token; readonly answer: Readonly<Record<string, unknown>> } {
  const wrong = misfit("GenerateAccessTokenRequest", body);
  if (wrong !== undefined) throw argument(`Invalid JSON payload received. ${wrong}`);
  const { scope = [], lifetime = "3600s", delegates } = body as { [name: string]: string[] | string | undefined };
  if (delegates !== undefined) throw argument("this Google does not know delegation chains");
  if (!caller.scopes.includes(cloudPlatform))
    throw rpcError("PERMISSION_DENIED", "Request had insufficient authentication scopes.", {
      reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
      domain: "googleapis.com",
    });
  const permission = "iam.serviceAccounts.getAccessToken";
  const account = accounts.get(email);
  // One answer for "no such account" and "not for you".
  if (!account || !allowed(bindings, caller.member, permission, accountResource(email)))
    throw rpcError("PERMISSION_DENIED", `Permission '${permission}' denied on resource (or it may not exist).`, {
      reason: "IAM_PERMISSION_DENIED",
      domain: "iam.googleapis.com",
      metadata: { permission },
    });
  if (account.disabled) throw rpcError("FAILED_PRECONDITION", `Service account ${email} is disabled.`);
  const scopes = [scope].flat();
  if (scopes.length === 0) throw argument("At least one scope is required.");
  const unknown = scopes.find((one) => !knowsScope(one));
  if (unknown !== undefined) throw argument(`Invalid OAuth scope: ${unknown}`);
  const seconds = secondsOf(String(lifetime), account);
  const expiresAt = new Date(Math.floor(now.getTime() / 1000 + seconds) * 1000);
  const token: Token = {
    value: newTokenValue(),
    member: `serviceAccount:${email}`,
    of: { serviceAccount: email },
    scopes,
    boundary: undefined,
    expiresAt,
  };
  const expireTime = `${expiresAt.toISOString().slice(0, 19)}Z`;
  return { token, answer: { accessToken: token.value, expireTime } };
}

/** Observed: 1 s and more is given, whatever AIP-4117 says of 600. */
function secondsOf(lifetime: string, { extendedLifetime }: ServiceAccount): number {
  const seconds = /^(\d{1,6})(?:\.\d{1,9})?s$/.exec(lifetime)?.[1];
  if (seconds === undefined)
    throw argument("Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration)");
  if (Number(seconds) === 0) throw argument("Lifetime of access token must be larger then zero.");
  const most = extendedLifetime ? 12 * hour : hour;
  if (Number(seconds) > most)
    throw argument(
      extendedLifetime
        ? "Access tokens can not have lifetimes of more than 12 hours."
        : "Access tokens can not have lifetimes of more than 1 hour. Use the Org Policy Constraint constraints/iam.allowServiceAccountCredentialLifetimeExtension to allow up to 12 hours.",
    );
  return Number(seconds);
}
