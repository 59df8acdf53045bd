import {
  DummyDriver,
  Kysely,
  type KyselyPlugin,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from "kysely";
import { expect, test } from "vitest";
import { repositoryId } from "../../src/base/ids.ts";
import { ActiveRepositories } from "../../src/exchange/active-repositories.ts";
import type { Database } from "../../src/store/index.ts";
import { testClock } from "../helpers/clock.ts";

const granted = repositoryId(42);

/** A database in which repository 42 has a grant, and which answers when it is let. */
function slowDatabase() {
  const answer = Promise.withResolvers<void>();
  let asked = 0;
  const slow: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async () => {
      asked++;
      await answer.promise;
      return { rows: [{ id: "42", workflow_repository_id: "42" }] };
    },
  };
  const db = new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (own) => new PostgresIntrospector(own),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    plugins: [slow],
  });
  return { db, answer: () => answer.resolve(), asked: () => asked };
}

// A server that was killed comes back with an empty index. A job that knocks while the first reconcile fills it was told
// `access_denied`, which no Action tries again (C58).
test.each(["a reconcile", "another job"])(
  "C58: a job that comes while %s reads the grants waits for what it finds",
  async (who) => {
    const { db, answer, asked } = slowDatabase();
    const index = new ActiveRepositories(db, testClock());
    const first = who === "a reconcile" ? index.refresh() : index.has(granted);
    const job = index.has(granted);
    const stranger = index.has(repositoryId(7));
    answer();
    await first;
    expect(await job).toBe(true);
    expect(await stranger).toBe(false);
    // Strangers cost one look a second.
    expect(await index.has(repositoryId(8))).toBe(false);
    expect(asked()).toBe(1);
  },
);
