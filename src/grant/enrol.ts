import { loadPolicy } from "../access-repo/index.ts";
import { formatInstant } from "../base/duration.ts";
import { RetryLater } from "../base/errors.ts";
import type { GenesisEntry } from "../ledger/types.ts";
import type { RepositoryFacts } from "../github/types.ts";
import { accessRepoKey, pullRequestKey } from "../pull-request/deps.ts";
import type { GrantDeps } from "./deps.ts";
import { rememberFrozen } from "./frozen.ts";
import { type Enrolment, readEnrolment } from "../pull-request/enrolment.ts";

/**
 * Tries to enrol one repository that ACCESS_REPOS names (DESIGN.md section 4, Enrolment). A repository that has another id or
 * another owner than it was pinned to is not ours: a transferred or re-created one is ignored (C48). It stays `pending` until
 * its tip holds a valid policy; then the genesis is written, and only when that is committed does it become active.
 * @returns the enrolment, or null where the name points to nothing that we may use.
 */
export async function enrol(
  deps: GrantDeps,
  named: { fullName: string; repositoryId: number },
): Promise<Enrolment | null> {
  const facts = await deps.github.repository(named.fullName);
  if (facts === null) return refuse(deps, named, "not found, or the App is not installed there");
  if (facts.id !== named.repositoryId) {
    return refuse(
      deps,
      named,
      `has id ${facts.id}, not ${named.repositoryId}: transferred or re-created under the same name`,
    );
  }
  await deps.github.identify(facts);
  const known = await readEnrolment(deps.db, facts.id);
  if (known && known.ownerId !== facts.ownerId)
    return refuse(deps, named, "has another owner than when it was enrolled");
  if (!known) await insert(deps, facts);
  const row = known ?? (await readEnrolment(deps.db, facts.id));
  if (row?.state !== "pending") return row;
  await open(deps, facts);
  return readEnrolment(deps.db, facts.id);
}

async function refuse(deps: GrantDeps, named: { fullName: string; repositoryId: number }, why: string): Promise<null> {
  deps.log.warn({ accessRepo: named.fullName, repositoryId: named.repositoryId }, `not enrolled: ${why}`);
  await deps.db
    .updateTable("enrolment")
    .set({ state: "stopped", state_reason: why })
    .where("repository_id", "=", String(named.repositoryId))
    // A repository that cannot be seen for a moment (App being re-installed) is not stopped by that alone: every use of it
    // fails closed anyway. One that is another repository now is.
    .where("state", why.startsWith("has ") ? "in" : "not in", ["pending", "active"])
    .execute();
  return null;
}

async function insert(deps: GrantDeps, facts: RepositoryFacts): Promise<void> {
  await deps.db
    .insertInto("enrolment")
    .values({
      repository_id: facts.id,
      owner_id: facts.ownerId,
      installation_id: facts.installationId,
      full_name: facts.fullName,
      default_branch: facts.defaultBranch,
      state: "pending",
      state_reason: null,
      accepted_digest: null,
      accepted_commit: null,
      quarantined_digest: null,
      head_sha: null,
      ledger_commit: null,
      ledger_sequence: 0,
      ledger_sha256: null,
      enrolled_at: deps.clock.now(),
    })
    .onConflict((c) => c.column("repository_id").doNothing())
    .execute();
}

/** Policy of the tip, genesis, then active. A crash in between leaves `pending`, and the next try goes on. */
async function open(deps: GrantDeps, facts: RepositoryFacts): Promise<void> {
  const tip = await deps.github.tip(facts, facts.defaultBranch);
  if (tip === null) return pending(deps, facts, `${facts.defaultBranch} has no commit yet`);
  const loaded = loadPolicy(await deps.github.policyAt(facts, tip));
  if (!loaded.ok) {
    const [first] = loaded.diagnostics.filter((d) => d.severity === "error");
    return pending(
      deps,
      facts,
      first ? `${first.file}:${first.line}: ${first.code} ${first.message}` : "the policy is not valid",
    );
  }
  rememberFrozen(loaded.policy);
  const key = deps.ledgerKey();
  const genesis: GenesisEntry = {
    v: 1,
    id: deps.newId(),
    at: formatInstant(deps.clock.now()),
    type: "genesis",
    repository_id: facts.id,
    owner_id: facts.ownerId,
    repository: facts.fullName,
    commit: tip,
    policy_digest: loaded.policy.digest,
    issuer: deps.issuerUrl,
    key: { kid: key.kid, public_key: key.publicKey },
  };
  await deps.recorder.openLedger(facts, genesis);
  const accepted = await acceptedByLedger(deps, facts.id);
  if (!accepted) throw new RetryLater("ledger_not_open", "The ledger has no genesis yet.");
  // After a restored database the ledger names a newer acceptance than this genesis: that one holds, and the head is judged from there.
  const { numUpdatedRows } = await deps.db
    .updateTable("enrolment")
    .set({
      state: "active",
      state_reason: null,
      accepted_digest: accepted.digest,
      accepted_commit: accepted.commit,
      head_sha: accepted.commit,
    })
    .where("repository_id", "=", String(facts.id))
    .where("state", "=", "pending")
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return;
  deps.log.info({ accessRepo: facts.fullName, repositoryId: facts.id, policy: accepted.digest }, "enrolled");
  await deps.enqueue(accessRepoKey(facts.id));
  for (const number of await deps.github.openPullRequests(facts)) await deps.enqueue(pullRequestKey(facts.id, number));
}

async function pending(deps: GrantDeps, facts: RepositoryFacts, why: string): Promise<void> {
  deps.log.warn({ accessRepo: facts.fullName, repositoryId: facts.id }, `enrolment pending: ${why}`);
  await deps.db
    .updateTable("enrolment")
    .set({ state_reason: why.slice(0, 1000) })
    .where("repository_id", "=", String(facts.id))
    .where("state", "=", "pending")
    .execute();
}

/** The newest accepted policy that confirmed, signed batches name. */
async function acceptedByLedger(deps: GrantDeps, id: number): Promise<{ digest: string; commit: string } | null> {
  const row = await deps.db
    .selectFrom("ledger_entry")
    .innerJoin("ledger_batch", "ledger_batch.id", "ledger_entry.batch_id")
    .select("ledger_entry.body")
    .where("ledger_entry.repository_id", "=", String(id))
    .where("ledger_entry.type", "in", ["genesis", "policy_accepted"])
    .where("ledger_batch.state", "=", "confirmed")
    .orderBy("ledger_batch.sequence", "desc")
    .orderBy("ledger_entry.position", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!row) return null;
  const entry = JSON.parse(row.body) as { policy_digest: string; commit: string };
  return { digest: entry.policy_digest, commit: entry.commit };
}
