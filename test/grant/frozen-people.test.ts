import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import type { FreezeEntry } from "../../src/access-repo/types.ts";
import { RetryLater } from "../../src/base/errors.ts";
import { digest, type UserId, userId } from "../../src/base/ids.ts";
import { dispatchRun, type GrantDeps } from "../../src/grant/index.ts";
import { findFrozenPeople, keepFrozenPeople, storeFrozenPeople } from "../../src/grant/frozen-people.ts";
import { type Enrolment, readEnrolment } from "../../src/pull-request/index.ts";
import { knowingAccounts, readFrozenPeople } from "../../src/pull-request/frozen-people.ts";
import type { Issuer } from "../exchange/issuer.ts";
import { startWorld, targetText, type World } from "../exchange/world.ts";
import { describeStores } from "../helpers/stores.ts";
import { access } from "../recorder/world.ts";
import { Conversation, server } from "./comments/world.ts";

/** GitHub, as far as it is asked about accounts and policies. */
class Accounts extends Conversation {
  logins: Readonly<Record<string, number>> = {};
  asked: string[] = [];
  fails = false;
  reads = 0;
  /** What another replica does while this one asks. */
  meanwhile: () => Promise<unknown> = async () => undefined;
  async accountId(_: unknown, login: string): Promise<UserId | null> {
    this.asked.push(login);
    await this.meanwhile();
    if (this.fails) throw new RetryLater("github_unreachable", "no");
    const id = this.logins[login];
    return id === undefined ? null : userId(id);
  }
  override async policyAt() {
    this.reads++;
    return this.policy;
  }
}
const people = (...logins: string[]): readonly FreezeEntry[] => logins.map((login) => ({ kind: "requester", login }));
const other = digest(`sha256:${"e".repeat(64)}`);

