/** A provider of a workload identity pool, as its administrator set it up. */
export interface Provider {
  /** `projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>` */
  readonly name: string;
  /** `oidc.issuerUri`; discovery and keys are read there. */
  readonly issuer: string;
  /** `oidc.allowedAudiences`. Default: the provider's own name, with or without `https:`. */
  readonly allowedAudiences?: readonly string[];
  /** `attributeMapping`: `assertion.<claim>` only. Default `google.subject = assertion.sub`. */
  readonly mapping?: { readonly "google.subject": string };
  /** `attributeCondition`: `assertion.<claim> == "text"` and `assertion.<claim>.startsWith("text")`, joined by `&&`. */
  readonly condition?: string;
  readonly disabled?: boolean;
}

export interface ServiceAccount {
  readonly email: string;
  readonly disabled?: boolean;
  /** Named in constraints/iam.allowServiceAccountCredentialLifetimeExtension. */
  readonly extendedLifetime?: boolean;
}

/** One member of one role on one resource of IAM. */
export interface Binding {
  /** Full resource name: a bucket, a service account, a project. */
  readonly resource: string;
  readonly role: string;
  /** `principal://…/subject/…` or `serviceAccount:<email>` */
  readonly member: string;
}

export interface BoundaryRule {
  readonly resource: string;
  readonly roles: readonly string[];
}

export interface Token {
  readonly value: string;
  /** As IAM writes a member. */
  readonly member: string;
  /** Federated tokens: the pool, whose end is theirs. Others: the service account. */
  readonly of: { readonly pool: string } | { readonly serviceAccount: string };
  readonly scopes: readonly string[];
  readonly boundary: readonly BoundaryRule[] | undefined;
  readonly expiresAt: Date;
}

/** One call as Google's log would tell it. No token, no assertion. */
export interface LoggedCall {
  readonly at: Date;
  /** `sts.token`, `iamcredentials.generateAccessToken`, `storage.objects.delete`, ... */
  readonly call: string;
  readonly resource: string | undefined;
  /** `principal://…`, `serviceAccount:…`; undefined where nobody was recognised. */
  readonly principal: string | undefined;
  readonly userAgent: string | undefined;
  readonly status: number;
  /** OAuth's error, or google.rpc's status. */
  readonly error: string | undefined;
  /** What was asked: the form or body without tokens. */
  readonly parameters: Readonly<Record<string, unknown>> | undefined;
  /** The assertion's claims, unverified. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
}

export class GoogleError extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: unknown;
  constructor(status: number, code: string, message: string, body: unknown) {
    super(message);
    this.name = "GoogleError";
    this.status = status;
    this.code = code;
    this.body = body;
  }
}

/** RFC 6749 section 5.2, which STS speaks. */
export const oauthError = (error: string, description: string, status = 400): GoogleError =>
  new GoogleError(status, error, description, { error, error_description: description });

const statuses: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
};

/** https://google.aip.dev/193, the HTTP/1.1+JSON representation. */
export function rpcError(
  status: string,
  message: string,
  info?: { readonly reason: string; readonly domain: string; readonly metadata?: Readonly<Record<string, string>> },
): GoogleError {
  const code = statuses[status] ?? 500;
  const details = info && [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", ...info }];
  return new GoogleError(code, status, message, { error: { code, message, status, ...(details && { details }) } });
}

/** Cloud Storage's JSON API, "HTTP status and error codes for JSON". */
export const storageError = (code: number, reason: string, message: string): GoogleError =>
  new GoogleError(code, reason, message, {
    error: { code, message, errors: [{ message, domain: "global", reason }] },
  });
