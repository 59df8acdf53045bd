import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Ask, isFrozen, parseAsk, requestText } from "../access-repo/index.ts";
import type { Diagnostic, Policy } from "../access-repo/types.ts";
import type { Actor } from "../approval/types.ts";
import { RetryLater } from "../base/errors.ts";
import { objectId, type OwnerId, type RepositoryId } from "../base/ids.ts";
import { describePlan } from "../plan/index.ts";
import { type Enrolment, evaluateFile, knowingAccounts, toEnrolment } from "../pull-request/index.ts";
import { askedDigest, findAsk, storeAsk } from "./ask-store.ts";
import type { AskDeps } from "./ask-types.ts";
import { admits, forOwnWorkflow, type OwnWorkflow, ownWorkflow } from "./ask-workflow.ts";
import { takeToken } from "./seen-tokens.ts";
import type { Claims } from "./claims.ts";
import type { KnownIds } from "./known-ids.ts";
import type { RepositoryLimits } from "./limits.ts";
import { Refused } from "./refused.ts";
import { readUnverified, verifySubjectToken } from "./subject-token.ts";
import { claimedBy, type Trail } from "./token.ts";

/** How long the answer waits for GitHub to have opened the pull request; the job of the queue goes on in any case. */
const patience = 20_000;
const look = 100;

/** A pull request that was opened for a job, now or by an earlier try of it. */
export interface Opened {
  readonly enrolment: Enrolment;
  readonly path: string;
  readonly pullRequest: number;
  readonly created: boolean;
}

/**
 * `POST /requests` as one straight line (DESIGN.md section 6): the token as at `/token`, then what is asked, then who asks. A
 * pull request is opened only for a role that lists the job's own workflow; any other job is told what a stranger is. Nothing
 * is granted here: people approve it like any request, and the one who asked never does.
 * @throws Refused and whatever could not be read; the caller answers.
 */
export async function askForAccess(
  deps: AskDeps,
  { owners, limits }: { readonly owners: KnownIds<OwnerId>; readonly limits: RepositoryLimits },
  body: string,
  bearer: string | undefined,
  trail: Trail,
): Promise<Opened> {
  if (bearer === undefined) throw new Refused("token_missing");
  const rules = { issuer: deps.config.oidcIssuer, audience: deps.config.publicUrl };
  const unverified = readUnverified(bearer, rules, deps.clock);
  const claimed = claimedBy(deps, unverified, trail);
  // Only jobs of the owner of an access repo: a request names no other owner's workflow.
  if (!(await owners.has(claimed.repositoryOwnerId))) throw new Refused("access_denied", { why: "owner" });
  const claims = await verifySubjectToken(unverified, rules, deps.keySet, deps.clock);
  trail.claims = claims;
  const slow = limits.enter(claims.repositoryId);
  if (slow > 0) throw new Refused("slow_down", {}, { retryAfter: slow });

  const parsed = parseAsk(body);
  if (!parsed.ok) throw notValid(parsed.diagnostics);
  const own = ownWorkflow(claims);
  if (!own) throw new Refused("access_denied", { why: "workflow_ref" });
  const { enrolment, policy } = await findRole(deps, claims, own, parsed.value);
  trail.access = enrolment.id;
  // From here on the target's owners have listed this very workflow, which may be told what is wrong.
  if (claims.eventName === "schedule") throw new Refused("asker_not_allowed", { event: claims.eventName });
  const fields = forOwnWorkflow(parsed.value.request, own);
  if (typeof fields === "string") throw new Refused("request_not_valid", {}, { text: fields });
  const text = requestText(fields);
  const { target } = parsed.value;
  const asked = askedDigest(enrolment.id, target, text);
  const known = await findAsk(deps, claims, enrolment, asked);
  if (known !== undefined) {
    await takeToken(deps.db, claims);
    return opened(deps, enrolment, known, false);
  }
  const { requester, triggeredBy } = await whoAsks(deps, claims);
  const frozen = [...deps.config.frozen, ...(await knowingAccounts(deps.db, enrolment.id, policy.settings.frozen))];
  if (isFrozen(frozen, { target, requester })) throw new Refused("frozen");
  const title = await judge(deps, claims, enrolment, policy, target, text, requester);
  const ask = { enrolment, target, file: own.file, text, title, asked, requester, triggeredBy };
  return opened(deps, enrolment, await storeAsk(deps, claims, ask), true);
}

const notValid = (diagnostics: readonly Diagnostic[]): Refused => {
  const errors = diagnostics.filter((d) => d.severity === "error").slice(0, 20);
  const [first] = errors;
  return new Refused(
    "request_not_valid",
    { codes: errors.map((d) => d.code) },
    {
      text: first && `${first.code} ${first.message} ${first.hint}`,
      members: { diagnostics: errors.map(({ code, message, hint }) => ({ code, message, hint })) },
    },
  );
};

