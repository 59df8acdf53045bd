import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { beforeEach, describe, expect, test } from "vitest";
import { policyDigest } from "../../src/access-repo/index.ts";
import { acceptPolicy } from "../../src/grant/index.ts";
import { readFrozenPeople } from "../../src/pull-request/frozen-people.ts";
import { useStore } from "../helpers/stores.ts";
import { perform } from "../scenarios/deeds/index.ts";
import { policyOf } from "../scenarios/model/repository.ts";
import { Story } from "../scenarios/story.ts";

const path = ".github/countersign.yml";
const files = { [path]: 'version: 1\napprovals: 1\nfrozen: [{ requester: "@alice" }]\n' };

describe("C07 C72 the accounts of frozen people are known in the moment in which the policy comes into force", () => {
  const open = useStore();
  let story: Story;
  beforeEach(async () => {
    story = await Story.begin((await open()).db);
  });
  const people = async () => (await readFrozenPeople(story.db, story.home.id))?.people;
  const alice = () => [{ login: "alice", ids: [story.github.person("alice").id], complete: true }];

  test("by the merge of a freeze", async () => {
    // Asked for right after the transaction, before anybody looks at the head again.
    const found: ReturnType<typeof people>[] = [];
    const judged = (): void => void found.push(people());
    subscribe("countersign:head", judged);
    try {
      perform(story, "paula opens stop", { files });
      await story.settle();
    } finally {
      unsubscribe("countersign:head", judged);
    }
    expect(await Promise.all(found)).toEqual([alice()]);
  });

  test("by an operator's word", async () => {
    perform(story, "mallory pushes straight to main", { files });
    await story.settle();
    expect(await people()).toEqual([]);
    const digest = policyDigest(policyOf(story.home.git.tip("main")));
    await acceptPolicy(story.server.deps, null, digest, "it is right");
    expect(await people()).toEqual(alice());
  });

  test("though GitHub does not tell them: then it is in force all the same, by login", async () => {
    const { accountId } = story.github;
    story.github.accountId = () => Promise.reject(new TypeError("no JSON"));
    perform(story, "paula opens stop", { files });
    await story.settle();
    expect(story.pulls.get("stop")?.pull.state).toBe("merged");
    expect(await people()).toEqual([{ login: "alice", ids: [], complete: false }]);
    perform(story, "alice asks for one");
    await story.settle();
    perform(story, "bob approves one");
    await story.settle();
    expect(story.pulls.get("one")?.pull.state).toBe("open");
    story.github.accountId = accountId.bind(story.github);
    await story.sweep();
    expect(await people()).toEqual(alice());
  });
});
