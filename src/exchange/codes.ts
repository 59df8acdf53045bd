/**
 * Every refusal at `POST /token` and `POST /requests`: one registry for the answer, the page `/errors#<code>` and the docs. `sentence` and
 * `cure` reach the caller; they are constants, so that no upstream text, name or id of another's grant can (C44).
 *
 * Status: 400 where the request itself is wrong (RFC 8693 section 2.2.2), 403 where it is refused, 503 with Retry-After where
 * the same job may succeed later. `error` is the RFC's word where it has one; else the code itself.
 */
interface CodeEntry {
  readonly status: 400 | 401 | 403 | 429 | 500 | 503;
  readonly error?: "invalid_request" | "invalid_token" | "invalid_target" | "temporarily_unavailable";
  readonly sentence: string;
  readonly cure: string;
  /** Seconds for Retry-After; only with 429 and 503. */
  readonly retryAfter?: number;
}
const entry = (
  status: CodeEntry["status"],
  sentence: string,
  cure: string,
  more: Partial<CodeEntry> = {},
): CodeEntry => ({
  status,
  sentence,
  cure,
  ...more,
});
const invalid = { error: "invalid_request" } as const;
const later = (retryAfter: number) => ({ retryAfter });

const registry = {
  // The request itself
  invalid_request: entry(
    400,
    "The token exchange request is malformed.",
    "Send each RFC 8693 parameter once, form-encoded.",
  ),
  unsupported_grant_type: entry(
    400,
    "grant_type is not supported.",
    "Use urn:ietf:params:oauth:grant-type:token-exchange.",
  ),
  invalid_scope: entry(
    400,
    "scope is not supported here.",
    "Leave scope out; what is granted is in the request file. Only grants of Google Cloud take scopes of Google.",
  ),
  invalid_target: entry(
    400,
    "No grant of this job is for that audience, request, role or resource.",
    "Use the target's name as audience and the request's path as in the access repo, or leave them out.",
  ),
  resource_required: entry(
    400,
    "The role has several resources, and a token is for one.",
    "Name one of the role's resources, exactly as the target file writes it, as resource.",
    { error: "invalid_target" },
  ),
  // The subject token, judged before we look at anything of ours
  token_malformed: entry(
    400,
    "subject_token is not a GitHub Actions OIDC token.",
    "Pass the token from ACTIONS_ID_TOKEN_REQUEST_URL unchanged.",
    invalid,
  ),
  token_too_large: entry(
    400,
    "subject_token is too large.",
    "Pass the token from ACTIONS_ID_TOKEN_REQUEST_URL unchanged.",
    invalid,
  ),
  token_issuer: entry(
    400,
    "subject_token is not from the issuer that this server trusts.",
    "Use this server from jobs of its own GitHub host, or have the operator check GITHUB_OIDC_ISSUER.",
    invalid,
  ),
  token_audience: entry(
    400,
    "subject_token is for another audience.",
    "Request the OIDC token with this server's public URL as its one audience.",
    invalid,
  ),
  token_expired: entry(400, "subject_token has expired.", "Request a new OIDC token and exchange it at once.", invalid),
  token_not_yet_valid: entry(
    400,
    "subject_token is from the future.",
    "Request a new OIDC token; if this stays, the operator must check the server's clock.",
    invalid,
  ),
  token_replayed: entry(
    403,
    "subject_token was exchanged before; a token is accepted once.",
    "Request a new OIDC token for every try.",
  ),
  access_denied: entry(
    403,
    "No approved request grants this job access.",
    "Check that the job's workflow is the one that an approved and merged request names.",
  ),
  // RFC 8628 section 3.5, for a job that fits a pending request wholly; `interval`, `pull_request` and `awaited` come with it
  authorization_pending: entry(
    400,
    "The request for this job is not approved yet.",
    "Have those who are awaited approve its pull request; try again with a new OIDC token, not before interval seconds.",
  ),
  // The job against a grant of exactly its repository and workflow file
  workflow_mismatch: entry(
    403,
    "The job is of another workflow than the request names.",
    "Run the workflow that the request names.",
  ),
  ref_mismatch: entry(
    403,
    "The workflow ran from another ref than the request names.",
    "Run it from the ref in the request's workflow.ref.",
  ),
  environment_mismatch: entry(
    403,
    "The job's environment is not the one in the request.",
    "Set the job's environment to workflow.environment, or leave both out.",
  ),
  event_not_allowed: entry(
    403,
    "The run was started by an event that the role does not admit.",
    "Start it by an event that the role lists; a dispatched request is started by us only.",
  ),
  runner_not_allowed: entry(
    403,
    "The job ran on a kind of runner that the role does not admit.",
    "Use a runner that the role's runners list names.",
  ),
  reusable_mismatch: entry(
    403,
    "The job runs inside a reusable workflow that the request does not name.",
    "Name it in workflow.reusable with its commit, or call no reusable workflow.",
  ),
  sha_mismatch: entry(
    403,
    "The run is of another commit than the request names.",
    "Run exactly workflow.sha, or ask without it.",
  ),
  actor_mismatch: entry(
    403,
    "The run was started by somebody else than the request admits.",
    "Have the requester start and re-run it, or ask with actor: any.",
  ),
  run_not_bound: entry(
    403,
    "The grant is bound to another run.",
    "Use the run that Countersign started; ask again for another.",
  ),
  dispatch_failed: entry(
    403,
    "The run for this request could not be started.",
    "Look at the request's pull request, then ask again.",
  ),
  issued_before_grant: entry(
    403,
    "subject_token was issued before the grant began.",
    "Request a new OIDC token in the job and try again.",
  ),
  grant_not_started: entry(403, "The grant has not begun yet.", "Try again when the request's start has come."),
  grant_expired: entry(403, "The grant has ended.", "Ask again with a new request file."),
  grant_ending: entry(
    403,
    "The grant is so close to its end that the role lets nothing more be issued.",
    "Ask again with a new request file.",
  ),
  grant_revoked: entry(403, "The grant was revoked.", "Ask again with a new request file."),
  grant_quarantined: entry(
    403,
    "The request did not reach the default branch by our decision.",
    "Ask its owners: the server's operator sees the reason in the log.",
  ),
  runs_exhausted: entry(
    403,
    "Every run attempt that the request allows was used.",
    "Ask again, with runs as high as you need.",
  ),
  ambiguous: entry(
    403,
    "More than one grant fits this job.",
    "Say which: pass audience as owner/repo/target, request or role.",
  ),
  workflow_changed: entry(
    403,
    "The workflow file is not the one that was approved.",
    "Ask again, so that the workflow is approved as it is now.",
  ),
  policy_changed: entry(
    403,
    "The policy in force no longer yields the plan that was approved.",
    "Ask again, so that the new plan is approved.",
  ),
  policy_quarantined: entry(
    403,
    "The access repo's policy was changed without approval, so nothing is issued.",
    "The owners must restore it, or approve it by a policy pull request.",
  ),
  frozen: entry(403, "Access is frozen.", "Ask the people named in the freeze; it ends by a policy pull request."),
  kind_not_supported: entry(
    403,
    "This server cannot issue for the grant's kind of target.",
    "The operator must run a server that can; then try again with a new OIDC token.",
  ),
  cloud_refused: entry(
    403,
    "The cloud refused to issue credentials.",
    "The operator finds the cloud's reason in the log by the correlation id.",
  ),
  // POST /requests
  token_missing: entry(
    401,
    "There is no OIDC token.",
    "Send the token from ACTIONS_ID_TOKEN_REQUEST_URL as Authorization: Bearer, with this server's public URL as its one audience.",
    { error: "invalid_token" },
  ),
  request_not_valid: entry(
    400,
    "The request is not valid.",
    "Send one JSON object with target, role, reason and the other fields of a request file; diagnostics say what is wrong.",
    invalid,
  ),
  asker_not_allowed: entry(
    403,
    "Runs that a schedule or a bot started take no part in asking.",
    "Have a person start or re-run the workflow.",
  ),
  too_many_open: entry(
    403,
    "This workflow has ten requests open.",
    "Have some of them approved or closed, then ask again.",
  ),
  request_not_opened: entry(
    403,
    "The pull request could not be opened.",
    "The operator finds GitHub's reason in the log; then ask again in a new run attempt.",
  ),
  // Later perhaps
  slow_down: entry(
    429,
    "Too many requests come from this repository's jobs.",
    "Wait as long as Retry-After says, then try again with a new OIDC token.",
    later(1),
  ),
  not_ready: entry(503, "Countersign is still catching up with GitHub.", "Try again with a new OIDC token.", later(3)),
  issuing_stopped: entry(
    503,
    "Issuing is stopped, because the ledger is not as it was left.",
    "The operator must look at the ledger branch.",
    later(60),
  ),
  issue_timeout: entry(
    503,
    "The credentials could not be recorded in time and were not released.",
    "Try again with a new OIDC token.",
    { ...later(5), error: "temporarily_unavailable" },
  ),
  temporarily_unavailable: entry(
    503,
    "GitHub, the cloud or the database does not answer now.",
    "Try again with a new OIDC token.",
    later(5),
  ),
} satisfies Record<string, CodeEntry>;

export type Code = keyof typeof registry;
/** Read by the answers, by `/errors` and by the docs. */
export const codes: Readonly<Record<Code, CodeEntry>> = registry;
