import { describe, expect, test } from "vitest";
import { userId } from "../../src/base/ids.ts";
import type { Code } from "../../src/exchange/codes.ts";
import { matchGrants, tellable, type Candidate } from "../../src/exchange/match.ts";
import type { GcpPlanData } from "../../src/plan/types.ts";
import type { TokenParams } from "../../src/exchange/params.ts";
import { planOf } from "../plan/kinds.ts";
import { bound, candidate, claims, hex, now, plan, seconds } from "./fixtures.ts";

type Claimed = Readonly<Record<string, unknown>>;
interface Case {
  readonly claims?: Claimed;
  readonly grant?: Partial<Candidate>;
  readonly params?: Omit<TokenParams, "subjectToken">;
  readonly now?: Date;
}
const outcome = (c: Case): "match" | "ambiguous" | Code => {
  const match = matchGrants(claims(c.claims), c.params ?? {}, [candidate(c.grant)], c.now ?? now);
  return match.kind === "none" ? (match.reasons[0]?.code ?? "access_denied") : match.kind;
};
const told = (c: Case): Code | undefined => {
  const match = matchGrants(claims(c.claims), c.params ?? {}, [candidate(c.grant)], c.now ?? now);
  return match.kind === "none" ? tellable(match.reasons)?.code : undefined;
};
const dispatched = { plan: plan({ dispatch: { inputs: {} } }), actorId: userId(99) };
const byBot = { actor_id: "99" };
const reusable = `acme/pipelines/.github/workflows/x.yml@${hex("c")}`;
const at = (text: string): Date => new Date(text);
const gcpPlan = (): GcpPlanData => {
  const { role_arn: _, region: __, statements: ___, ...common } = plan();
  return {
    ...common,
    kind: "gcp",
    workload_identity_provider: "projects/123/locations/global/workloadIdentityPools/countersign/providers/countersign",
    service_account: null,
    scopes: ["https://www.googleapis.com/auth/cloud-platform"],
    boundary: null,
  };
};
const google = { accessToken: true, scopes: ["https://www.googleapis.com/auth/devstorage.read_only"] } as const;

const arm = "https://management.azure.com";
const graph = "https://graph.microsoft.com";
const azure = (resources = [arm], delivery: "token" | "assertion" = "token") => ({
  ...planOf("azure", { role: { resources, delivery } }).data,
  workflow: plan().workflow,
  dispatch: null,
});
const oidc = { ...planOf("oidc").data, workflow: plan().workflow, dispatch: null };

