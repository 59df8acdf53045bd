// Whether the clouds let us in as the accepted policy says (issue 4, Setting up the trust).
import { isFrozen } from "../../access-repo/index.ts";
import { RetryLater } from "../../base/errors.ts";
import { type Enrolment, readEnrolment } from "../../pull-request/index.ts";
import {
  type Accepted,
  dueAgain,
  isDue,
  isSomethingDue,
  keyOf,
  keyOfRole,
  planChecks,
  type Row,
  rowsOf,
} from "./plan.ts";
import { postReport } from "./post.ts";
import { checkableRoles, type CheckableRole } from "./roles.ts";
import { tryRole } from "./try.ts";
import { checkRolesKey, type RoleCheckDeps, type RoleChecks } from "./types.ts";

export { checkRolesAgainKey, type RoleCheckDeps, type RoleChecks } from "./types.ts";

/** Clouds limit how often they are asked, and a policy may name two hundred roles of one. */
const atOnce = 4;
const perRun = 24;
/** Milliseconds between two runs, so at most 48 tries a minute for one access repo. */
const pause = 30_000;

export function createRoleChecks(deps: RoleCheckDeps): RoleChecks {
  return {
    async notice(accessRepo) {
      if (await isSomethingDue(deps.db, accessRepo, deps.clock.now())) await deps.enqueue(checkRolesKey(accessRepo));
    },
    run: (accessRepo) => run(deps, accessRepo),
    async again(accessRepo) {
      if (await dueAgain(deps.db, accessRepo, deps.clock.now())) await deps.enqueue(checkRolesKey(accessRepo));
    },
  };
}

async function run(deps: RoleCheckDeps, accessRepo: number): Promise<void> {
  const current = await inForce(deps, accessRepo);
  if (!current) return; // quarantine, or no enrolment: nothing is tried for a policy that is not in force
  const { enrolment, accepted } = current;
  const loaded = await deps.policies.at(enrolment, accepted.commit);
  if (!loaded.ok || loaded.policy.digest !== accepted.digest)
    throw new RetryLater("policy_unreadable", "The accepted policy is not readable.");
  const roles = checkableRoles(loaded.policy, enrolment.id);
  const now = deps.clock.now();
  await planChecks(deps.db, enrolment.id, accepted, roles, now);

  const byKey = new Map(roles.map((role) => [keyOfRole(role), role]));
  const frozen = [...deps.config.frozen, ...loaded.policy.settings.frozen];
  // A freeze of a person stops no role.
  const stopped = (row: Pick<Row, "target">): boolean => isFrozen(frozen, { target: row.target, requester: null });
  const due = (await rowsOf(deps.db, enrolment.id)).filter((row) => isDue(row) && !stopped(row));
  const batch = due.filter((row) => row.due_at <= now).slice(0, perRun);
  const finished = await tryAll(deps, enrolment, accepted, batch, byKey);
  // A newer policy is gone through from the start, and tells what is left of this one.
  if (!finished) return deps.enqueue(checkRolesKey(accessRepo));
  await postReport(deps, enrolment, accepted, stopped);
  await later(deps, enrolment, stopped);
}

/** @returns false where another policy was accepted meanwhile, or this one is not in force any more */
async function tryAll(
  deps: RoleCheckDeps,
  enrolment: Enrolment,
  accepted: Accepted,
  batch: readonly Row[],
  roles: ReadonlyMap<string, CheckableRole>,
): Promise<boolean> {
  const queue = batch.values();
  let current = true;
  const work = async (): Promise<void> => {
    for (const row of queue) {
      current &&= (await inForce(deps, enrolment.id))?.accepted.digest === accepted.digest;
      if (!current) return;
      const role = roles.get(keyOf(row));
      // Another fingerprint: another replica has planned for a newer policy.
      if (role?.fingerprint === row.fingerprint) await tryRole(deps, enrolment, accepted, row, role);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return current;
}

/** The next time that there is something to do; whatever comes before it asks by itself (`notice`). */
async function later(deps: RoleCheckDeps, { id }: Enrolment, stopped: (row: Row) => boolean): Promise<void> {
  const due = (await rowsOf(deps.db, id)).filter((row) => isDue(row) && !stopped(row));
  if (due.length === 0) return;
  const next = Math.min(...due.map((row) => row.due_at.getTime()));
  await deps.enqueue(checkRolesKey(id), new Date(Math.max(next, deps.clock.now().getTime() + pause)));
}

async function inForce(
  deps: RoleCheckDeps,
  accessRepo: number,
): Promise<{ readonly enrolment: Enrolment; readonly accepted: Accepted } | undefined> {
  const enrolment = await readEnrolment(deps.db, accessRepo);
  if (enrolment?.state !== "active" || enrolment.quarantined !== null || !enrolment.accepted) return undefined;
  return { enrolment, accepted: enrolment.accepted };
}
