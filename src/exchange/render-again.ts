import { checkRequest, parseRequest, parseRequestPath, type Policy } from "../access-repo/index.ts";
import { objectId, ownerId, repositoryId, type CommitSha } from "../base/ids.ts";
import type { GitHub } from "../github/types.ts";
import { renderPlanVersion } from "../plan/index.ts";
import type { LoadedGrant } from "./grants.ts";
import { Recent } from "./recent.ts";

/** Why a grant's plan is no longer what the policy yields; undefined: it is, byte for byte. */
export type RenderedAgain = "policy_changed" | "grant_revoked" | undefined;

/**
 * The plan is frozen (DESIGN.md section 4): rendered again from the request file at the head and the policy in force, with
 * the grant's plan_version, it must have the same hash. Pure given the head, so its answer is kept per (grant, head).
 */
export class PlanCheck {
  readonly #github: Pick<GitHub, "files">;
  readonly #known = new Recent<RenderedAgain>(5000);
  constructor(github: Pick<GitHub, "files">) {
    this.#github = github;
  }

  /** @throws RetryLater where GitHub cannot be read. */
  at(grant: LoadedGrant, head: CommitSha, policy: Policy, now: Date): Promise<RenderedAgain> {
    return this.#known.get(`${grant.id}:${head}`, async () => {
      const [file] = await this.#github.files(grant.access, head, [grant.path]);
      // Requests are immutable: another blob, or none, at its path is not the request that was granted.
      if (!file) return "grant_revoked";
      if (file.oid !== grant.blob || file.mode !== 0o100644 || file.text === undefined) return "policy_changed";
      return renderAgain(grant, file.text, policy, now) === grant.planHash ? undefined : "policy_changed";
    });
  }
}

/** The hash that the policy yields now, or undefined where it admits the request no longer. Pure. */
function renderAgain(grant: LoadedGrant, text: string, policy: Policy, now: Date): string | undefined {
  const path = parseRequestPath(grant.path);
  const parsed = parseRequest(text, grant.path);
  if (!path || !parsed.ok) return undefined;
  const checked = checkRequest({ file: parsed.value, path, policy, now, merged: true, repositoryId: grant.access.id });
  if (!checked.ok) return undefined;
  const { workflow } = grant.plan;
  const rendered = renderPlanVersion(grant.planVersion, {
    access: { repository_id: grant.access.id, owner_id: grant.access.ownerId },
    request: checked.value,
    workflow: {
      repository_id: repositoryId(workflow.repository_id),
      owner_id: ownerId(workflow.owner_id),
      // Display only, not hashed; the ids above decide, and they stay after a rename.
      repository: checked.value.workflow.repository,
      blob: objectId(workflow.blob),
    },
    // Without `repositories`: a github grant, which only a server with its broker makes, is not the same here and ends.
  });
  return rendered.ok ? rendered.plan.hash : undefined;
}
