import { setTimeout as delay } from "node:timers/promises";
import { loadPolicy, policyDigest } from "../access-repo/index.ts";
import { CountersignError, RetryLater } from "../base/errors.ts";
import { formatInstant } from "../base/duration.ts";
import type { Digest } from "../base/ids.ts";
import type { PolicyAcceptedEntry } from "../ledger/types.ts";
import { accessRepoKey, type Enrolment, pullRequestKey, readEnrolment } from "../pull-request/index.ts";
import type { LedgerAcceptance } from "../recorder/index.ts";
import { flushKey, type GrantDeps, noticeKey } from "./deps.ts";
import { rememberFrozen } from "./frozen.ts";
import { findFrozenPeople, storeFrozenPeople } from "./frozen-people.ts";
import { reconcileHead } from "./reconcile-head.ts";

// What only an operator can do, at the server's own socket: where no owner can act, and where the ledger branch was touched.

type Active = Enrolment & Required<{ accepted: NonNullable<Enrolment["accepted"]> }>;
interface Named {
  readonly fullName: string;
  readonly repositoryId: number;
}

/**
 * The access repo that an operator means; without a name, the only one.
 * @throws CountersignError `which_repository`
 */
function namedRepo(repos: readonly Named[], name: string | null): Named {
  const [only, ...more] = name === null ? repos : repos.filter((r) => r.fullName.toLowerCase() === name.toLowerCase());
  if (only && more.length === 0) return only;
  const all = repos.map((r) => r.fullName).join(", ");
  throw new CountersignError("which_repository", `Say which access repo with --repo OWNER/NAME: ${all}.`);
}

export interface PolicyAcceptance {
  readonly repository: string;
  readonly digest: Digest;
  readonly previous: Digest;
  readonly commit: string;
  /** It was in force before; nothing was written. */
  readonly already: boolean;
}

/**
 * Puts the policy that stands at the live tip in force, by an operator's word alone (DESIGN.md section 4, Policy in force).
 * Exactly the policy whose digest the operator names, and only a valid one; the accepted one need not be readable any more. It is
 * an entry of the ledger, without pull request, decision or approvers.
 * @throws CountersignError `other_digest`, `policy_not_valid`, `not_enrolled`, `issuing_stopped`; RetryLater
 */
export async function acceptPolicy(
  deps: GrantDeps,
  name: string | null,
  digest: string,
  reason: string,
): Promise<PolicyAcceptance> {
  const { repositoryId } = namedRepo(deps.accessRepos, name);
  const enrolment = await judged(deps, repositoryId);
  const { fullName: repository, accepted, head } = enrolment;
  const tip = await deps.github.tip(enrolment, enrolment.defaultBranch);
  if (tip === null || tip !== head)
    throw new RetryLater("head_moves", `The default branch of ${repository} moves just now: try again.`);
  const files = await deps.github.policyAt(enrolment, tip);
  const found = policyDigest(files);
  if (found !== digest) {
    const message = `The policy at ${tip} of ${repository} is ${found}, not that. Look at it, then accept exactly that one.`;
    throw new CountersignError("other_digest", message);
  }
  const answer = { repository, digest: found, previous: accepted.digest, commit: tip };
  const loaded = loadPolicy(files);
  if (!loaded.ok) {
    const [first] = loaded.diagnostics.filter((d) => d.severity === "error");
    const where = first ? `${first.file}:${first.line}: ${first.code} ${first.message}` : "it cannot be read";
    throw new CountersignError("policy_not_valid", `The policy at ${tip} of ${repository} is not valid: ${where}`);
  }
  if (found === accepted.digest && enrolment.quarantined === null) return { ...answer, already: true };
  const people = await findFrozenPeople(deps, enrolment, loaded.policy.settings.frozen);
  await write(deps, enrolment, { found, tip, reason, people });
  rememberFrozen(loaded.policy);
  deps.log.warn({ accessRepo: repository, policy: found, commit: tip, reason }, "an operator accepted a policy");
  await deps.enqueue(flushKey(repositoryId));
  await deps.enqueue(noticeKey(repositoryId));
  for (const number of await deps.github.openPullRequests(enrolment))
    await deps.enqueue(pullRequestKey(repositoryId, number));
  return { ...answer, already: false };
}

