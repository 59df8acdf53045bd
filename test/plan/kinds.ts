import type {
  AzureRole,
  GcpRole,
  GithubRole,
  OidcRole,
  ResolvedRequest,
  Role,
  RoleLimits,
} from "../../src/access-repo/types.ts";
import { ownerId, repositoryId } from "../../src/base/ids.ts";
import { renderPlan } from "../../src/plan/index.ts";
import type { GcpPlanData, Plan, PlanDataOf, PlanInput, RepositoryFacts } from "../../src/plan/types.ts";
import { type Change as AwsChange, inputOf as awsInputOf, role as awsRole } from "./world.ts";

// The other four kinds of DESIGN.md section 3, each a request with whatever a test makes different.

export type Kind = "gcp" | "azure" | "github" | "oidc";
export const kinds: readonly Kind[] = ["gcp", "azure", "github", "oidc"];

const limits: RoleLimits = {
  max_duration: awsRole.max_duration,
  also_approved_by: [],
  break_glass: false,
  events: awsRole.events,
  runners: awsRole.runners,
  last_issue_before_end: 0,
};
const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";

interface Roles {
  gcp: GcpRole;
  azure: AzureRole;
  github: GithubRole;
  oidc: OidcRole;
}
export const roles: Roles = {
  gcp: {
    ...limits,
    kind: "gcp",
    workload_identity_provider: "projects/123/locations/global/workloadIdentityPools/countersign/providers/countersign",
    service_account: "deployer@acme-prod.iam.gserviceaccount.com",
    scopes: [cloudPlatform],
    max_session: 3600,
  },
  azure: {
    ...limits,
    kind: "azure",
    tenant_id: "11111111-1111-1111-1111-11111111111a",
    client_id: "22222222-2222-2222-2222-22222222222b",
    subscription_id: "33333333-3333-3333-3333-33333333333c",
    delivery: "token",
    resources: ["https://management.azure.com"],
  },
  github: { ...limits, kind: "github", permissions: { contents: "write" }, repositories: ["acme/infra"] },
  oidc: { ...limits, kind: "oidc", audience: "https://vault.acme.example", claims: { team: "platform" } },
};

export const facts = (id: number, repository: string, over: Partial<RepositoryFacts> = {}): RepositoryFacts => ({
  repository_id: repositoryId(id),
  owner_id: ownerId(1),
  repository,
  access_repo: false,
  ...over,
});
export const repositories: ReadonlyMap<string, RepositoryFacts> = new Map([
  ["acme/infra", facts(20, "acme/infra")],
  ["acme/app", facts(30, "acme/App")],
  ["acme/renamed", facts(20, "acme/infra")],
  ["acme/access", facts(10, "acme/access")],
  ["acme/access-too", facts(11, "acme/access-too", { access_repo: true })],
  ["acme/transferred", facts(40, "acme/transferred", { owner_id: ownerId(2) })],
]);

export interface Change<K extends Kind = Kind> extends Omit<AwsChange, "role" | "region"> {
  readonly role?: Partial<Roles[K]>;
  readonly repositories?: PlanInput["repositories"];
}

/** What checkRequest resolves from a role that a request does not narrow. */
function resolved(role: Role): Partial<ResolvedRequest> {
  if (role.kind === "github") return { permissions: role.permissions, repositories: role.repositories };
  if (role.kind === "gcp" && role.boundary !== undefined) return { boundary: role.boundary };
  return {};
}

export function inputOf<K extends Kind>(kind: K, change: Change<K> = {}): PlanInput {
  const role = { ...roles[kind], ...change.role } as Role;
  const name = change.target ?? `${kind}-prod`;
  const base = awsInputOf({ target: name, ...(change.access && { access: change.access }) });
  const { allow: _, ...request } = base.request;
  return {
    ...base,
    request: {
      ...request,
      target: { name, version: 1, cloud: kind, description: "", roles: new Map([["deployer", role]]), sets: new Map() },
      role,
      roleName: "deployer",
      narrowed: false,
      ...resolved(role),
      workflow: { ...request.workflow, ...change.binding },
      ...change.request,
    },
    workflow: { ...base.workflow, ...change.workflow },
    repositories: change.repositories ?? repositories,
  };
}

export function planOf<K extends Kind>(kind: K, change: Change<K> = {}): Plan & { readonly data: PlanDataOf<K> } {
  const rendered = renderPlan(inputOf(kind, change));
  if (!rendered.ok) throw new Error(`${rendered.code}: ${rendered.message}`);
  if (rendered.plan.data.kind !== kind) throw new Error("a plan of another kind");
  return rendered.plan as Plan & { readonly data: PlanDataOf<K> };
}
export const codeOfInput = (input: PlanInput): string => {
  const rendered = renderPlan(input);
  return rendered.ok ? "ok" : rendered.code;
};
export const codeOf = <K extends Kind>(kind: K, change: Change<K>): string => codeOfInput(inputOf(kind, change));

/** A gcp plan of a role without a service account: direct federation. */
export function directGcp(change: Change<"gcp"> = {}): Plan & { readonly data: GcpPlanData } {
  const input = inputOf("gcp", change);
  const { role } = input.request;
  if (role.kind !== "gcp") throw new Error("not gcp");
  const { service_account: _, ...direct } = role;
  const rendered = renderPlan({ ...input, request: { ...input.request, role: direct } });
  if (!rendered.ok || rendered.plan.data.kind !== "gcp") throw new Error("no gcp plan");
  return { ...rendered.plan, data: rendered.plan.data };
}
