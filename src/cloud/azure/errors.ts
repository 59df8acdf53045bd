import { CloudError, UpstreamFailure } from "../errors.ts";

/** Of the target file, the plan and our own assertion: all of it may be shown to the job's owner. */
export interface Asked {
  readonly tenantId: string;
  readonly clientId: string;
  readonly resource: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

interface EntraFailure {
  /** The number of AADSTS; 0: none. */
  readonly number: number;
  /** RFC 6749's `error`, or MSAL's own word. */
  readonly word: string;
  readonly status: number | undefined;
}

/** The parts of an SDK error that decide: MSAL's error is the cause of the credential's. Read by hand, as the class is loaded late. */
function read(error: unknown): EntraFailure {
  const part = (value: unknown) => (typeof value === "object" && value !== null ? value : {});
  const cause = part((part(error) as { cause?: unknown }).cause) as Record<string, unknown>;
  const number = Number(cause["errorNo"] ?? 0);
  const { name } = part(error) as { name?: unknown };
  return {
    number: Number.isSafeInteger(number) && number > 0 ? number : 0,
    word: typeof cause["errorCode"] === "string" ? cause["errorCode"] : typeof name === "string" ? name : "Error",
    status: typeof cause["status"] === "number" ? cause["status"] : undefined,
  };
}

type Told = readonly [code: CloudError["code"], message: (asked: Asked) => string];

const trust =
  (what: string) =>
  (a: Asked): string =>
    `Entra has no federated credential with ${what} of this server's assertion. On application ${a.clientId} (App registrations, ` +
    `Certificates & secrets, Federated credentials; of a managed identity: Settings, Federated credentials) create one with exactly ` +
    `issuer ${a.issuer}, subject ${a.subject} and audience ${a.audience}; an application has at most 20. If it was created just now, ` +
    "run the job again in some minutes.";
const denied = (message: Told[1]): Told => ["cloud_denied", message];
const misconfigured = (message: Told[1]): Told => ["cloud_misconfigured", message];
const unavailable = (message: string): Told => ["cloud_unavailable", () => message];

const signature = misconfigured(
  ({ issuer }) =>
    `Entra does not accept the signature of this server's assertion. ${issuer}/.well-known/openid-configuration and the key set that ` +
    "it names must be this server's, as seen from the internet. After a key was revoked Entra may know the new one only later.",
);
const unreachable = unavailable(
  "Entra could not fetch this server's signing keys. Is its issuer URL reachable from the internet? Try again.",
);
const tenant = misconfigured(
  ({ tenantId }) => `Entra knows no tenant ${tenantId}: compare tenant_id in the target file.`,
);
const resource = misconfigured(
  ({ tenantId, resource }) =>
    `The tenant ${tenantId} does not know the resource ${resource}: compare resources in the target file with the resource's ` +
    "application ID URI, letter by letter, and see that its service principal is in the tenant.",
);
const busy = unavailable("Entra does not answer now. Try again.");

/**
 * Microsoft documents the numbers for people and may change them, so they choose words and cures; a number that is not here is
 * judged by the status alone. Sources: Microsoft Learn, "Microsoft Entra authentication and authorization error codes";
 * CLOUDS.md section 3; azure-workload-identity, troubleshooting (90061); GitLab, "Configure OpenID Connect in Azure" (501661).
 */
const known: ReadonlyMap<number, Told> = new Map<number, Told>([
  [70021, denied(trust("issuer, subject and audience"))],
  [700211, denied(trust("the issuer"))],
  [700212, denied(trust("the audience"))],
  [7002121, denied(trust("the audience"))],
  [700213, denied(trust("the subject"))],
  [7002131, denied(trust("the subject"))],
  [50012, signature],
  [50013, signature],
  [700027, signature],
  [50166, unreachable],
  [501661, unreachable],
  [90061, unreachable],
  [
    700024,
    misconfigured(
      () => "Entra holds this server's assertion for expired or not yet valid: the server's clock is wrong.",
    ),
  ],
  [
    700016,
    misconfigured(
      ({ tenantId, clientId }) =>
        `The tenant ${tenantId} has no application ${clientId}: compare tenant_id and client_id in the target file, and see that the ` +
        "application's service principal is in that tenant.",
    ),
  ],
  [
    7000112,
    denied(
      ({ clientId }) =>
        `The application ${clientId} is disabled in its tenant: enable it under Enterprise applications.`,
    ),
  ],
  [90002, tenant],
  [900023, tenant],
  [500011, resource],
  [70011, resource],
  [1002012, resource],
  [
    501051,
    denied(
      ({ clientId, resource }) =>
        `The application ${clientId} is not assigned to a role of the resource ${resource}, which demands one: assign it.`,
    ),
  ],
  [
    53003,
    denied(
      ({ clientId }) =>
        `A Conditional Access policy of the tenant blocks the application ${clientId}. It sees the address of this server, not the job's.`,
    ),
  ],
  [50196, busy],
  [90024, busy],
  [90033, busy],
  [90055, busy],
]);

/** Our error for one of the SDK. The message holds what the target says and the cure, never Entra's text (C44). */
export function entraError(error: unknown, asked: Asked, requestId?: string): CloudError {
  if (error instanceof CloudError) return error;
  const failure = read(error);
  const { number, word, status } = failure;
  const [code, message] = known.get(number) ?? unknown(failure);
  // The number and the ids say all that Microsoft's support asks for; its text may quote what was sent.
  const cause = new UpstreamFailure(number === 0 ? word : `AADSTS${number}`, word, { requestId, status });
  return new CloudError(code, message(asked), { cause });
}

/** Whatever Entra refused for a reason that we do not know stays refused; everything else may pass. */
function unknown({ number, status }: EntraFailure): Told {
  const later = status === undefined ? number === 0 : status === 408 || status === 429 || status >= 500;
  if (later) return busy;
  return denied(() =>
    number === 0
      ? "Entra refused the request. The operator's log has the reason."
      : `Entra refused the request with AADSTS${number}: https://login.microsoftonline.com/error?code=${number} explains it.`,
  );
}
