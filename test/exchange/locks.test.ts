import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { beginning } from "../../src/exchange/begin.ts";
import type { Claims } from "../../src/exchange/claims.ts";
import { type LoadedGrant, parsedPlan } from "../../src/exchange/grants.ts";
import type { LiveFacts } from "../../src/exchange/live.ts";
import { revokePaths } from "../../src/grant/end-grants.ts";
import type { Recorder } from "../../src/recorder/index.ts";
import type { Db } from "../../src/store/index.ts";
import { useStore } from "../helpers/stores.ts";
import { access } from "../recorder/world.ts";
import { now } from "./fixtures.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { ask, codeOf, form, insertGrant, startWorld, states, until, type World } from "./world.ts";

// PGlite has one connection: there nobody ever waits for a lock.
const open = useStore("postgres");
const meta = { correlationId: "c", remote: "r" };
let issuer: Issuer;
let world: World;
const start = async (runs: number) => (world = await startWorld((await open()).db, issuer, { runs }));
beforeEach(async () => {
  issuer = await startIssuer();
});
afterEach(async () => {
  for (const go of letGo.splice(0)) await go();
  await issuer.close();
});
/** Also where a test fails: a lock that is held keeps the connections of all from closing. */
const letGo: (() => Promise<void>)[] = [];