describeStores("the people that a policy freezes", (open) => {
  let world: World;
  let github: Accounts;
  let deps: GrantDeps;
  beforeEach(async () => {
    world = await startWorld((await open()).db, { url: "https://issuer.example" } as Issuer);
    github = new Accounts(world.github.policy);
    ({ deps } = server(world.db, github, world.recorder, world.time, {
      config: { publicUrl: "", webUrl: "", frozen: [] },
    }));
  });

  const enrolment = async () => {
    const found = await readEnrolment(world.db, access.id);
    if (!found?.accepted) throw new Error("not enrolled");
    return found as Enrolment & { accepted: NonNullable<Enrolment["accepted"]> };
  };
  const find = async (...logins: string[]) => findFrozenPeople(deps, await enrolment(), people(...logins));
  const store = async (found: Awaited<ReturnType<typeof find>>, of = other) =>
    world.db.transaction().execute((trx) => storeFrozenPeople(trx, access.id, of, found));
  /** A policy that came into force without anybody's having looked for its people. */
  const accept = async (frozen: string): Promise<void> => {
    // Unlike any that was read before: what a policy of a digest freezes is remembered.
    world.github.setPolicy(`${targetText()}# ${randomUUID()}\n`, frozen);
    github.policy = world.github.policy;
    await world.db.updateTable("enrolment").set({ accepted_digest: world.github.digest() }).execute();
  };
  const known = async () => (await readFrozenPeople(world.db, access.id))?.people;

  test("C07 are those who have the login at GitHub, without case, each asked about once", async () => {
    github.logins = { carol: 13 };
    expect(await find("Carol", "CAROL")).toEqual([{ login: "carol", ids: [13], complete: true }]);
    expect(github.asked).toEqual(["carol"]);
    expect(await find()).toEqual([]);
  });

  test("C07 and those who asked or approved under it, whoever has it now", async () => {
    github.logins = { alice: 77 };
    expect(await find("Alice", "bob", "nobody")).toEqual([
      { login: "alice", ids: [11, 77], complete: true },
      { login: "bob", ids: [12], complete: true },
      { login: "nobody", ids: [], complete: true },
    ]);
  });

  test("C07 C72 stay the same while the entry does, whoever takes the login; and are forgotten with it", async () => {
    github.logins = { carol: 13 };
    await store(await find("carol"));
    github.logins = { carol: 14 };
    github.asked = [];
    await store(await find("carol", "dave"));
    expect(github.asked).toEqual(["dave"]);
    expect(await known()).toMatchObject([
      { login: "carol", ids: [13] },
      { login: "dave", ids: [] },
    ]);
    await store(await find("dave"));
    await store(await find("carol", "dave"));
    expect(await known()).toMatchObject([{ login: "carol", ids: [14] }, { login: "dave" }]);
  });

  test("C72 are known as far as they can be where GitHub does not answer, and it is asked again", async () => {
    await accept('[{ requester: "@alice" }, { approver: "@carol" }]');
    github.logins = { alice: 11, carol: 13 };
    github.fails = true;
    await keepFrozenPeople(deps, await enrolment());
    expect(await known()).toEqual([
      { login: "alice", ids: [11], complete: false },
      { login: "carol", ids: [], complete: false },
    ]);
    github.fails = false;
    await keepFrozenPeople(deps, await enrolment());
    expect(await known()).toEqual([
      { login: "alice", ids: [11], complete: true },
      { login: "carol", ids: [13], complete: true },
    ]);
    const frozen = await knowingAccounts(world.db, access.id, [{ kind: "approver", login: "Carol" }]);
    expect(frozen).toEqual([{ kind: "approver", login: "Carol", accounts: [13] }]);
    github.asked = [];
    github.reads = 0;
    await keepFrozenPeople(deps, await enrolment());
    expect({ asked: github.asked, reads: github.reads }).toEqual({ asked: [], reads: 0 });
  });

  test("C72 nor does it where our records cannot be read in time", async () => {
    await accept('[{ requester: "@alice" }]');
    github.logins = { alice: 77 };
    const db = world.db.withPlugin({
      transformQuery: ({ node }) => {
        if (JSON.stringify(node).includes("jsonb_array_elements")) throw new Error("canceling statement");
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    await keepFrozenPeople({ ...deps, db }, await enrolment());
    expect(await known()).toEqual([{ login: "alice", ids: [77], complete: false }]);
    await keepFrozenPeople(deps, await enrolment());
    expect(await known()).toEqual([{ login: "alice", ids: [77, 11], complete: true }]);
  });

  test("are asked about fifty at a time, and the next run goes on", async () => {
    const logins = Array.from({ length: 70 }, (_, i) => `person-${i}`);
    await store(await find(...logins));
    expect(github.asked).toHaveLength(50);
    await store(await find(...logins));
    expect([...new Set(github.asked)]).toHaveLength(70);
    expect(github.asked).toHaveLength(70);
  });

  test("that two replicas found are all kept, and those of a policy that is in force no more are not written", async () => {
    await accept('[{ requester: "@carol" }]');
    const before = await enrolment();
    github.logins = { carol: 13 };
    const one = await find("carol");
    github.logins = { carol: 14 };
    github.meanwhile = () => store(one, before.accepted.digest);
    await keepFrozenPeople(deps, before);
    github.meanwhile = async () => undefined;
    expect(await known()).toEqual([{ login: "carol", ids: [13, 14], complete: true }]);
    await accept("[]");
    await keepFrozenPeople(deps, await enrolment());
    await keepFrozenPeople(deps, before);
    expect(await known()).toEqual([]);
  });

  test("are of no concern where nobody is frozen: GitHub is asked nothing", async () => {
    await accept("[all, { target: aws-prod }]");
    await keepFrozenPeople(deps, await enrolment());
    await keepFrozenPeople(deps, await enrolment());
    // The policy, once; not even that where the server read it to accept it.
    expect({ asked: github.asked, reads: github.reads }).toEqual({ asked: [], reads: 1 });
  });

  test("C72 an unreadable policy keeps nothing from going on", async () => {
    await accept('[{ requester: "@carol" }]');
    github.policyAt = async () => {
      throw new RetryLater("github_unreachable", "no");
    };
    await keepFrozenPeople(deps, await enrolment());
    expect(await known()).toBeUndefined();
  });

  test("C07 C59 no run is started for a grant of theirs, under whatever name it was granted", async () => {
    await world.db
      .insertInto("dispatch")
      .values({
        id: "d",
        repository_id: access.id,
        workflow_repository_id: 74,
        workflow_repository: "acme/infra",
        file: ".github/workflows/x.yml",
        ref: "refs/heads/main",
        inputs: "{}",
        state: "pending",
        sent_at: null,
        run_id: null,
        reason: null,
        attempts: 0,
        created_at: world.time.now,
      })
      .execute();
    await world.db.updateTable("grant").set({ dispatch_id: "d" }).execute();
    github.logins = { alice2: 11, robert: 12 };
    for (const frozen of ['[{ requester: "@alice2" }]', '[{ approver: "@robert" }]']) {
      await accept(frozen);
      await keepFrozenPeople(deps, await enrolment());
      await expect(dispatchRun(deps, "d")).rejects.toMatchObject({ code: "dispatch_frozen" });
    }
  });
});