/**
 * The one access repo of the job's owner whose policy in force has that role and lists the workflow there. That there is no
 * such target, role or access repo is the same answer as that the workflow is not listed (C44).
 */
async function findRole(
  deps: AskDeps,
  claims: Claims,
  own: OwnWorkflow,
  { target, accessRepo, request }: Ask,
): Promise<{ enrolment: Enrolment; policy: Policy }> {
  const rows = await deps.db
    .selectFrom("enrolment")
    .selectAll()
    .where("owner_id", "=", String(claims.repositoryOwnerId))
    .where("state", "=", "active")
    .where("quarantined_digest", "is", null)
    .orderBy("repository_id")
    .execute();
  const found: { enrolment: Enrolment; policy: Policy }[] = [];
  for (const enrolment of rows.map(toEnrolment)) {
    if (accessRepo !== undefined && enrolment.fullName.toLowerCase() !== accessRepo.toLowerCase()) continue;
    const policy = await policyInForce(deps, enrolment);
    const role = policy.targets.get(target)?.roles.get(request.role);
    if (role && admits(role, own, claims)) found.push({ enrolment, policy });
  }
  const [only, ...more] = found;
  if (!only) throw new Refused("access_denied", { why: "role" });
  // Never a silent choice (C50).
  if (more.length > 0)
    throw new Refused("ambiguous", { access_repos: found.map((f) => f.enrolment.id) }, { text: ambiguous });
  return only;
}

const ambiguous = "More than one access repo knows that target and role. Say which: pass access_repo as owner/name.";

async function policyInForce(deps: AskDeps, enrolment: Enrolment): Promise<Policy> {
  const tip = await deps.liveHead.check(enrolment);
  if (tip === null) throw new Refused("not_ready", { why: "head" });
  const loaded = await deps.policies.at(enrolment, tip);
  if (!loaded.ok || loaded.policy.digest !== enrolment.accepted?.digest)
    throw new Refused("not_ready", { why: "policy" });
  return loaded.policy;
}

/**
 * The accounts behind the job, from GitHub's record of this very attempt: the token has an id only, and who pressed the button
 * is no claim at all (C63). Both must be people: nobody can ask a bot why.
 */
async function whoAsks(deps: AskDeps, claims: Claims): Promise<{ requester: Actor; triggeredBy: Actor }> {
  const run = await deps.github.run(claims.repository, claims.runId, claims.runAttempt);
  if (run?.attempt !== claims.runAttempt) throw new RetryLater("github_behind", "GitHub does not show the run yet.");
  const { actor: requester, triggeringActor: triggeredBy } = run;
  const person = (who: Actor | null): who is Actor => who?.kind === "user";
  if (!person(requester) || !person(triggeredBy) || requester.id !== claims.actorId)
    throw new Refused("asker_not_allowed", { actor_id: requester?.id, triggering_actor_id: triggeredBy?.id });
  return { requester, triggeredBy };
}

/** As the reconcile will judge it, before anything is opened: nobody can mend a request on a branch that is ours alone. */
async function judge(
  deps: AskDeps,
  claims: Claims,
  { id, ownerId, fullName, defaultBranch }: Enrolment,
  policy: Policy,
  target: string,
  text: string,
  requester: Actor,
): Promise<string> {
  const path = `requests/${target}/asked.yml`;
  const asking = { repository: { id, ownerId, fullName, defaultBranch }, pullRequest: { author: requester } };
  const file = { path, oid: blobId(text), mode: 0o100644, text };
  const { request: judged, diagnostics } = await evaluateFile(deps, asking, policy, path, file, false);
  if (!judged) throw notValid(diagnostics);
  // The name of the token's repository may be another's by now (C07).
  if (judged.plan.data.workflow.repository_id !== (claims.repositoryId satisfies RepositoryId as number))
    throw new Refused("access_denied", { why: "repository replaced" });
  return describePlan(judged.plan, judged.request).title;
}

/** As git names the file. */
const blobId = (text: string) =>
  objectId(
    createHash("sha1")
      .update(`blob ${Buffer.byteLength(text)}\0`)
      .update(text)
      .digest("hex"),
  );

async function opened(deps: AskDeps, enrolment: Enrolment, id: string, created: boolean): Promise<Opened> {
  const giveUp = performance.now() + patience;
  for (;;) {
    const row = await deps.db
      .selectFrom("asked_request")
      .select(["state", "reason", "path", "pull_request"])
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    if (row.pull_request !== null) return { enrolment, path: row.path, pullRequest: row.pull_request, created };
    if (row.state === "failed") throw new Refused("request_not_opened", { request: id, reason: row.reason });
    if (performance.now() >= giveUp) throw new Refused("not_ready", { why: "opening", request: id });
    await delay(look);
  }
}