/** Another connection that holds what `lock` took until it is told to let go. */
async function holding(lock: (trx: Db) => Promise<unknown>): Promise<() => Promise<void>> {
  const { db } = await open();
  const taken = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const done = db.transaction().execute(async (trx) => {
    await lock(trx);
    taken.resolve();
    await over.promise;
  });
  await Promise.race([taken.promise, done]);
  const go = async (): Promise<void> => {
    over.resolve();
    await done;
  };
  letGo.push(go);
  return go;
}
const someoneWaits = async () => {
  const { rows } = await sql<{ n: string }>`
    select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
    world.db,
  );
  return Number(rows[0]?.n) > 0;
};
const lockGrant = (id: string) => (trx: Db) =>
  trx.selectFrom("grant").select("id").where("id", "=", id).forNoKeyUpdate().execute();

test("an attempt whose use is counted begins beside those who count one: batches that use two grants never wait in a circle", async () => {
  await start(2);
  expect(codeOf(await ask(world))).toBe("released");
  const { minted } = world.cloud;
  // Another replica stops while it holds the grant to count the use of another attempt.
  const held = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  letGo.push(async () => over.resolve());
  let locking: unknown;
  const db = (await open()).db.withPlugin({
    transformQuery: ({ node, queryId }) => {
      if (/"modifier":"For(No Key ?)?/i.test(JSON.stringify(node))) locking = queryId;
      return node;
    },
    transformResult: async ({ result, queryId }) => {
      if (queryId !== locking) return result;
      held.resolve();
      await over.promise;
      return result;
    },
  });
  const other = ask({ issuer, exchange: world.restart({ db }) }, { run_id: "901" });
  await held.promise;
  const answer = ask(world);
  await until(() => world.cloud.minted > minted);
  over.resolve();
  expect([codeOf(await answer), codeOf(await other)]).toEqual(["released", "released"]);
});

test("grants of two access repos are locked in one order, by begin as by release", async () => {
  await start(1);
  // By id alone the second would come first; by access repo, as the release has it, it comes last.
  const [first, last] = ["b", "a"].map((letter) => letter + randomUUID().slice(1)) as [string, string];
  const { db } = world;
  const enrolment = await db.selectFrom("enrolment").selectAll().executeTakeFirstOrThrow();
  const row = await db.selectFrom("grant").selectAll().executeTakeFirstOrThrow();
  await db
    .insertInto("enrolment")
    .values({ ...enrolment, repository_id: "200", full_name: "acme/second" })
    .execute();
  await db.updateTable("grant").set({ id: first }).execute();
  await db
    .insertInto("grant")
    .values({ ...row, id: last, repository_id: "200" })
    .execute();
  const release = await holding(lockGrant(first));
  const begin = beginning({ db, clock: { now: () => now }, newId: randomUUID });
  const begun = [first, last].map((id) =>
    begin(
      { iss: issuer.url, jti: id, exp: now.getTime() / 1000, runId: 900, runAttempt: 1 } as Claims,
      {
        id,
        planHash: row.plan_hash,
        runs: 1,
        uses: { count: 0, thisAttempt: false },
        plan: parsedPlan(row.plan_hash, row.plan),
      } as unknown as LoadedGrant,
      { enrolment: { id: access.id }, policyDigest: enrolment.accepted_digest } as LiveFacts,
      "c",
    ),
  );
  await until(someoneWaits);
  const { rows } = await sql`select id from "grant" where id = ${last} for share nowait`.execute(db);
  expect(rows).toHaveLength(1);
  await release();
  expect((await Promise.all(begun)).map(({ grant }) => grant.id)).toEqual([first, last]);
});

test("C59 a revocation of several grants locks them as exchanges do, so that none holds it up", async () => {
  await start(1);
  const { db, github } = world;
  const second = await insertGrant(db, github, { name: "requests/aws-prod/other.yml" });
  // The row that comes first in the table comes last by its id.
  const [first, last] = ["a", "b"].map((letter) => letter + randomUUID().slice(1)) as [string, string];
  await db.updateTable("grant").set({ id: last }).where("id", "=", world.grant).execute();
  await db.updateTable("grant").set({ id: first }).where("id", "=", second).execute();
  const release = await holding(lockGrant(first));
  const paths = [github.request.path, "requests/aws-prod/other.yml"];
  const revoked = db
    .transaction()
    .execute((trx) =>
      revokePaths(
        { clock: { now: () => now }, newId: randomUUID },
        trx,
        access.id,
        paths,
        "deletion",
        github.head ?? "",
      ),
    );
  await until(someoneWaits);
  const { rows } = await sql`select id from "grant" where id = ${last} for share nowait`.execute(db);
  expect(rows).toHaveLength(1);
  await release();
  expect(await revoked).toHaveLength(2);
});

test("who waited for its turn until its deadline was over loses no use and no token for it", async () => {
  await start(1);
  const release = await holding(lockGrant(world.grant));
  const token = await issuer.token();
  const answer = world.exchange.token(form(token), meta);
  await until(someoneWaits);
  world.time.now = new Date(now.getTime() + 45_000);
  await release();
  expect(codeOf(await answer)).toBe("issue_timeout");
  expect(await world.db.selectFrom("grant_use").select("run_id").execute()).toEqual([]);
  expect(await states(world.db)).toEqual([]);
  world.time.now = now;
  expect(codeOf(await world.exchange.token(form(token), meta))).toBe("released");
});

for (const [what, code, change] of [
  ["deadline", "issue_timeout", async () => undefined],
  [
    "window",
    "grant_expired",
    async () =>
      world.db
        .updateTable("grant")
        .set({ expires_at: new Date(now.getTime() + 20_000) })
        .execute(),
  ],
] as const)
  test(`C59 a release that waited for a lock until the ${what} was over answers with nothing, and gives the token back`, async () => {
    await start(1);
    await change();
    world.cloud.revocable = true;
    let release = async (): Promise<void> => undefined;
    const recorder: Pick<Recorder, "append" | "caughtUp" | "flush"> = {
      append: (...args) => world.recorder.append(...args),
      caughtUp: (repo) => world.recorder.caughtUp(repo),
      flush: async (repo) => {
        await world.recorder.flush(repo);
        release = await holding((trx) =>
          trx
            .selectFrom("enrolment")
            .select("state")
            .where("repository_id", "=", String(access.id))
            .forUpdate()
            .execute(),
        );
      },
    };
    const answer = ask({ issuer, exchange: world.restart({ recorder }) });
    await until(async () => (await states(world.db))[0] === "recorded" && (await someoneWaits()));
    world.time.now = new Date(now.getTime() + (what === "deadline" ? 45_000 : 20_000));
    await release();
    expect(codeOf(await answer)).toBe(code);
    expect(world.cloud.revoked).toEqual(["secret-1"]);
    expect(await world.db.selectFrom("exchange").select("sealed_token").execute()).toEqual([{ sealed_token: null }]);
  });
