import { setTimeout as delay } from "node:timers/promises";
import { type CommitSha, commitSha, type Digest, type ObjectId, type RepositoryId } from "../base/ids.ts";
import { isFrozen, type Policy } from "../access-repo/index.ts";
import { githubTokenError } from "../cloud/index.ts";
import { TokenRefused } from "../github/index.ts";
import { accessRepoKey, type Enrolment, knowingAccounts, readEnrolment } from "../pull-request/index.ts";
import { coalesce } from "../recorder/index.ts";
import { startedBy } from "./attempt.ts";
import type { Claims } from "./claims.ts";
import type { LoadedGrant } from "./grants.ts";
import { Recent } from "./recent.ts";
import { cloudRefused, Refused } from "./refused.ts";
import { PlanCheck, type RenderedAgain } from "./render-again.ts";
import type { ExchangeDeps } from "./types.ts";

/** Seconds that our clock may differ from GitHub's, by which windows are made (C65). */
const maxSkew = 30;
/** How long an exchange waits for the reconcile of a head that is new; then the job is told to come again. */
const headPatience = 3000;

/** What held when it was looked at; the release holds it against the database once more. */
export interface LiveFacts {
  readonly enrolment: Enrolment;
  readonly policyDigest: Digest;
}

/** Everything that must be true at GitHub now (DESIGN.md section 4, Live check, The plan is frozen, Freeze). */
export class LiveCheck {
  readonly #deps: ExchangeDeps;
  readonly #plans: PlanCheck;
  readonly #blobs = new Recent<ObjectId | null>(5000);
  readonly #enrolments = new Map<RepositoryId, () => Promise<Enrolment | null>>();

  constructor(deps: ExchangeDeps) {
    this.#deps = deps;
    this.#plans = new PlanCheck(deps.github, deps.repositories);
  }

  /** @throws Refused; RetryLater where GitHub cannot be read. */
  async check(grant: LoadedGrant, claims: Claims): Promise<LiveFacts> {
    const { config, db, github, policies } = this.#deps;
    if (isFrozen(config.frozen, grant)) throw new Refused("frozen", { by: "COUNTERSIGN_FROZEN" });
    // The three reads need nothing of each other. All are awaited, so that the first refusal in order is the one told.
    const [head, workflow, attempt] = await Promise.allSettled([
      this.#head(grant),
      this.#workflow(grant, claims),
      this.#attempt(grant, claims),
    ]);
    const { enrolment, commit } = settled(head);
    // After the answer of the tip: its Date is the newest that GitHub told.
    const skew = github.skewSeconds();
    if (skew === null || Math.abs(skew) > maxSkew) throw new Refused("not_ready", { why: "clock", skew });
    const loaded = await policies.at(enrolment, commit);
    if (!loaded.ok || loaded.policy.digest !== enrolment.accepted?.digest)
      throw new Refused("not_ready", { why: "policy" });
    const frozen = await knowingAccounts(db, enrolment.id, loaded.policy.settings.frozen);
    if (isFrozen(frozen, grant)) throw new Refused("frozen", { by: "settings" });
    const changed = await this.#rendered(grant, commit, loaded.policy);
    if (changed) throw new Refused(changed, { head: commit });
    settled(attempt);
    settled(workflow);
    return { enrolment, policyDigest: enrolment.accepted.digest };
  }

  /** An App that is gone or suspended is no change of policy, and the target's owner shall read what to mend. */
  async #rendered(grant: LoadedGrant, commit: CommitSha, policy: Policy): Promise<RenderedAgain> {
    try {
      return await this.#plans.at(grant, commit, policy, this.#deps.clock.now());
    } catch (error) {
      if (error instanceof TokenRefused) throw cloudRefused(githubTokenError(error), { step: "repositories" });
      throw error;
    }
  }

  /** The live head, once it is the one that was judged. */
  async #head(grant: LoadedGrant): Promise<{ enrolment: Enrolment; commit: CommitSha }> {
    const { liveHead, enqueue } = this.#deps;
    let enrolment = await this.#enrolment(grant);
    let tip = await liveHead.check(enrolment);
    const giveUp = performance.now() + headPatience;
    for (let asked = false; tip === null || enrolment.head !== tip; asked = true) {
      if (performance.now() >= giveUp) throw new Refused("not_ready", { why: "head", tip });
      if (!asked) await enqueue(accessRepoKey(enrolment.id));
      await delay(100);
      const again = await this.#enrolment(grant);
      if (again.head !== enrolment.head) tip = await liveHead.check(again);
      enrolment = again;
    }
    return { enrolment, commit: tip };
  }

  async #enrolment(grant: LoadedGrant): Promise<Enrolment> {
    const enrolment = await this.#readEnrolment(grant.access.id);
    if (enrolment?.state === "stopped") throw new Refused("issuing_stopped");
    if (enrolment?.state !== "active" || !enrolment.accepted) throw new Refused("not_ready", { why: "enrolment" });
    if (enrolment.quarantined !== null) throw new Refused("policy_quarantined");
    return enrolment;
  }

  /** One look for all that ask at once; as with the tip, it counts only for those who asked before it began. */
  #readEnrolment(id: RepositoryId): Promise<Enrolment | null> {
    // As many as access repos.
    const read = this.#enrolments.get(id) ?? coalesce(() => readEnrolment(this.#deps.db, id));
    this.#enrolments.set(id, read);
    return read();
  }

  /** The file at the commit that the run took it from must be the approved one (C57). */
  async #workflow(grant: LoadedGrant, claims: Claims): Promise<void> {
    const { file, blob } = grant.plan.workflow;
    const key = `${claims.repositoryId}:${claims.workflowSha}:${file}`;
    const found = await this.#blobs.get(key, () =>
      this.#deps.github.blobAt(claims.repository, commitSha(claims.workflowSha), file),
    );
    if (found !== blob) throw new Refused("workflow_changed", { workflow_sha: claims.workflowSha });
  }

  async #attempt(grant: LoadedGrant, claims: Claims): Promise<void> {
    if (grant.actorId === null) return;
    const { ok, triggeringActor } = await startedBy(this.#deps.github, claims, grant.actorId);
    if (!ok) throw new Refused("actor_mismatch", { triggering_actor_id: triggeringActor });
  }
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
