import { CountersignError, RetryLater } from "../base/errors.ts";
import { commitSha, ownerId, repositoryId } from "../base/ids.ts";
import { parsedPlan } from "./grants.ts";
import { Recent } from "./recent.ts";
import { PlanCheck } from "./render-again.ts";
import type { ExchangeDeps } from "./types.ts";

/** Of a grant and its access repo, as the database has them. */
export interface GrantRow {
  readonly grant: string;
  readonly path: string;
  readonly blob: string;
  readonly plan: string;
  readonly plan_hash: string;
  readonly plan_version: number;
  readonly repository_id: string;
  readonly owner_id: string | null;
  readonly full_name: string | null;
  /** The policy that it was granted under. */
  readonly policy_digest: string;
  readonly accepted_digest: string | null;
  readonly accepted_commit: string | null;
  /** The judged head. */
  readonly head_sha: string | null;
}

/**
 * Whether the accepted policy still yields a grant's plan (DESIGN.md section 2, End), for tokens that are out. The grant itself
 * stays: a policy that is restored yields its plan again, and an exchange decides each time for itself.
 */
export class PlanEnded {
  readonly #deps: ExchangeDeps;
  readonly #plans: PlanCheck;
  /**
   * Grants that a policy leaves as they are, once looked at. Only those: what names of repositories stand for can change back,
   * and a token that an exchange then found right must not be ended for what was seen before.
   */
  readonly #same = new Recent<"same" | null>(5000);

  constructor(deps: ExchangeDeps) {
    this.#deps = deps;
    this.#plans = new PlanCheck(deps.github, deps.repositories);
  }

  /**
   * @returns false where it could not be read: nothing is ended then, and it is asked again. The same for a second App that is
   * gone or suspended, which is no change of policy.
   */
  async has(row: GrantRow): Promise<boolean> {
    if (row.accepted_digest === row.policy_digest) return false;
    try {
      return (await this.#same.get(`${row.grant}:${row.accepted_digest}`, () => this.#look(row))) === null;
    } catch (error) {
      const code = error instanceof CountersignError ? error.code : "unknown";
      this.#deps.log.warn({ grant: row.grant, code }, "whether the policy still yields a plan could not be read");
      return false;
    }
  }

  async #look(row: GrantRow): Promise<"same" | null> {
    const { accepted_digest: accepted, accepted_commit: commit, head_sha: head, owner_id, full_name } = row;
    const unreadable = new RetryLater("policy_unreadable", "The accepted policy is not readable.");
    if (accepted === null || commit === null || head === null || owner_id === null || full_name === null)
      throw unreadable;
    const access = { id: repositoryId(row.repository_id), ownerId: ownerId(owner_id), fullName: full_name };
    const loaded = await this.#deps.policies.at(access, commitSha(commit));
    if (!loaded.ok || loaded.policy.digest !== accepted) throw unreadable;
    const grant = {
      id: row.grant,
      access,
      path: row.path,
      blob: row.blob,
      plan: parsedPlan(row.plan_hash, row.plan),
      planVersion: row.plan_version,
      planHash: row.plan_hash,
    };
    const changed = await this.#plans.at(grant, commitSha(head), loaded.policy, this.#deps.clock.now());
    return changed === undefined ? "same" : null;
  }
}
