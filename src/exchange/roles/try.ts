import { formatInstant } from "../../base/duration.ts";
import { type CheckInput, CloudError } from "../../cloud/index.ts";
import type { CheckedEntry } from "../../ledger/types.ts";
import type { Enrolment } from "../../pull-request/index.ts";
import type { Accepted, Row } from "./plan.ts";
import type { CheckableRole } from "./roles.ts";
import type { RoleCheckDeps } from "./types.ts";

/** Milliseconds for one role, its further tries within the broker included. */
const patience = 20_000;
/** Seconds until the next try where the cloud did not answer; after the last nothing is known, and that is said. */
const backOff = [60, 300, 900, 1800, 3600] as const;
/** `checked` entries may wait this long for company in a batch. */
const flushWithin = 600_000;

interface Outcome {
  readonly outcome: CheckedEntry["outcome"];
  readonly code: string | null;
  readonly message: string | null;
}

/**
 * Tries one role and stores what came of it, with the entry in the same transaction. A process that dies meanwhile has stored
 * nothing, and the role is tried again; what another has stored meanwhile stays. Never throws for what the cloud says.
 */
export async function tryRole(
  deps: RoleCheckDeps,
  enrolment: Enrolment,
  accepted: Accepted,
  row: Row,
  checkable: CheckableRole,
): Promise<void> {
  const check = deps.newId();
  const told = await ask(deps, enrolment, checkable, check);
  const now = deps.clock.now();
  const wait = told.outcome === "unknown" ? backOff[row.tries] : undefined;
  await deps.db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable("role_check")
      .set({
        ...told,
        tries: row.tries + 1,
        tried_at: now,
        ...(wait === undefined ? { state: "done" } : { due_at: new Date(now.getTime() + wait * 1000) }),
      })
      .where("repository_id", "=", row.repository_id)
      .where("target", "=", row.target)
      .where("role", "=", row.role)
      .where("fingerprint", "=", row.fingerprint)
      .where("state", "=", "due")
      .where("tries", "=", row.tries)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n || wait !== undefined) return;
    const entry: CheckedEntry = {
      v: 1,
      id: check,
      at: formatInstant(now),
      type: "checked",
      policy_digest: accepted.digest,
      commit: accepted.commit,
      kind: checkable.role.kind,
      target: checkable.target,
      role: checkable.name,
      subject: checkable.subject,
      outcome: told.outcome,
      code: told.code,
    };
    await deps.recorder.append(trx, enrolment.id, [entry], new Date(now.getTime() + flushWithin));
  });
  const { outcome, code } = told;
  deps.log.info({ target: row.target, role: row.role, outcome, code, check }, "role tried");
}

async function ask(
  deps: RoleCheckDeps,
  { id, ownerId }: Enrolment,
  { role, region, subject }: CheckableRole,
  check: string,
): Promise<Outcome> {
  const broker = deps.brokers.get(role.kind);
  if (!broker?.check)
    return {
      outcome: "missing",
      code: "kind_not_supported",
      message: `This server issues nothing for targets of kind ${role.kind}: set BROKER_APP_ID and BROKER_PRIVATE_KEY for github.`,
    };
  const signal = AbortSignal.timeout(patience);
  const sign: CheckInput["sign"] = (request) => deps.keys.signAssertion({ ...request, now: deps.clock.now() });
  const access = { id, ownerId };
  try {
    await Promise.race([broker.check({ role, subject, region, access, check, sign, signal }), aborted(signal)]);
    return { outcome: "ok", code: null, message: null };
  } catch (error) {
    return failed(deps, error);
  }
}

/** The words of a CloudError are ours; of anything else none is kept. What is no clear answer of the cloud says nothing about the role. */
function failed(deps: RoleCheckDeps, error: unknown): Outcome {
  if (!(error instanceof CloudError)) {
    deps.log.warn({ name: error instanceof Error ? error.name : "unknown" }, "a role could not be tried");
    return {
      outcome: "unknown",
      code: "cloud_unavailable",
      message: "It could not be tried. The operator's log has more.",
    };
  }
  const { code, message } = error;
  return { outcome: error.retryable ? "unknown" : "missing", code, message: message.slice(0, 2000) };
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const give = (): void => reject(new CloudError("cloud_unavailable", "The cloud does not answer now."));
    if (signal.aborted) give();
    else signal.addEventListener("abort", give, { once: true });
  });
