import { describe, expect, test } from "vitest";
import { type AskedByJob, decide, onBehalfOfRequester } from "../../src/approval/index.ts";
import type { Snapshot } from "../../src/approval/types.ts";
import { repositoryId } from "../../src/base/ids.ts";
import * as w from "./world.ts";

// alice's job asked; our bot, `countersign`, opened the pull request with one commit and one push of its own.

const bot = { ...w.robot, login: "countersign[bot]" };
const otherBot = { ...w.robot, id: w.erin.id, login: "helper" };
const branch = "countersign/request/0d3c5a11-0000-4000-8000-000000000001";
const asked = (over: Partial<AskedByJob> = {}): AskedByJob => ({
  requester: w.alice,
  triggeredBy: w.alice,
  bot,
  branch,
  commit: w.head,
  ...over,
});
/** As GitHub shows it: the bot as author, no account behind the commit. */
const input = (world: w.World = {}) =>
  w.inputOf({
    ...world,
    pullRequest: { author: bot, headRef: branch, ...world.pullRequest },
    snapshot: {
      commits: [w.commit({ authors: [null], committer: "web-flow" })],
      pushes: [w.push(bot)],
      ...world.snapshot,
    },
  });
const decided = (world: w.World = {}, by = asked()) => {
  const asIs = input(world);
  const own = onBehalfOfRequester(asIs.snapshot, by);
  return own.ok ? decide({ ...asIs, snapshot: own.snapshot, excluded: own.excluded }) : own.why;
};
const approved = [w.review(w.bob)];

describe("a request that a job asked for", () => {
  test("is decided as the requester's: an owner approves it", () => {
    expect(decided({ reviews: approved })).toMatchObject({ outcome: "approved", approvers: [w.bob] });
    expect(decided()).toMatchObject({ outcome: "pending" });
  });

  test("C19 the requester does not approve it, though GitHub lets them: its author there is our bot", () => {
    const codeowners = "* @acme/platform\n/requests/aws-prod/ @alice @bob\n";
    const decision = decided({ codeowners, reviews: [w.review(w.alice)] });
    expect(decision).toMatchObject({ outcome: "pending", ignored: [{ reason: "requester" }] });
  });

  test("C63 who re-ran the job that asked does not approve it", () => {
    const decision = decided({ reviews: approved }, asked({ triggeredBy: w.bob }));
    expect(decision).toMatchObject({ outcome: "pending", ignored: [{ reason: "excluded" }] });
    expect(decided({ reviews: [w.review(w.carol)] }, asked({ triggeredBy: w.bob }))).toMatchObject({
      outcome: "approved",
    });
  });

  test("C23 our own bot does not approve it, named as owner or not", () => {
    const codeowners = "* @acme/platform\n/requests/aws-prod/ @bob @countersign\n";
    expect(decided({ codeowners, reviews: [w.review(bot)] })).toMatchObject({ outcome: "pending" });
  });

  test("a freeze of the requester stops it", () => {
    const settings = 'approvals: 1\nfrozen: [{ requester: "alice" }]\n';
    expect(decided({ settings, reviews: approved })).toMatchObject({ outcome: "denied" });
  });

  test("without our record it is a bot's pull request, which is denied", () => {
    expect(decide(input({ reviews: approved }))).toMatchObject({ outcome: "denied" });
  });
});

const snapshotOf = (more: Partial<Snapshot>): w.World => ({ reviews: approved, snapshot: more });
const ours = w.push(bot);

describe("no approval helps where", () => {
  test.each<[string, w.World, RegExp]>([
    ["another bot opened it", { pullRequest: { author: otherBot } }, /did not open/],
    ["a person opened it from our branch", { pullRequest: { author: w.mallory } }, /did not open/],
    ["its author is gone", { pullRequest: { author: null } }, /did not open/],
    ["its branch is another", { pullRequest: { headRef: `${branch}0` } }, /Its branch is not/],
    ["C21 its head is another", { pullRequest: { headSha: w.older } }, /another commit/],
    [
      "it has another commit beside ours",
      snapshotOf({ commits: [w.commit({ sha: w.older }), w.commit()] }),
      /another commit/,
    ],
    [
      "C54 somebody pushed",
      snapshotOf({ pushes: [ours, w.push(w.mallory, { before: w.head, after: w.older })] }),
      /Somebody else pushed/,
    ],
    [
      "C54 somebody pushed something else and put our commit back",
      snapshotOf({
        pushes: [
          ours,
          w.push(w.mallory, { before: w.head, after: w.older }),
          w.push(w.mallory, { before: w.older, after: w.head }),
        ],
      }),
      /Somebody else pushed/,
    ],
    [
      "the requester pushed",
      snapshotOf({ pushes: [ours, w.push(w.alice, { before: w.head })] }),
      /Somebody else pushed/,
    ],
    [
      "somebody made the branch anew at our commit",
      snapshotOf({ pushes: [w.push(w.mallory)] }),
      /Somebody else pushed/,
    ],
    [
      "a push without an actor",
      snapshotOf({ pushes: [ours, w.push(null, { before: w.head })] }),
      /Somebody else pushed/,
    ],
    ["another App pushed", snapshotOf({ pushes: [ours, w.push(otherBot)] }), /Somebody else pushed/],
    [
      "our own bot pushed another commit",
      snapshotOf({ pushes: [w.push(bot, { after: w.older }), w.push(bot, { before: w.older })] }),
      /Somebody else pushed/,
    ],
  ])("%s", (_, world, why) => {
    const said = decided({ reviews: approved, ...world });
    expect(said).toMatch(why);
    expect(said).toMatch(/have the job ask again\.$/);
  });

  test("the gates of every pull request do not hold: another base, a fork, a closed one", () => {
    for (const pullRequest of [
      { baseRef: "main2" },
      { headRepositoryId: repositoryId(11) },
      { state: "closed" },
    ] as const)
      expect(decided({ reviews: approved, pullRequest })).toMatchObject({ outcome: "denied" });
  });

  test("C21 GitHub does not show the push or the commit yet: it is tried again", () => {
    expect(decided(snapshotOf({ pushes: [] }))).toMatchObject({ outcome: "retry" });
    expect(decided(snapshotOf({ commits: [] }))).toMatchObject({ outcome: "retry" });
  });
});
