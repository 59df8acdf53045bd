import { createHash, randomBytes } from "node:crypto";
import type { IdentityProvider } from "./identity-provider.ts";
import { parsePolicy } from "./policy.ts";
import { AwsError, type Role, type Session, type Statement } from "./types.ts";
import { sessionNameShape, webIdentity, type WebIdentity } from "./web-identity.ts";
import type { Xml } from "./xml.ts";

/** Every secret that this AWS gives out starts with it, so that a test can search logs, files and answers for leaks. */
export const secretCanary = "CSGNCANARY";

export const namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

export interface Assumed {
  readonly session: Session;
  readonly identity: WebIdentity;
  readonly answer: Xml;
}

/** `AssumeRoleWithWebIdentity`, API version 2011-06-15. @throws AwsError with the codes that STS documents. */
export async function assumeRoleWithWebIdentity(
  form: URLSearchParams,
  {
    roles,
    provider,
    now,
    requestId,
  }: {
    readonly roles: ReadonlyMap<string, Role>;
    readonly provider: IdentityProvider;
    readonly now: Date;
    readonly requestId: string;
  },
): Promise<Assumed> {
  const { roleArn, sessionName, token, policy, duration } = parameters(form);
  const { claims, issuer } = await provider.verify(token);
  const identity = webIdentity(claims, issuer, now);
  const role = roles.get(roleArn);
  if (!role) throw denied();
  // A client id that the IAM provider does not list fails before any trust policy is read.
  if (
    ![...roles.values()].some(({ trust }) => trust.issuer === identity.issuer && trust.audience === identity.audience)
  ) {
    throw new AwsError(400, "InvalidIdentityToken", "Incorrect token audience");
  }
  if (identity.roles && !identity.roles.includes(roleArn)) {
    throw new AwsError(400, "InvalidIdentityToken", "The token is not authorized for the requested role");
  }
  checkTrust(role, identity);
  const maximum = role.maxSession ?? 3600;
  if (duration > maximum) {
    throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  const session = newSession(role, sessionName, policy?.statements, now, duration);
  return { session, identity, answer: assumed(session, identity, requestId, policy) };
}

function parameters(form: URLSearchParams) {
  const allowed =
    /^(Action|Version|RoleArn|RoleSessionName|WebIdentityToken|ProviderId|PolicyArns\.member\.[0-9]+\.arn|Policy|DurationSeconds)$/;
  const stranger = [...form.keys()].find((name) => !allowed.test(name));
  if (stranger !== undefined) throw invalid(`Unexpected parameter ${stranger}`);
  const needed = (name: string) => {
    const value = form.get(name);
    if (!value)
      throw invalid(
        `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
      );
    return value;
  };
  const sessionName = needed("RoleSessionName");
  if (!sessionNameShape.test(sessionName)) {
    throw invalid(
      `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    );
  }
  const duration = Number(form.get("DurationSeconds") ?? 3600);
  if (!Number.isInteger(duration) || duration < 900 || duration > 43_200) {
    throw invalid(
      `1 validation error detected: Value '${duration}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${duration > 900 ? "less than or equal to 43200" : "greater than or equal to 900"}`,
    );
  }
  const text = form.get("Policy") ?? undefined;
  if (text !== undefined && text.length > 2048) {
    throw invalid(
      "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048",
    );
  }
  return {
    roleArn: needed("RoleArn"),
    token: needed("WebIdentityToken"),
    sessionName,
    duration,
    policy: text === undefined ? undefined : { text, statements: parsePolicy(text) },
  };
}

function checkTrust({ trust }: Role, identity: WebIdentity): void {
  const fits =
    trust.issuer === identity.issuer &&
    trust.audience === identity.audience &&
    trust.subject === identity.subject &&
    (Object.keys(identity.tags).length === 0 || trust.tagSession !== false) &&
    (identity.sourceIdentity === undefined || trust.setSourceIdentity !== false) &&
    (identity.roles !== undefined || trust.roleAuthorizedByIdp !== true);
  if (!fits) throw denied();
}

type Policy = ReturnType<typeof parameters>["policy"];

export function newSession(
  role: Role,
  name: string,
  policy: readonly Statement[] | undefined,
  now: Date,
  duration: number,
): Session {
  const [, account = "", path = ""] = /^arn:aws[a-z-]*:iam::([0-9]{12}):role\/(.+)$/.exec(role.roleArn) ?? [];
  const roleName = path.split("/").at(-1) ?? "";
  const roleId = `AROA${base32(createHash("sha256").update(role.roleArn).digest())}`;
  return {
    accessKeyId: `ASIA${base32(randomBytes(16))}`,
    secretAccessKey: secretKey(),
    sessionToken: secretCanary + randomBytes(300).toString("base64"),
    account,
    arn: `${role.roleArn.split(":role/")[0]?.replace(":iam:", ":sts:")}:assumed-role/${roleName}/${name}`,
    userId: `${roleId}:${name}`,
    identityArn: role.roleArn,
    permissions: role.permissions,
    policy,
    issuedAt: now,
    expiresAt: new Date(Math.floor(now.getTime() / 1000 + duration) * 1000),
  };
}

/** 40 characters. */
export const secretKey = (): string =>
  secretCanary +
  randomBytes(30)
    .toString("base64")
    .slice(0, 40 - secretCanary.length);

export const base32 = (bytes: Buffer): string =>
  [...bytes.subarray(0, 16)].map((b) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[b & 31]).join("");

export const credentials = ({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Session): Xml => ({
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
  SessionToken: sessionToken,
  Expiration: expiresAt && `${expiresAt.toISOString().slice(0, 19)}Z`,
});

const assumed = (session: Session, identity: WebIdentity, requestId: string, policy: Policy): Xml => ({
  [`AssumeRoleWithWebIdentityResponse ${namespace}`]: {
    AssumeRoleWithWebIdentityResult: {
      SubjectFromWebIdentityToken: identity.subject,
      Audience: identity.audience,
      AssumedRoleUser: { Arn: session.arn, AssumedRoleId: session.userId },
      Credentials: credentials(session),
      SourceIdentity: identity.sourceIdentity,
      Provider: `arn:aws:iam::${session.account}:oidc-provider/${identity.issuer.replace(/^https?:\/\//, "")}`,
      PackedPolicySize: policy && String(Math.ceil((policy.text.length / 2048) * 100)),
    },
    ResponseMetadata: { RequestId: requestId },
  },
});

export const callerIdentity = (session: Session, requestId: string): Xml => ({
  [`GetCallerIdentityResponse ${namespace}`]: {
    GetCallerIdentityResult: { Arn: session.arn, UserId: session.userId, Account: session.account },
    ResponseMetadata: { RequestId: requestId },
  },
});

export const stsError = ({ status, code, message }: AwsError, requestId: string): Xml => ({
  [`ErrorResponse ${namespace}`]: {
    Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message },
    RequestId: requestId,
  },
});

export const invalid = (message: string) => new AwsError(400, "ValidationError", message);
// One message whatever was wrong, as STS gives no hint about a trust policy.
const denied = () => new AwsError(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
