import type { GcpPlanData } from "../../plan/types.ts";
import { CloudError, type CloudErrorCode, UpstreamFailure } from "../errors.ts";
import { principalOf } from "./names.ts";

/** What a message may name. */
export type Tried = Pick<GcpPlanData, "workload_identity_provider" | "service_account" | "subject">;

/** Which of our two steps failed; the first is one call or two. */
type Step = "exchange" | "boundary";

/** The parts of the library's errors that decide; read by hand, since a lazily loaded class cannot be named in `instanceof`. */
interface Failure {
  readonly name: string;
  /** OAuth's `error` from STS, google.rpc's `status` from IAM Credentials; empty where there was no answer. */
  readonly code: string;
  /** google.rpc ErrorInfo: `SERVICE_DISABLED`, `IAM_PERMISSION_DENIED`, ... */
  readonly reason: string;
  readonly text: string;
  readonly status: number | undefined;
  /** Of generateAccessToken, not of STS. */
  readonly impersonation: boolean;
}

type Members = Readonly<Record<string, unknown>>;
const members = (value: unknown): Members => (typeof value === "object" && value !== null ? (value as Members) : {});
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
/** A code, which goes to the log as it is; anything else might be a text that quotes what was sent. */
const codeOf = (value: unknown): string => (/^[A-Za-z_]{1,40}$/.test(textOf(value)) ? textOf(value) : "");

function read(error: unknown): Failure {
  const { name, message, config, response } = members(error);
  const { status, data } = members(response);
  const { error: told, error_description: description } = members(data);
  const rpc = members(told);
  const details = Array.isArray(rpc["details"]) ? rpc["details"] : [];
  const { url } = members(config);
  return {
    name: codeOf(name) || "Error",
    code: codeOf(told) || codeOf(rpc["status"]),
    reason: details.map((detail) => codeOf(members(detail)["reason"])).find((reason) => reason !== "") ?? "",
    text: textOf(description) || textOf(rpc["message"]) || textOf(message),
    status: typeof status === "number" ? status : undefined,
    impersonation: url instanceof URL && url.pathname.endsWith(":generateAccessToken"),
  };
}

/** "Error connecting to the given credential's issuer.": STS did not get our discovery document or key set, or not the key. */
const isIssuerUnread = ({ code, text }: Failure): boolean =>
  code === "invalid_grant" && /connecting to .*issuer/i.test(text);

const isPassing = ({ status, code }: Failure): boolean =>
  status === undefined || status === 429 || status >= 500 || code === "quota_exceeded";

/** Whether the same call may succeed within seconds: no answer, an error of Google's, a limit, or our keys unread. */
export function passes(error: unknown): boolean {
  const failure = read(error);
  return isPassing(failure) || isIssuerUnread(failure);
}

/**
 * Our error for one of Google; what the plan has may be shown. Google's texts choose among cures and are never quoted.
 * Sources: "Troubleshoot Workload Identity Federation", and answers of the real services as others report them.
 */
export function googleError(error: unknown, plan: Tried, step: Step): CloudError {
  if (error instanceof CloudError) return error;
  const failure = read(error);
  const cause = new UpstreamFailure(failure.reason || failure.code || failure.name, failure.text, failure);
  const make: Make = (code, message) => new CloudError(code, message, { cause });
  if (isIssuerUnread(failure)) {
    return make(
      "cloud_unavailable",
      "Google could not read this server's signing keys. Is its issuer URL reachable from the internet? " +
        "If the provider has keys of its own (jwksJson), they must be this server's. Try again.",
    );
  }
  if (isPassing(failure)) return make("cloud_unavailable", "Google does not answer now. Try again.");
  if (failure.reason === "SERVICE_DISABLED") {
    const api = failure.impersonation ? "iamcredentials.googleapis.com" : "sts.googleapis.com";
    return make("cloud_misconfigured", `Enable the API ${api} in the project of ${plan.workload_identity_provider}.`);
  }
  if (step === "boundary") return boundaryError(plan, make);
  return failure.impersonation ? impersonationError(failure, plan, make) : exchangeError(failure, plan, make);
}

type Make = (code: CloudErrorCode, message: string) => CloudError;

function exchangeError({ code, text }: Failure, plan: Tried, make: Make): CloudError {
  const provider = plan.workload_identity_provider;
  const cure = (what: string): CloudError =>
    make("cloud_misconfigured", `Google does not accept this server's assertion: ${what}.`);
  if (code === "invalid_target") {
    return make(
      "cloud_misconfigured",
      `Google knows no enabled provider ${provider}: compare it with the target's workload_identity_provider, and enable pool and provider.`,
    );
  }
  if (code === "unauthorized_client") {
    return make(
      "cloud_denied",
      `The attribute condition of ${provider} does not let us in: it must be true for assertion.sub == "${plan.subject}".`,
    );
  }
  if (/attribute|google\.subject/i.test(text))
    return cure(`the attribute mapping of ${provider} must be google.subject=assertion.sub`);
  if (code === "invalid_scope") return cure("the role's scopes hold one that Google does not know");
  if (code !== "invalid_grant")
    return make("cloud_denied", "Google refused the request. The operator's log has the reason.");
  if (/stale|expired|issued at/i.test(text)) return cure("it holds it for stale, so this server's clock is wrong");
  if (/audience/i.test(text))
    return cure(`remove the allowed audiences of ${provider}, or add https://iam.googleapis.com/${provider} to them`);
  if (/signature/i.test(text))
    return cure(
      `the keys that ${provider} was given (jwksJson) are not this server's; remove them or upload its key set`,
    );
  return cure(
    `${provider} must be an OIDC provider whose issuerUri is exactly this server's issuer URL, without allowed audiences, ` +
      "with the attribute mapping google.subject=assertion.sub",
  );
}

function impersonationError({ code, text, status }: Failure, plan: Tried, make: Make): CloudError {
  const account = plan.service_account ?? "";
  const cure = (message: string): CloudError => make("cloud_misconfigured", message);
  if (/disabled/i.test(text)) return cure(`The service account ${account} is disabled. Enable it in IAM.`);
  if (code === "PERMISSION_DENIED") {
    return make(
      "cloud_denied",
      `Google does not let us impersonate ${account}. Bind roles/iam.workloadIdentityUser on that service account to ` +
        `${principalOf(plan)}; a new binding takes a minute or two.`,
    );
  }
  if (code === "NOT_FOUND" || status === 404)
    return cure(`There is no service account ${account}. Compare it with the target's service_account.`);
  if (/lifetime/i.test(text)) {
    return cure(
      `max_session of the target's role is longer than Google lets tokens of ${account} live. Over 1h needs the account in the ` +
        "organization policy constraints/iam.allowServiceAccountCredentialLifetimeExtension.",
    );
  }
  if (code === "INVALID_ARGUMENT" && /scope/i.test(text))
    return cure("The role's scopes hold one that Google does not know.");
  return make("cloud_denied", `Google refused a token of ${account}. The operator's log has the reason.`);
}

/** STS takes the boundary or it does not; which token it is laid on is its affair as well. */
const boundaryError = ({ service_account }: Tried, make: Make): CloudError =>
  make(
    "cloud_rejected_policy",
    "Google does not accept the boundary of this grant. Ask for fewer buckets, or roles that it knows." +
      (service_account === null
        ? " It may want a service_account in the role: boundaries are documented for those."
        : ""),
  );
