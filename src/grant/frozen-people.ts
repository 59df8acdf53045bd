import { sql } from "kysely";
import { frozenLogins } from "../access-repo/index.ts";
import type { FreezeEntry } from "../access-repo/types.ts";
import { CountersignError } from "../base/errors.ts";
import type { Digest } from "../base/ids.ts";
import { type Enrolment, readFrozenPeople } from "../pull-request/index.ts";
import { type Db, distinct } from "../store/index.ts";
import type { FrozenPerson } from "../store/schema.ts";
import type { GrantDeps } from "./deps.ts";
import { writtenFreezes } from "./frozen.ts";

// Anybody may give up his login at GitHub and keep teams, memberships and grants. So a freeze of a person is a freeze of the
// accounts behind the login that is written, whatever they are called before and after (DESIGN.md section 4, Freeze; C07).

type Active = Enrolment & { accepted: NonNullable<Enrolment["accepted"]> };
type Deps = Pick<GrantDeps, "db" | "github" | "log">;

/** Logins that are looked for in one run, at once; the sweep goes on. */
const most = 50;

/**
 * Which accounts the people of a policy have, for those that are not known yet: whoever has the login at GitHub now, and
 * whoever had it in our own records, since a person may have given it up before he was frozen by it. What is known stays while
 * the entry does, so that whoever takes a login later changes nothing about whom it froze.
 *
 * Fails for neither's sake: a freeze comes into force without it, by login, and the sweep looks again.
 */
export async function findFrozenPeople(
  deps: Deps,
  enrolment: Enrolment,
  frozen: readonly FreezeEntry[],
): Promise<readonly FrozenPerson[]> {
  const logins = frozenLogins(frozen);
  if (logins.length === 0) return [];
  const before = await readFrozenPeople(deps.db, enrolment.id);
  const known = new Map((before?.people ?? []).map((person) => [person.login, person]));
  const people = logins.map((login): FrozenPerson => known.get(login) ?? { login, ids: [], complete: false });
  const open = people.filter((person) => !person.complete).slice(0, most);
  const names = open.map(({ login }) => login);
  const [recorded, live] = await Promise.all([onRecord(deps, enrolment, names), atGitHub(deps, enrolment, names)]);
  const found = new Map(
    open.map(({ login, ids }): [string, FrozenPerson] => {
      const id = live.get(login);
      const all = distinct([...ids, ...(recorded?.get(login) ?? []), ...(typeof id === "number" ? [id] : [])]);
      return [login, { login, ids: all, complete: recorded !== undefined && id !== undefined }];
    }),
  );
  for (const { login, ids, complete } of found.values())
    if (complete && ids.length === 0)
      deps.log.warn(
        { accessRepo: enrolment.fullName, login },
        "frozen is a login that no account has, nor had in our records",
      );
  return people.map((person) => found.get(person.login) ?? person);
}

/** Whose each login is now; null: nobody's. Of what GitHub did not answer nothing is told. */
async function atGitHub(
  { github, log }: Deps,
  enrolment: Enrolment,
  logins: readonly string[],
): Promise<ReadonlyMap<string, number | null>> {
  const found = new Map<string, number | null>();
  const ask = async (login: string): Promise<void> => {
    try {
      found.set(login, await github.accountId(enrolment, login));
    } catch (error) {
      log.warn(
        { accessRepo: enrolment.fullName, login, code: codeOf(error) },
        "GitHub did not tell whose a frozen login is",
      );
    }
  };
  await Promise.all(logins.map(ask));
  return found;
}

/**
 * Accounts that asked or approved under these logins, in any access repo: one server knows one GitHub. Reads through all
 * decisions, a second for half a million: once for each login that is frozen. undefined: it took too long.
 */
async function onRecord(
  { db, log }: Deps,
  enrolment: Enrolment,
  logins: readonly string[],
): Promise<ReadonlyMap<string, readonly number[]> | undefined> {
  if (logins.length === 0) return new Map();
  try {
    const { rows } = await sql<{ login: string; id: string }>`
      select distinct lower(login) as login, id from (
        select requester_login as login, requester_id as id from decision
        union all select a.value ->> 'login', (a.value ->> 'id')::bigint
          from decision cross join lateral jsonb_array_elements(approvers) a
        union all select requester_login, requester_id from pending_request
        union all select requester_login, requester_id from asked_request
        union all select triggered_by_login, triggered_by_id from asked_request
      ) known where lower(login) = any(${logins}::text[]) order by 1, 2`.execute(db);
    const byLogin = Map.groupBy(rows, (row) => row.login);
    return new Map([...byLogin].map(([login, found]) => [login, found.map(({ id }) => Number(id))]));
  } catch (error) {
    log.warn(
      { err: error, accessRepo: enrolment.fullName },
      "who had the frozen logins could not be looked up in our records",
    );
    return undefined;
  }
}

const codeOf = (error: unknown): string => (error instanceof CountersignError ? error.code : "unknown");

/**
 * What is known of the people of the accepted policy; of those who left it nothing is kept. In the transaction that accepts
 * it, or that holds the enrolment's row: what another replica found meanwhile is kept too.
 */
export async function storeFrozenPeople(
  trx: Db,
  repositoryId: number,
  digest: Digest,
  people: readonly FrozenPerson[],
): Promise<void> {
  const before = await readFrozenPeople(trx, repositoryId);
  const found = new Map((before?.people ?? []).map((person) => [person.login, person]));
  const all = people.map(({ login, ids, complete }): FrozenPerson => {
    const other = found.get(login);
    return { login, ids: distinct([...(other?.ids ?? []), ...ids]), complete: complete || other?.complete === true };
  });
  const row = { policy_digest: digest, people: JSON.stringify(all) };
  await trx
    .insertInto("frozen_people")
    .values({ repository_id: repositoryId, ...row })
    .onConflict((c) => c.column("repository_id").doUpdateSet(row))
    .execute();
}

/**
 * Level-triggered: whom the accepted policy freezes is known, whichever way it was accepted. Costs one query where it is, and
 * asks GitHub for nothing where nobody is frozen by name.
 */
export async function keepFrozenPeople(deps: Deps, enrolment: Active): Promise<void> {
  const { digest } = enrolment.accepted;
  const known = await readFrozenPeople(deps.db, enrolment.id);
  if (known?.digest === digest && known.people.every(({ complete }) => complete)) return;
  const frozen = await writtenFreezes(deps, enrolment).catch((error: unknown) => {
    if (!(error instanceof CountersignError)) throw error;
    deps.log.warn(
      { accessRepo: enrolment.fullName, code: codeOf(error) },
      "whom the policy freezes could not be read yet",
    );
    return undefined;
  });
  if (!frozen) return;
  const people = await findFrozenPeople(deps, enrolment, frozen);
  await deps.db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom("enrolment")
      .select("accepted_digest")
      .where("repository_id", "=", String(enrolment.id))
      .forUpdate()
      .executeTakeFirst();
    // Another policy meanwhile: whoever accepted it has looked for its people.
    if (row?.accepted_digest === digest) await storeFrozenPeople(trx, enrolment.id, digest, people);
  });
}