/** The table of DESIGN.md section 6, every rule both ways. */
const table: readonly (readonly [string, Case, "match" | Code])[] = [
  ["the job that was approved", {}, "match"],
  ["C41 another repository", { claims: { repository_id: "75" } }, "workflow_mismatch"],
  ["C41 another owner", { claims: { repository_owner_id: "66" } }, "workflow_mismatch"],
  [
    "C07 a renamed repository of the same id",
    {
      claims: {
        repository: "acme/infra-2",
        workflow_ref: "acme/infra-2/.github/workflows/delete.yml@refs/heads/main",
        job_workflow_ref: "acme/infra-2/.github/workflows/delete.yml@refs/heads/main",
      },
    },
    "match",
  ],
  [
    "workflow_ref of another repository's name",
    { claims: { workflow_ref: "acme/other/.github/workflows/delete.yml@refs/heads/main" } },
    "workflow_mismatch",
  ],
  [
    "another workflow file",
    { claims: { workflow_ref: "acme/infra/.github/workflows/other.yml@refs/heads/main" } },
    "workflow_mismatch",
  ],
  [
    "a workflow file with the approved one as prefix",
    { claims: { workflow_ref: "acme/infra/.github/workflows/delete.yml.evil@refs/heads/main" } },
    "workflow_mismatch",
  ],
  [
    "the workflow from another ref",
    { claims: { workflow_ref: "acme/infra/.github/workflows/delete.yml@refs/heads/evil" } },
    "ref_mismatch",
  ],
  ["another ref", { claims: { ref: "refs/heads/evil" } }, "ref_mismatch"],
  ["a ref that only looks the same", { claims: { ref: "refs/tags/main" } }, "ref_mismatch"],
  [
    "C40 a job inside a reusable workflow that nobody named",
    { claims: { job_workflow_ref: reusable } },
    "reusable_mismatch",
  ],
  [
    "C40 a job without job_workflow_ref",
    { claims: { job_workflow_ref: undefined, job_workflow_sha: undefined } },
    "reusable_mismatch",
  ],
  [
    "C40 the reusable workflow that was named",
    {
      grant: { plan: plan({ workflow: { reusable } }) },
      claims: { job_workflow_ref: reusable, job_workflow_sha: hex("c") },
    },
    "match",
  ],
  [
    "C40 the named reusable workflow at another commit",
    {
      grant: { plan: plan({ workflow: { reusable } }) },
      claims: { job_workflow_ref: reusable, job_workflow_sha: hex("d") },
    },
    "reusable_mismatch",
  ],
  [
    "C40 no reusable workflow where one was named",
    { grant: { plan: plan({ workflow: { reusable } }) } },
    "reusable_mismatch",
  ],
  ["another environment", { claims: { environment: "staging" } }, "environment_mismatch"],
  ["no environment where one was approved", { claims: { environment: undefined } }, "environment_mismatch"],
  [
    "an environment where none was approved",
    { grant: { plan: plan({ workflow: { environment: null } }) } },
    "environment_mismatch",
  ],
  [
    "absent equals absent",
    { grant: { plan: plan({ workflow: { environment: null } }) }, claims: { environment: undefined } },
    "match",
  ],
  ["an environment of another case", { claims: { environment: "Production" } }, "environment_mismatch"],
  ["C39 pull_request_target", { claims: { event_name: "pull_request_target" } }, "event_not_allowed"],
  ["C39 workflow_run", { claims: { event_name: "workflow_run" } }, "event_not_allowed"],
  ["C39 issue_comment", { claims: { event_name: "issue_comment" } }, "event_not_allowed"],
  ["C39 pull_request", { claims: { event_name: "pull_request" } }, "event_not_allowed"],
  ["schedule, which the role lists", { claims: { event_name: "schedule" } }, "match"],
  [
    "push where dispatch was approved",
    { grant: { ...dispatched, dispatch: bound(900) }, claims: { ...byBot, event_name: "push" } },
    "event_not_allowed",
  ],
  ["C43 a self-hosted runner", { claims: { runner_environment: "self-hosted" } }, "runner_not_allowed"],
  [
    "C43 a self-hosted runner that the role admits",
    {
      grant: { plan: plan({ workflow: { runners: ["self-hosted"] } }) },
      claims: { runner_environment: "self-hosted" },
    },
    "match",
  ],
  ["the commit that was named", { grant: { plan: plan({ workflow: { sha: hex("a") } }) } }, "match"],
  ["another commit than was named", { grant: { plan: plan({ workflow: { sha: hex("f") } }) } }, "sha_mismatch"],
  ["C57 a run by another actor", { claims: { actor_id: "12" } }, "actor_mismatch"],
  ["a run by anybody where the request says any", { grant: { actorId: null }, claims: { actor_id: "12" } }, "match"],
  ["the dispatched run", { grant: { ...dispatched, dispatch: bound(900) }, claims: byBot }, "match"],
  ["C57 a manual run racing a dispatched one", { grant: { ...dispatched, dispatch: bound(900) } }, "actor_mismatch"],
  ["C71 another run of our bot", { grant: { ...dispatched, dispatch: bound(901) }, claims: byBot }, "run_not_bound"],
  [
    "a dispatched run before its id is known",
    { grant: { ...dispatched, dispatch: { state: "sent", runId: null } }, claims: byBot },
    "not_ready",
  ],
  [
    "a dispatch that was not sent yet",
    { grant: { ...dispatched, dispatch: { state: "pending", runId: null } }, claims: byBot },
    "not_ready",
  ],
  [
    "a plan with dispatch whose row is missing",
    { grant: { ...dispatched, dispatch: null }, claims: byBot },
    "not_ready",
  ],
  [
    "a dispatch that failed",
    { grant: { ...dispatched, dispatch: { state: "failed", runId: null } }, claims: byBot },
    "dispatch_failed",
  ],
  ["a revoked grant", { grant: { state: "revoked" } }, "grant_revoked"],
  ["an expired grant", { grant: { state: "expired" } }, "grant_expired"],
  ["a quarantined grant", { grant: { state: "quarantined" } }, "grant_quarantined"],
  ["before the window", { now: at("2026-11-23T09:29:59.999Z") }, "grant_not_started"],
  [
    "the first moment of the window",
    { now: at("2026-11-23T09:30:00Z"), claims: { iat: seconds(at("2026-11-23T09:30:00Z")) } },
    "match",
  ],
  ["the last moment of the window", { now: at("2026-11-23T10:29:59.999Z") }, "match"],
  ["the end of the window", { now: at("2026-11-23T10:30:00Z") }, "grant_expired"],
  [
    "C42 a token from before the grant",
    { claims: { iat: seconds(at("2026-11-23T09:29:59Z")) } },
    "issued_before_grant",
  ],
  ["C42 a token from the first second of the grant", { claims: { iat: seconds(at("2026-11-23T09:30:00Z")) } }, "match"],
  ["inside last_issue_before_end", { grant: { plan: plan({ last_issue_before_end: 1800 }) } }, "grant_ending"],
  [
    "just before last_issue_before_end",
    { grant: { plan: plan({ last_issue_before_end: 1800 }) }, now: at("2026-11-23T09:59:59.999Z") },
    "match",
  ],
  ["C57 another run after the runs are used", { grant: { uses: { count: 1, thisAttempt: false } } }, "runs_exhausted"],
  ["the same attempt again", { grant: { uses: { count: 1, thisAttempt: true } } }, "match"],
  ["a second run of two", { grant: { runs: 2, uses: { count: 1, thisAttempt: false } } }, "match"],
  ["its target", { params: { target: "aws-prod" } }, "match"],
  ["another target", { params: { target: "aws-dev" } }, "invalid_target"],
  ["its access repo", { params: { target: "aws-prod", accessRepository: "acme/access" } }, "match"],
  ["another access repo", { params: { target: "aws-prod", accessRepository: "acme/access-2" } }, "invalid_target"],
  ["another request", { params: { request: "requests/aws-prod/x.yml" } }, "invalid_target"],
  ["another role", { params: { role: "admin" } }, "invalid_target"],
  ["what a client of Google sends, for a grant of gcp", { grant: { plan: gcpPlan() }, params: google }, "match"],
  ["what a client of Google sends, for a grant of aws", { params: google }, "invalid_scope"],
  ["a requested type of token, for a grant of aws", { params: { accessToken: true } }, "invalid_request"],
  ["a resource for a cloud that has none", { params: { resource: "https://management.azure.com" } }, "invalid_target"],
  ["a resource of an azure role", { grant: { plan: azure() }, params: { resource: arm } }, "match"],
  ["no resource of an azure role", { grant: { plan: azure() } }, "match"],
  [
    "another resource than the azure role's",
    { grant: { plan: azure() }, params: { resource: graph } },
    "invalid_target",
  ],
  [
    "the azure role's resource in another spelling",
    { grant: { plan: azure() }, params: { resource: `${arm}/` } },
    "invalid_target",
  ],
  // Which of them is asked after the match: it chooses no grant.
  ["no resource of an azure role with several", { grant: { plan: azure([graph, arm]) } }, "match"],
  [
    "a resource for an assertion, of the role",
    { grant: { plan: azure([arm], "assertion") }, params: { resource: arm } },
    "match",
  ],
  [
    "a resource for an assertion, not of the role",
    { grant: { plan: azure([arm], "assertion") }, params: { resource: graph } },
    "invalid_target",
  ],
  ["a resource for an oidc target", { grant: { plan: oidc }, params: { resource: arm } }, "invalid_target"],
];

