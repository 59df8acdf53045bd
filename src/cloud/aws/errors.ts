import { CloudError, UpstreamFailure } from "../errors.ts";

/** The parts of an SDK error that decide; read by hand, since a lazily loaded class cannot be named in `instanceof`. */
interface StsFailure {
  readonly name: string;
  readonly message: string;
  readonly requestId: string | undefined;
  readonly status: number | undefined;
}

const read = (error: unknown): StsFailure => {
  const e = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    message?: unknown;
    $metadata?: { requestId?: string; httpStatusCode?: number };
  };
  return {
    // Modelled errors end in "Exception", generic ones do not.
    name: (typeof e.name === "string" ? e.name : "Error").replace(/Exception$/, ""),
    message: typeof e.message === "string" ? e.message : "",
    requestId: e.$metadata?.requestId,
    status: e.$metadata?.httpStatusCode,
  };
};

/**
 * STS could not fetch our key set just then. A known flake of STS's side that passes within seconds, but arrives as a
 * final error which the SDK does not retry (aws-cli#7194, configure-aws-credentials#299).
 */
export function isKeyRetrievalFlake(error: unknown): boolean {
  const { name, message } = read(error);
  return (
    name === "IDPCommunicationError" ||
    (name === "InvalidIdentityToken" && /couldn.t retrieve verification key/i.test(message))
  );
}

/** Our error for one of STS; `roleArn` is from the target file, so that it may be shown. */
export function stsError(error: unknown, roleArn: string): CloudError {
  if (error instanceof CloudError) return error;
  const failure = read(error);
  const cause = new UpstreamFailure(failure.name, failure.message, failure);
  const make = (code: CloudError["code"], message: string): CloudError => new CloudError(code, message, { cause });
  const policy = (why: string): CloudError =>
    make(
      "cloud_rejected_policy",
      `AWS does not accept the session policy of this grant: ${why}. Ask for fewer statements, or narrower ones.`,
    );

  if (isKeyRetrievalFlake(error)) {
    return make(
      "cloud_unavailable",
      "AWS could not fetch this server's signing keys. Is its issuer URL reachable from the internet? Try again.",
    );
  }
  switch (failure.name) {
    case "AccessDenied": {
      // Where AWS names one of the two beside the call itself, all the rest of the trust holds.
      const missing = /\bsts:(?:TagSession|SetSourceIdentity)\b/.exec(failure.message)?.[0];
      if (missing !== undefined)
        return make(
          "cloud_denied",
          `AWS does not let us assume ${roleArn}: its trust policy does not allow ${missing}. Add it to the Action of the statement ` +
            "that allows sts:AssumeRoleWithWebIdentity.",
        );
      return make(
        "cloud_denied",
        `AWS does not let us assume ${roleArn}. Its trust policy must name the IAM OIDC provider of this server's issuer, have ` +
          "StringEquals conditions on <issuer>:sub (the plan's subject) and <issuer>:aud (sts.amazonaws.com), and allow " +
          "sts:AssumeRoleWithWebIdentity, sts:TagSession and sts:SetSourceIdentity.",
      );
    }
    case "InvalidIdentityToken":
      return make(
        "cloud_misconfigured",
        `AWS does not accept this server's assertion for ${roleArn}: its account needs an IAM OIDC provider with exactly this ` +
          "server's issuer URL and the client id sts.amazonaws.com.",
      );
    case "IDPRejectedClaim":
      return make(
        "cloud_misconfigured",
        "AWS rejected a claim of this server's assertion. Compare the IAM OIDC provider with the issuer.",
      );
    case "ExpiredToken":
      return make("cloud_misconfigured", "AWS holds this server's assertion for expired: the server's clock is wrong.");
    case "MalformedPolicyDocument":
      return policy("it is malformed");
    case "PackedPolicyTooLarge":
      return policy("together with the session tags it is too large");
    case "RegionDisabled":
      return make(
        "cloud_misconfigured",
        "STS is not activated in the target's region. Activate it in the account, or name another region.",
      );
    case "ValidationError":
      if (/'policy'|session policy/i.test(failure.message)) return policy("it is too long");
      if (/durationseconds/i.test(failure.message)) {
        return make(
          "cloud_misconfigured",
          `max_session of the target's role is longer than MaxSessionDuration of ${roleArn}.`,
        );
      }
      return make(
        "cloud_misconfigured",
        `AWS refused the request for ${roleArn} as invalid. The operator's log has the reason.`,
      );
    default:
      return unknownFailure(failure, make);
  }
}

/** Whatever AWS refused for a reason that we do not know stays refused; everything else may pass. */
function unknownFailure(
  failure: StsFailure,
  make: (code: CloudError["code"], message: string) => CloudError,
): CloudError {
  const throttled = /^(?:Throttling|RequestLimitExceeded|TooManyRequests)/.test(failure.name);
  if (
    failure.status !== undefined &&
    failure.status >= 400 &&
    failure.status < 500 &&
    failure.status !== 429 &&
    !throttled
  ) {
    return make("cloud_denied", "AWS refused the request. The operator's log has the reason.");
  }
  return make("cloud_unavailable", "AWS STS does not answer now. Try again.");
}
