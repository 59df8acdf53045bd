import {
  actionsOfRequest,
  checkActions,
  checkRequest,
  finding,
  hasErrors,
  parseRequest,
  parseRequestPath,
  sameDispatch,
  servicesOf,
  eachSlipOnce,
  dispatchConflict,
} from "../access-repo/index.ts";
import { isAudienceAt } from "../access-repo/oidc-reserved.ts";
import type {
  Diagnostic,
  Locate,
  Policy,
  RequestFile,
  RequestPath,
  ResolvedRequest,
  TreeFile,
} from "../access-repo/types.ts";
import type { Snapshot, Subject } from "../approval/types.ts";
import { sha256 } from "../base/canonical-json.ts";
import type { Digest, OwnerId } from "../base/ids.ts";
import { TokenRefused } from "../github/index.ts";
import { planFinding, type PlanReview, renderPlan, reviewPlan, servicesOfPlan } from "../plan/index.ts";
import type { Plan, PlanInput } from "../plan/types.ts";
import type { ReconcileDeps } from "./deps.ts";
import { evaluateWorkflow } from "./evaluate-workflow.ts";

/** One request file of a pull request, resolved under a policy, with its plan. */
export interface EvaluatedRequest {
  readonly subject: Subject;
  readonly request: ResolvedRequest;
  readonly plan: Plan;
  /** What a reviewer is told beside the plan; after the merge nobody is, and it says what the plan says. */
  readonly review: PlanReview;
  readonly sha256: Digest;
  /** The file itself. */
  readonly text: string;
}
export type RequestEvaluation =
  | { readonly ok: true; readonly requests: readonly EvaluatedRequest[]; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

type RequestDeps = Pick<ReconcileDeps, "github" | "clock" | "kinds" | "actions" | "repositories"> & {
  readonly config?: Pick<ReconcileDeps["config"], "ours">;
};

const start = { line: 1, column: 1, length: 1 };
const plainFile = 0o100644;

/**
 * Reads, parses, checks and plans every request file that a pull request adds, at its head. Used before the merge and again
 * after it, so that the two cannot differ in how they look (DESIGN.md section 4, One authority).
 * @throws RetryLater where GitHub does not show something.
 */
export async function evaluateRequests(
  deps: RequestDeps,
  snapshot: Snapshot,
  policy: Policy,
  paths: readonly string[],
  merged: boolean,
): Promise<RequestEvaluation> {
  const { repository, pullRequest } = snapshot;
  const files = await deps.github.files(repository, pullRequest.headSha, paths);
  const results = await Promise.all(
    paths.map((path, i) => evaluateFile(deps, snapshot, policy, path, files[i] ?? null, merged)),
  );
  const diagnostics = results.flatMap((r) => r.diagnostics);
  const requests = results.flatMap((r) => (r.request ? [r.request] : []));
  diagnostics.push(...conflicts(requests));
  if (hasErrors(diagnostics) || requests.length !== paths.length) return { ok: false, diagnostics };
  return { ok: true, requests, warnings: diagnostics };
}

interface One {
  readonly request?: EvaluatedRequest;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a request is asked in: which access repo, and who asks. */
interface Asking {
  readonly repository: Snapshot["repository"];
  readonly pullRequest: Pick<Snapshot["pullRequest"], "author">;
}

/** One file, as `evaluateRequests` judges each; also before there is a pull request. */
export async function evaluateFile(
  deps: RequestDeps,
  snapshot: Asking,
  policy: Policy,
  path: string,
  file: TreeFile | null,
  merged: boolean,
): Promise<One> {
  const failed = (...diagnostics: readonly Diagnostic[]): One => ({ diagnostics });
  const name = parseRequestPath(path);
  if (!name)
    return failed(finding("CS4004", path, start, "Requests are files requests/<target>/[<YYYY-MM>/]<name>.yml."));
  if (!file || file.mode !== plainFile) return failed(finding("CS2001", path, start, "A request is a plain file."));
  const parsed = parseRequest(file.text, path);
  if (!parsed.ok || file.text === undefined) return failed(...parsed.diagnostics);
  const checked = checkRequest({
    file: parsed.value,
    path: name,
    at: parsed.at,
    policy,
    now: deps.clock.now(),
    merged,
    repositoryId: snapshot.repository.id,
  });
  // Before the merge only: AWS's list changes with each upgrade, and an upgrade ends no grant.
  const unknown = merged ? [] : await unknownActions(deps, policy, parsed, name);
  const warnings = [...parsed.diagnostics, ...eachSlipOnce([...checked.diagnostics, ...unknown])];
  if (!checked.ok || hasErrors(unknown)) return failed(...warnings);
  const request = checked.value;
  if (!deps.kinds.has(request.role.kind)) {
    const why = `This server cannot issue for ${request.role.kind} yet: target ${request.target.name} can be written and validated, but not asked for.`;
    return failed(...warnings, finding("CS2031", path, parsed.at(["role"]), why));
  }
  // A target file cannot know these addresses, so it is said here, before anybody approves what the issuer would not sign.
  if (request.role.kind === "oidc" && isAudienceAt(request.role.audience, deps.config?.ours ?? [])) {
    const why = `The audience of role ${request.roleName} is at this server's own address or its GitHub's: its target file must name the relying party's.`;
    return failed(...warnings, finding("CS1017", path, parsed.at(["role"]), why));
  }
  const requester = snapshot.pullRequest.author;
  // Denied by the approval rules anyway; without a requester nobody's permission can be asked for.
  if (!requester) return failed(finding("CS5003", path, start, "The pull request's author has no account any more."));
  const workflow = await evaluateWorkflow(deps.github, snapshot, requester, request, parsed.at);
  if (!workflow.ok) return failed(...warnings, ...workflow.diagnostics);
  const rendered = renderPlan({
    access: { repository_id: snapshot.repository.id, owner_id: snapshot.repository.ownerId },
    request,
    workflow: workflow.facts,
    repositories: await namedRepositories(deps, request, snapshot.repository.ownerId),
  });
  if (!rendered.ok) return failed(...warnings, planFinding(rendered, path, parsed.at));
  const { plan } = rendered;
  const review = merged
    ? { risks: plan.risks, actions: [] }
    : reviewPlan(plan, await deps.actions.load(servicesOfPlan(plan)));
  const subject = { request, blob: file.oid, planHash: plan.hash };
  return {
    diagnostics: warnings,
    request: { request, plan, review, sha256: sha256(file.text), text: file.text, subject },
  };
}

/**
 * What the names of a github request are now. Where its App is of no use for the owner none of them is found, and the plan says
 * that, rather than to try for ever. @throws RetryLater
 */
async function namedRepositories(
  { repositories }: Pick<ReconcileDeps, "repositories">,
  { role, repositories: names }: ResolvedRequest,
  owner: OwnerId,
): Promise<PlanInput["repositories"]> {
  if (role.kind !== "github" || !names || !repositories) return undefined;
  try {
    return await repositories(names, owner);
  } catch (error) {
    if (error instanceof TokenRefused) return undefined;
    throw error;
  }
}

async function unknownActions(
  { actions }: Pick<ReconcileDeps, "actions">,
  policy: Policy,
  { value, at }: { readonly value: RequestFile; readonly at: Locate },
  { path, target }: RequestPath,
): Promise<readonly Diagnostic[]> {
  const named = actionsOfRequest(value, policy.targets.get(target));
  const catalogue = await actions.load(servicesOf([{ actions: named.map((use) => use.action) }]));
  return checkActions({ named, file: path, at, catalogue });
}

/** Two files that start one workflow at one ref must start it as one run, or a run could be bound to the wrong inputs (C71). */
function conflicts(requests: readonly EvaluatedRequest[]): Diagnostic[] {
  const dispatched = requests.filter((r) => r.request.dispatch !== undefined);
  const sameWorkflow = (a: ResolvedRequest, b: ResolvedRequest): boolean =>
    a.workflow.repository.toLowerCase() === b.workflow.repository.toLowerCase() &&
    a.workflow.file === b.workflow.file &&
    a.workflow.ref === b.workflow.ref;
  return dispatched.flatMap((b, i) => {
    const other = dispatched
      .slice(0, i)
      .find((a) => sameWorkflow(a.request, b.request) && !sameDispatch(a.request, b.request));
    return other ? [dispatchConflict({ file: b.request.path.path }, other.request.path.path)] : [];
  });
}
