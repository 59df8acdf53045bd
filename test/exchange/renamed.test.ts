import { afterEach, beforeEach, expect, test } from "vitest";
import type { Db } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";
import { access } from "../recorder/world.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { ask, codeOf, startWorld, targetText, type World } from "./world.ts";

// Grants and decisions have the names of their day; a freeze has another one of the same account (C07).

/** Another view of a database, that counts the statements about frozen people. */
function counting(db: Db): { db: Db; count: () => number } {
  let count = 0;
  const counted = db.withPlugin({
    transformQuery: ({ node }) => {
      if (JSON.stringify(node).includes("frozen_people")) count++;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  return { db: counted, count: () => count };
}

describeStores("a freeze of an account under another name than its grant has", (open) => {
  let issuer: Issuer;
  let world: World;
  beforeEach(async () => {
    issuer = await startIssuer();
    world = await startWorld((await open()).db, issuer);
    await world.db.updateTable("grant").set({ runs: 100 }).execute();
  });
  afterEach(() => issuer.close());

  /** As accepting such a policy leaves it. */
  const freeze = async (frozen: string, people: Readonly<Record<string, number>>) => {
    world.github.setPolicy(targetText(), frozen);
    const policy_digest = world.github.digest();
    await world.db.updateTable("enrolment").set({ accepted_digest: policy_digest }).execute();
    const rows = Object.entries(people).map(([login, id]) => ({ login, ids: [id], complete: true }));
    const row = { policy_digest, people: JSON.stringify(rows) };
    await world.db
      .insertInto("frozen_people")
      .values({ repository_id: access.id, ...row })
      .onConflict((c) => c.column("repository_id").doUpdateSet(row))
      .execute();
  };

  test("C07 C59 a grant of its requester or approver is refused, and nobody else's", async () => {
    await freeze('[{ requester: "@alice2" }]', { alice2: 11 });
    expect(codeOf(await ask(world))).toBe("frozen");
    await freeze('[{ approver: "@robert" }]', { robert: 12 });
    expect(codeOf(await ask({ ...world, exchange: world.restart() }))).toBe("frozen");
    // Who asked is no approver, and the other way round.
    await freeze('[{ approver: "@alice2" }, { requester: "@robert" }]', { alice2: 11, robert: 12 });
    expect(codeOf(await ask({ ...world, exchange: world.restart() }))).toBe("released");
  });

  test.each([
    ["requester", '[{ requester: "@alice2" }]', { alice2: 11 }],
    ["approver", '[{ approver: "@robert" }]', { robert: 12 }],
  ])("C07 C59 a token that lives is ended, of its %s", async (_, frozen, people) => {
    world.cloud.revocable = true;
    expect(codeOf(await ask(world))).toBe("released");
    await freeze('[{ requester: "@mallory" }]', { mallory: 66 });
    await world.restart().revokeEnded();
    expect(world.cloud.revoked).toEqual([]);
    await freeze(frozen, people);
    await world.restart().revokeEnded();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
  });

  test("where the account is not known yet, its login alone decides", async () => {
    await freeze('[{ requester: "@Alice" }]', {});
    expect(codeOf(await ask(world))).toBe("frozen");
  });

  test("costs one query where a person is frozen, and none elsewhere", async () => {
    const { db, count } = counting(world.db);
    for (const [frozen, queries] of [
      ["[]", 0],
      ['[{ requester: "@mallory" }]', 1],
    ] as const) {
      await freeze(frozen, {});
      const before = count();
      expect(codeOf(await ask({ ...world, exchange: world.restart({ db }) }))).toBe("released");
      expect(count() - before).toBe(queries);
    }
  });
});
