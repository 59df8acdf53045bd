import { ownerId, repositoryId, runId, userId } from "../../src/base/ids.ts";
import type { AwsPlanData } from "../../src/plan/types.ts";
import { parseClaims, type Claims } from "../../src/exchange/claims.ts";
import type { Candidate } from "../../src/exchange/match.ts";

export const now = new Date("2026-11-23T10:00:00Z");
export const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
export const hex = (c: string): string => c.repeat(40);
export const publicUrl = "https://countersign.example";
const issuer = "https://token.actions.example";

/** The payload of a job's token, as GitHub documents it: ids are strings. */
export const payload = (over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  iss: issuer,
  aud: publicUrl,
  sub: "repo:acme/infra:environment:production",
  jti: "0d3c5a11-0000-4000-8000-000000000001",
  iat: seconds(now) - 10,
  nbf: seconds(now) - 610,
  exp: seconds(now) + 290,
  repository: "acme/infra",
  repository_id: "74",
  repository_owner: "acme",
  repository_owner_id: "65",
  workflow_ref: "acme/infra/.github/workflows/delete.yml@refs/heads/main",
  workflow_sha: hex("a"),
  job_workflow_ref: "acme/infra/.github/workflows/delete.yml@refs/heads/main",
  job_workflow_sha: hex("a"),
  ref: "refs/heads/main",
  environment: "production",
  event_name: "workflow_dispatch",
  run_id: "900",
  run_attempt: "1",
  actor: "alice",
  actor_id: "11",
  sha: hex("a"),
  runner_environment: "github-hosted",
  ...over,
});

export function claims(over: Readonly<Record<string, unknown>> = {}): Claims {
  const merged = Object.fromEntries(Object.entries(payload(over)).filter(([, value]) => value !== undefined));
  const parsed = parseClaims(merged);
  if (!parsed) throw new Error("the test's claims do not parse");
  return parsed;
}

type PlanOver = Omit<Partial<AwsPlanData>, "workflow"> & { readonly workflow?: Partial<AwsPlanData["workflow"]> };
export const plan = ({ workflow, ...over }: PlanOver = {}): AwsPlanData => ({
  plan_version: 1,
  kind: "aws",
  subject: "repository:100:aws:aws-prod:operator",
  target: "aws-prod",
  role: "operator",
  duration: 3600,
  start: null,
  runs: 1,
  last_issue_before_end: 0,
  dispatch: null,
  role_arn: "arn:aws:iam::123456789012:role/countersign-operator",
  region: "eu-west-1",
  max_session: 3600,
  statements: [{ actions: ["s3:deletebucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }],
  ...over,
  workflow: {
    repository_id: 74,
    owner_id: 65,
    file: ".github/workflows/delete.yml",
    ref: "refs/heads/main",
    environment: "production",
    sha: null,
    reusable: null,
    actor: "requester",
    blob: hex("b"),
    events: ["workflow_dispatch", "push", "schedule"],
    runners: ["github-hosted"],
    ...workflow,
  },
});

export const candidate = (over: Partial<Candidate> = {}): Candidate => ({
  id: "g1",
  access: { id: repositoryId(100), ownerId: ownerId(65), fullName: "acme/access" },
  path: "requests/aws-prod/2026-11/delete-stale-logs.yml",
  target: "aws-prod",
  role: "operator",
  plan: plan(),
  notBefore: new Date("2026-11-23T09:30:00Z"),
  expiresAt: new Date("2026-11-23T10:30:00Z"),
  state: "active",
  actorId: userId(11),
  dispatch: null,
  runs: 1,
  uses: { count: 0, thisAttempt: false },
  ...over,
});
export const bound = (run: number): NonNullable<Candidate["dispatch"]> => ({ state: "bound", runId: runId(run) });
