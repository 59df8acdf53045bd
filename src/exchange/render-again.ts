import type { Policy, ResolvedRequest } from "../access-repo/index.ts";
import type { CommitSha } from "../base/ids.ts";
import type { GitHub, ResolveRepositories } from "../github/index.ts";
import { planHashOf, type PlanInput, resolvedUnder } from "../plan/index.ts";
import type { LoadedGrant } from "./grants.ts";
import { Recent } from "./recent.ts";

/** Why a grant's plan is no longer what the policy yields; undefined: it is, byte for byte. */
export type RenderedAgain = "policy_changed" | "grant_revoked" | undefined;

/** What of a grant is compared. */
type FrozenGrant = Pick<LoadedGrant, "id" | "access" | "path" | "blob" | "plan" | "planVersion" | "planHash">;

/** The request as the policy in force resolves it, or why not. */
type Read = ResolvedRequest | Exclude<RenderedAgain, undefined>;

/**
 * The plan is frozen (DESIGN.md section 4): rendered again from the request file at the head and the policy in force, with
 * the grant's plan_version, it must have the same hash. Pure given the head, so its answer is kept per (grant, head), but
 * for github plans: what the names in them are is no part of the head (C07).
 */
export class PlanCheck {
  readonly #github: Pick<GitHub, "files">;
  readonly #repositories: ResolveRepositories | undefined;
  readonly #known = new Recent<RenderedAgain>(5000);
  readonly #requests = new Recent<Read>(500);
  /** @param repositories only a server with the broker for github targets has it; without it no such plan is the same. */
  constructor(github: Pick<GitHub, "files">, repositories?: ResolveRepositories) {
    this.#github = github;
    this.#repositories = repositories;
  }

  /** @throws RetryLater where GitHub cannot be read; TokenRefused where the App for github targets is of no use. */
  async at(grant: FrozenGrant, head: CommitSha, policy: Policy, now: Date): Promise<RenderedAgain> {
    const key = `${grant.id}:${head}`;
    const read = (): Promise<Read> => this.#read(grant, head, policy, now);
    if (grant.plan.kind !== "github") return this.#known.get(key, async () => compared(grant, await read()));
    const request = await this.#requests.get(key, read);
    if (typeof request === "string") return request;
    return compared(grant, request, await this.#repositories?.(request.repositories ?? [], grant.access.ownerId));
  }

  async #read(grant: FrozenGrant, head: CommitSha, policy: Policy, now: Date): Promise<Read> {
    const [file] = await this.#github.files(grant.access, head, [grant.path]);
    // Requests are immutable: another blob, or none, at its path is not the request that was granted.
    if (!file) return "grant_revoked";
    if (file.oid !== grant.blob || file.mode !== 0o100644 || file.text === undefined) return "policy_changed";
    return resolvedUnder(grant, file.text, policy, now) ?? "policy_changed";
  }
}

/** Whether the plan that the request yields now is the grant's. Pure. */
function compared(grant: FrozenGrant, request: Read, repositories?: PlanInput["repositories"]): RenderedAgain {
  if (typeof request === "string") return request;
  return planHashOf(grant, request, repositories) === grant.planHash ? undefined : "policy_changed";
}
