/** One IAM policy statement, as JSON spells it. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

interface Trust {
  /** URL of the IAM OIDC provider; `iss` must equal it, byte for byte. */
  readonly issuer: string;
  /** A client id of the provider, and the trust policy's condition on `aud`. */
  readonly audience: string;
  /** `StringEquals` on `sub`. */
  readonly subject: string;
  /** Does the trust policy allow `sts:TagSession`, `sts:SetSourceIdentity`? Default true. */
  readonly tagSession?: boolean;
  readonly setSourceIdentity?: boolean;
  /** `"Bool": {"sts:RoleAuthorizedByIdp": "true"}`: the token must carry the roles claim. Default false. */
  readonly roleAuthorizedByIdp?: boolean;
}

export interface Role {
  /** `arn:aws:iam::<account>:role/<name>` */
  readonly roleArn: string;
  readonly trust: Trust;
  /** MaxSessionDuration, seconds, 3600 to 43200. Default 3600. */
  readonly maxSession?: number;
  readonly permissions: readonly Statement[];
  /** ARNs of roles that the trust policy names for `sts:AssumeRole` (role chaining). Default none. */
  readonly assumableBy?: readonly string[];
}

export interface User {
  /** `arn:aws:iam::<account>:user/<name>` */
  readonly userArn: string;
  readonly permissions: readonly Statement[];
}

/** A statement of a bucket's policy; its one principal is a role's ARN, or that of a role's session. */
export interface ResourceStatement extends Statement {
  readonly Principal: { readonly AWS: string };
}

/** Whom a key is: a session of a role, or a user with a key that lasts. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Undefined: a user's key, which needs none. */
  readonly sessionToken: string | undefined;
  readonly account: string;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session name>`, or the user's */
  readonly arn: string;
  readonly userId: string;
  /** The role's ARN, or the user's: what a resource policy names where it does not mean one session. */
  readonly identityArn: string;
  readonly permissions: readonly Statement[];
  /** Undefined: none was sent, so that only the role limits. */
  readonly policy: readonly Statement[] | undefined;
  readonly issuedAt: Date;
  /** Undefined: never. */
  readonly expiresAt: Date | undefined;
}

/** One call as CloudTrail would tell it. No token, no secret. */
export interface LoggedCall {
  readonly at: Date;
  readonly requestId: string;
  /** `sts:AssumeRoleWithWebIdentity`, `s3:DeleteBucket`, ... */
  readonly action: string;
  readonly resource: string | undefined;
  /** ARN of the session, or `sub` of the token; undefined where nobody was recognised. */
  readonly principal: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly allowed: boolean;
  readonly status: number;
  readonly error: string | undefined;
  /** AssumeRoleWithWebIdentity only: the form without its token, and the token's own AWS claims. */
  readonly parameters: Readonly<Record<string, string>> | undefined;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
}

export class AwsError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "AwsError";
    this.status = status;
    this.code = code;
  }
}