describe("matchGrants", () => {
  test.each(table)("%s", (_, c, expected) => {
    expect(outcome(c)).toBe(expected);
  });

  test("C38 sub is never read: any value gives the same answer", () => {
    for (const sub of [
      "",
      "repo:evil/evil:ref:refs/heads/main",
      "repo:acme@65/infra@74:environment:production",
      undefined,
    ]) {
      expect(outcome({ claims: { sub } })).toBe("match");
      expect(outcome({ claims: { sub, repository_id: "75" } })).toBe("workflow_mismatch");
    }
  });

  test("C44 a stranger is told nothing; a job of exactly the repository and file is told why", () => {
    expect(told({ claims: { repository_id: "75" } })).toBeUndefined();
    expect(
      told({ claims: { workflow_ref: "acme/infra/.github/workflows/other.yml@refs/heads/main" } }),
    ).toBeUndefined();
    expect(told({ claims: { ref: "refs/heads/evil" } })).toBe("ref_mismatch");
    expect(told({ claims: { actor_id: "12" } })).toBe("actor_mismatch");
  });

  test("C50 two grants that fit are ambiguous until the job says which", () => {
    const grants = [candidate(), candidate({ id: "g2", access: { ...candidate().access, fullName: "acme/Access-2" } })];
    expect(matchGrants(claims(), {}, grants, now)).toMatchObject({ kind: "ambiguous" });
    const params = { target: "aws-prod", accessRepository: "acme/access-2" };
    expect(matchGrants(claims(), params, grants, now)).toMatchObject({ kind: "match", grant: { id: "g2" } });
  });

  test("a grant that does not fit never takes part in a choice", () => {
    const grants = [candidate({ id: "old", state: "revoked" }), candidate({ id: "new" })];
    expect(matchGrants(claims(), {}, grants, now)).toMatchObject({ kind: "match", grant: { id: "new" } });
  });

  test("the reason told is the nearest live grant's, not that of one which ended", () => {
    const grants = [candidate({ id: "old", state: "expired" }), candidate({ id: "new" })];
    const match = matchGrants(claims({ environment: "staging" }), {}, grants, now);
    expect(match.kind === "none" && tellable(match.reasons)).toMatchObject({
      code: "environment_mismatch",
      grant: { id: "new" },
    });
  });
});
