import { expect, test } from "vitest";
import { ownRevocation } from "../../src/store/migrations/0011-own-revocation.ts";
import { describeStores } from "../helpers/stores.ts";
import { perform } from "../scenarios/deeds/index.ts";
import { Story } from "../scenarios/story.ts";

const file = "requests/aws-prod/2026-11/one.yml";

describeStores("the rule of a revocation pull request", (open) => {
  /** A grant of alice's, then a pull request of somebody's that deletes its file and is merged. */
  const deletedBy = async (who: string, approve: boolean) => {
    const { db } = await open();
    const story = await Story.begin(db);
    perform(story, "alice asks for one", { path: file });
    await story.settle();
    perform(story, "bob approves one");
    await story.settle();
    const said: string[] = [];
    const merge = story.github.merge.bind(story.github);
    story.github.merge = (...args: Parameters<typeof merge>) => {
      const [, , , , message] = args as unknown as [unknown, number, string, string, string];
      said.push(message);
      return merge(...args);
    };
    perform(story, `${who} opens two`, { files: { [file]: null } });
    await story.settle();
    if (approve) {
      perform(story, "bob approves two");
      await story.settle();
    }
    const decisions = () =>
      db.selectFrom("decision").select(["rule", "approvers"]).where("kind", "=", "revocation").execute();
    return { db, message: said.join("\n"), decisions };
  };

  test("what its author may end is own_revocation, with no approver, in the decision and in the merge", async () => {
    const { db, message, decisions } = await deletedBy("alice", false);
    const own = [{ rule: "own_revocation", approvers: [] }];
    expect(await decisions()).toEqual(own);
    expect(message).toContain("Rule: own_revocation");
    expect(message).not.toContain("Approved-by");
    // As an older version wrote it.
    await db.updateTable("decision").set({ rule: "owners" }).where("kind", "=", "revocation").execute();
    await ownRevocation.up(db as never);
    expect(await decisions()).toEqual(own);
  });

  test("what an owner approved is the owners', also after an upgrade, and no request can be own_revocation", async () => {
    const { db, message, decisions } = await deletedBy("mallory", true);
    const owners = [{ rule: "owners", approvers: [expect.objectContaining({ login: "bob" })] }];
    expect(await decisions()).toEqual(owners);
    expect(message).toContain("Approved-by: bob");
    expect(message).not.toContain("Rule:");
    await ownRevocation.up(db as never);
    expect(await decisions()).toEqual(owners);
    const requests = db.updateTable("decision").set({ rule: "own_revocation" }).where("kind", "=", "request").execute();
    await expect(requests).rejects.toMatchObject({ constraint: "decision_rule_check" });
  });
});
