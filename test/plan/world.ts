import type { AwsRole, ResolvedRequest } from "../../src/access-repo/types.ts";
import { objectId, ownerId, repositoryId } from "../../src/base/ids.ts";
import { renderPlan } from "../../src/plan/index.ts";
import type { AwsPlanData, Plan, PlanInput } from "../../src/plan/types.ts";

export const role: AwsRole = {
  kind: "aws",
  role_arn: "arn:aws:iam::123456789012:role/countersign-operator",
  allow: [{ actions: ["s3:*"], resources: ["arn:aws:s3:::acme-*"] }],
  max_session: 3600,
  allow_persistence: false,
  max_duration: 14_400,
  also_approved_by: [],
  break_glass: false,
  events: ["workflow_dispatch", "push", "schedule"],
  runners: ["github-hosted"],
  last_issue_before_end: 0,
};

export interface Change {
  readonly role?: Partial<AwsRole>;
  readonly request?: Partial<ResolvedRequest>;
  readonly workflow?: Partial<PlanInput["workflow"]>;
  readonly binding?: Partial<ResolvedRequest["workflow"]>;
  readonly access?: Partial<PlanInput["access"]>;
  readonly region?: string | null;
  readonly target?: string;
}

/** The request of DESIGN.md section 3, with whatever the test makes different. */
export function inputOf(change: Change = {}): PlanInput {
  const whole = { ...role, ...change.role };
  const name = change.target ?? "aws-prod";
  const region = change.region === undefined ? "eu-west-1" : change.region;
  return {
    access: { repository_id: repositoryId(10), owner_id: ownerId(1), ...change.access },
    request: {
      path: { path: `requests/${name}/2026-11/delete-stale-logs.yml`, target: name, name: "delete-stale-logs" },
      target: {
        name,
        version: 1,
        cloud: "aws",
        description: "Production account",
        ...(region === null ? {} : { region }),
        roles: new Map([["operator", whole]]),
        sets: new Map(),
      },
      role: whole,
      roleName: "operator",
      reason: "Delete the log bucket left behind by the storage migration",
      ticket: "OPS-1423",
      allow: [{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }],
      narrowed: true,
      duration: 3600,
      runs: 1,
      workflow: {
        repository: "acme/infra",
        file: ".github/workflows/delete-bucket.yml",
        ref: "refs/heads/main",
        environment: "production",
        actor: "requester",
        ...change.binding,
      },
      dispatch: { inputs: { bucket: "acme-stale-logs" } },
      ...change.request,
    },
    workflow: {
      repository_id: repositoryId(20),
      owner_id: ownerId(1),
      repository: "acme/infra",
      blob: objectId("d".repeat(40)),
      ...change.workflow,
    },
  };
}

export function planOf(change: Change = {}): Plan & { readonly data: AwsPlanData } {
  const rendered = renderPlan(inputOf(change));
  if (!rendered.ok) throw new Error(`${rendered.code}: ${rendered.message}`);
  const { plan } = rendered;
  if (plan.data.kind !== "aws") throw new Error("not an aws plan");
  return { ...plan, data: plan.data };
}
