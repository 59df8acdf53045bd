import { expect, test } from "vitest";
import { useStore } from "../helpers/stores.ts";
import { perform } from "../scenarios/deeds/index.ts";
import { Story } from "../scenarios/story.ts";

const open = useStore();
const path = (name: string): string => `requests/aws-prod/2026-11/${name}.yml`;

test("C03 a tip from before what was judged ends no grant, where GitHub's other answer is ahead of it", async () => {
  const { db } = await open();
  const story = await Story.begin(db);
  const { github, home, clock } = story;
  const does = async (...sentences: readonly string[]): Promise<void> => {
    for (const sentence of sentences) {
      clock.advance(60);
      perform(story, sentence);
      clock.advance(2);
    }
    await story.settle();
  };
  const before = home.git.tip("main").sha;
  await does("alice asks for one");
  await does("bob approves one");
  expect(await story.grantOf(path("one"))).toMatchObject({ state: "active" });

  // GitHub answers the query about the second pull request from a replica that has not heard of the first merge.
  const live = github.snapshot.bind(github);
  github.snapshot = async (repo, number) => {
    const answer = await live(repo, number);
    if (answer?.kind !== "snapshot" || answer.snapshot.pullRequest.state === "open") return answer;
    return { ...answer, snapshot: { ...answer.snapshot, tip: { ...answer.snapshot.tip, sha: before } } };
  };
  github.mergeRefused = { status: 405, message: "Required status check is expected." };
  await does("alice asks for two");
  await does("bob approves two");
  github.mergeRefused = undefined;
  const two = story.pulls.get("two");
  if (two) github.squash(home, two.pull, github.person("root"));
  await story.settle();
  expect(await story.grantOf(path("one"))).toMatchObject({ state: "active" });
  github.snapshot = live;
  clock.advance(60);
  await story.sweep();
  expect(await story.grantOf(path("one"))).toMatchObject({ state: "active" });
  expect(await story.grantOf(path("two"))).toMatchObject({ state: "active" });
});

test("C21 what GitHub hides for good of a merge is not waited for without end: what follows is judged", async () => {
  const { db } = await open();
  const story = await Story.begin(db);
  const { github, home, clock } = story;
  const does = async (sentence: string): Promise<void> => {
    clock.advance(60);
    perform(story, sentence);
    clock.advance(2);
    await story.settle();
  };
  await does("alice asks for one");
  // From the merge on: she makes the branch again and pushes more often than GitHub's list of activity is long.
  github.before = (method) => {
    if (method !== "merge") return;
    github.before = undefined;
    home.activity.splice(0, home.activity.length, ...home.activity.filter((row) => row.ref !== "one"));
  };
  await does("bob approves one");
  expect(await story.grantOf(path("one"))).toBeUndefined();
  expect(await story.quarantineOf(path("one"))).toBeUndefined();
  await does("alice asks for two");
  await does("bob approves two");
  expect(await story.grantOf(path("two"))).toBeUndefined();
  clock.advance(2 * 3600);
  await story.sweep();
  expect(await story.grantOf(path("one"))).toBeUndefined();
  expect(await story.quarantineOf(path("one"))).toBe("decision_differs");
  expect(await story.grantOf(path("two"))).toMatchObject({ state: "active" });
});