/** The enrolment once every commit of the default branch is judged: an acceptance must not skip any. */
async function judged(deps: GrantDeps, repositoryId: number): Promise<Active> {
  for (let left = 5; ; left--) {
    try {
      await reconcileHead(deps, repositoryId);
      break;
    } catch (error) {
      // The queue judges the same head, perhaps just now.
      if (!(error instanceof RetryLater) || left === 0) throw error;
      await delay(200);
    }
  }
  const enrolment = await readEnrolment(deps.db, repositoryId);
  const { state, accepted, stateReason } = enrolment ?? {};
  if (state === "stopped")
    throw new CountersignError(
      "issuing_stopped",
      `Countersign stopped for ${enrolment?.fullName}: ${stateReason}. Mend that first.`,
    );
  if (!enrolment || !accepted || state !== "active")
    throw new CountersignError(
      "not_enrolled",
      `It is not enrolled yet: ${stateReason ?? "the server's log says why"}. Its first policy needs no acceptance.`,
    );
  return { ...enrolment, accepted };
}

async function write(
  deps: GrantDeps,
  enrolment: Active,
  {
    found,
    tip,
    reason,
    people,
  }: {
    readonly found: Digest;
    readonly tip: string;
    readonly reason: string;
    readonly people: Awaited<ReturnType<typeof findFrozenPeople>>;
  },
): Promise<void> {
  const now = deps.clock.now();
  const entry: PolicyAcceptedEntry = {
    v: 1,
    id: deps.newId(),
    at: formatInstant(now),
    type: "policy_accepted",
    policy_digest: found,
    previous_digest: enrolment.accepted.digest,
    commit: tip,
    pull_request: null,
    decision_key: null,
    approved_by: [],
    reason,
  };
  await deps.db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("enrolment")
      .set({ accepted_digest: found, accepted_commit: tip, quarantined_digest: null })
      .where("repository_id", "=", String(enrolment.id))
      .where("state", "=", "active")
      .where("head_sha", "=", tip)
      .where("accepted_digest", "=", enrolment.accepted.digest)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n)
      throw new RetryLater("head_raced", "The default branch or its policy changed meanwhile: look again.");
    await storeFrozenPeople(trx, enrolment.id, found, people);
    await deps.recorder.append(trx, enrolment.id, [entry], now);
  });
}

/**
 * Lets issuing go on after foreign commits on the ledger branch (DESIGN.md section 4, The ledger), for the repository that was
 * enrolled and no other of its name (C48).
 * @throws CountersignError `nothing_to_accept`, `ledger_cut_off`, `not_enrolled`; RetryLater
 */
export async function acceptLedger(
  deps: GrantDeps,
  name: string | null,
  reason: string,
): Promise<LedgerAcceptance & { readonly repository: string; readonly recorded: boolean }> {
  const { fullName, repositoryId } = namedRepo(deps.accessRepos, name);
  const enrolment = await readEnrolment(deps.db, repositoryId);
  const facts = await deps.github.repository(fullName);
  if (!enrolment || facts?.id !== enrolment.id || facts.ownerId !== enrolment.ownerId)
    throw new CountersignError(
      "not_enrolled",
      `${fullName} is not the repository that was enrolled, or the App is not installed there.`,
    );
  const accepted = await deps.recorder.accept(facts, reason);
  const recorded = await deps.recorder.flush(facts).then(
    () => true,
    (error: unknown) => {
      deps.log.warn({ err: error, accessRepo: fullName }, "the acceptance is not recorded yet; the sweep does it");
      return false;
    },
  );
  await deps.enqueue(accessRepoKey(repositoryId));
  return { ...accepted, repository: fullName, recorded };
}
