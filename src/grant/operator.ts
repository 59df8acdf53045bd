import { formatInstant } from "../base/duration.ts";
import { CountersignError } from "../base/errors.ts";
import { oneLine } from "../base/text.ts";
import type { PlanData } from "../plan/types.ts";
import { type Enrolment, readEnrolment } from "../pull-request/index.ts";
import { cancelKey } from "./cancel-runs.ts";
import { revokeRequest } from "./comments/revoke.ts";
import { type Credential, longestLife, releasedCredentials } from "./credentials.ts";
import { flushKey, type GrantDeps } from "./deps.ts";
import { howToCut } from "./how-to-cut.ts";

// What an operator asks and does at the server's socket. By the database alone, since GitHub may be what is down.

interface Out {
  readonly kind: Credential["issued"]["kind"];
  readonly path: string;
  readonly run_id: number;
  readonly until: string;
  readonly identifiers: Record<string, string>;
}

const out = (credentials: readonly Credential[], now: Date): Out[] =>
  credentials
    .filter(({ until, ended }) => until > now && ended !== "gone")
    .map(({ issued: { kind, path, job, identifiers }, until }) => ({
      kind,
      path,
      run_id: job.run_id,
      until: formatInstant(until),
      identifiers: { ...identifiers },
    }));

/** Every grant that may be used now or later, and every credential that was released and lives, also of grants that ended. */
export async function liveGrants({ db, clock }: Pick<GrantDeps, "db" | "clock">) {
  const now = clock.now();
  const rows = await db
    .selectFrom("grant as g")
    .innerJoin("enrolment as e", "e.repository_id", "g.repository_id")
    .select(["g.id", "g.path", "g.target", "g.role", "g.requester_login", "g.pull_request", "g.state"])
    .select(["g.not_before", "g.expires_at", "e.full_name"])
    .where((b) => b.or([b("g.state", "=", "active"), b("g.ended_at", ">", new Date(now.getTime() - longestLife))]))
    .orderBy("g.expires_at")
    .orderBy("g.path")
    .execute();
  const repositories = new Map(rows.map((row) => [row.id, row.full_name]));
  const credentials = await releasedCredentials(db, [...repositories.keys()]);
  return {
    grants: rows
      .filter((row) => row.state === "active" && row.expires_at > now)
      .map((row) => ({
        repository: row.full_name,
        path: row.path,
        target: row.target,
        role: row.role,
        requester: row.requester_login,
        pull_request: row.pull_request,
        not_before: formatInstant(row.not_before),
        expires_at: formatInstant(row.expires_at),
      })),
    credentials: credentials.flatMap((one) =>
      out([one], now).map((shown) => ({ repository: repositories.get(one.issued.grant) ?? "", ...shown })),
    ),
  };
}

/**
 * Revokes a live grant by an operator's word, effective at once; recorded with nobody as `by` and a reason that says so. The run is
 * cancelled and tokens are revoked when GitHub answers.
 * @throws CountersignError `no_such_grant`, `ambiguous_path`
 */
export async function revokeByOperator(
  deps: Pick<GrantDeps, "db" | "clock" | "newId" | "recorder" | "enqueue"> & { endCredentials: () => Promise<void> },
  { repository, path, reason }: { repository: string | null; path: string; reason: string },
) {
  const { enrolment, pullRequest } = await findGrant(deps, repository, path);
  const at = deps.clock.now();
  const revoked = await deps.db.transaction().execute((trx) =>
    revokeRequest(deps, trx, enrolment, {
      pullRequest,
      path,
      merged: true,
      by: null,
      reason: oneLine(`By an operator on the server: ${reason}`),
    }),
  );
  if (!revoked?.grant) throw noSuchGrant(path);
  await deps.enqueue(flushKey(enrolment.id));
  if (revoked.dispatch !== null) await deps.enqueue(cancelKey(revoked.dispatch));
  await deps.endCredentials().catch(() => undefined); // the sweep comes again
  const credentials = out(await releasedCredentials(deps.db, [revoked.grant]), at);
  const { plan } = await deps.db
    .selectFrom("grant")
    .select("plan")
    .where("id", "=", revoked.grant)
    .executeTakeFirstOrThrow();
  const how = credentials.length === 0 ? null : howToCut(JSON.parse(plan) as PlanData, at);
  const cut = how && [how.say, ...how.lines.map((line) => `  ${line}`), ...(how.after === null ? [] : [how.after])];
  return { repository: enrolment.fullName, path, at: formatInstant(at), credentials, cut: cut ?? [] };
}

async function findGrant(
  { db }: Pick<GrantDeps, "db">,
  repository: string | null,
  path: string,
): Promise<{ readonly enrolment: Enrolment; readonly pullRequest: number }> {
  const rows = await db
    .selectFrom("grant as g")
    .innerJoin("enrolment as e", "e.repository_id", "g.repository_id")
    .select(["g.repository_id", "g.pull_request", "e.full_name"])
    .where("g.path", "=", path)
    .where("g.state", "=", "active")
    .execute();
  const fit = rows.filter((row) => repository === null || row.full_name.toLowerCase() === repository.toLowerCase());
  const [only, ...more] = fit;
  if (more.length > 0) {
    const names = fit.map((row) => row.full_name).join(", ");
    throw new CountersignError("ambiguous_path", `Several access repos have a live grant of it: name one of ${names}.`);
  }
  const enrolment = only && (await readEnrolment(db, Number(only.repository_id)));
  if (!only || !enrolment) throw noSuchGrant(path);
  return { enrolment, pullRequest: only.pull_request };
}

const noSuchGrant = (path: string): CountersignError =>
  new CountersignError("no_such_grant", `No live grant came from ${path}: \`countersign live\` lists them.`);
