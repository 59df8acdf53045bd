import { describe, expect, test } from "vitest";
import { ownWork } from "../../src/approval/index.ts";
import { repositoryId } from "../../src/base/ids.ts";
import { alice, at, hex, inputOf, mallory, older, push, robot, type World, zeros } from "./world.ts";

const workOf = (world: World = {}) => ownWork(inputOf(world).snapshot);
const pushes = (...rows: ReturnType<typeof push>[]): World => ({ snapshot: { pushes: rows } });

describe("what a person may do alone because it ends access", () => {
  test("is the author's own where every push that GitHub shows is", () => {
    expect(workOf()).toEqual({ kind: "own" });
    const two = pushes(push(alice, { after: older }), push(alice, { before: older, at: at(1) }));
    expect(workOf(two)).toEqual({ kind: "own" });
  });

  test("is still the author's own where older rows are not shown: ending is safer than going on", () => {
    expect(workOf(pushes(push(alice, { before: older })))).toEqual({ kind: "own" });
  });

  test.each<[string, World, string]>([
    [
      "a stranger's push under the author's head",
      pushes(push(mallory, { after: older }), push(alice, { before: older, at: at(1) })),
      "mallory pushed as well",
    ],
    [
      "a stranger's head over the author's push",
      pushes(push(alice, { after: older }), push(mallory, { before: older, at: at(1) })),
      "mallory pushed as well",
    ],
    [
      "a push that was put back by force",
      pushes(push(), push(mallory, { after: older }), push(alice, { before: older })),
      "mallory pushed as well",
    ],
    ["a push that GitHub names nobody for", pushes(push(null)), "somebody unknown pushed as well"],
    ["a bot's", { pullRequest: { author: robot }, ...pushes(push(robot)) }, "is a bot"],
    ["an author who is gone", { pullRequest: { author: null } }, "deleted"],
    [
      "a fork's branch, whose pushes are not shown",
      { pullRequest: { headRepositoryId: repositoryId(99) } },
      "in a fork",
    ],
    ["another base", { pullRequest: { baseRef: "release" } }, "not to the default branch"],
    ["what is closed", { pullRequest: { state: "closed" } }, "closed without a merge"],
  ])("C54 is nobody's own: %s", (_, world, why) => {
    const work = workOf(world);
    expect(work).toMatchObject({ kind: "shared", text: expect.stringContaining(why) });
  });

  test.each<[string, World]>([
    ["a head whose push GitHub does not show yet", pushes(push(alice, { after: older }))],
    ["a head that is not the newest push", pushes(push(), push(alice, { after: older, at: at(1) }))],
    ["no push at all", pushes()],
    ["nothing but the branch's deletion", pushes(push(alice, { before: hex("a"), after: zeros as typeof older }))],
  ])("waits for %s", (_, world) => {
    expect(workOf(world)).toMatchObject({ kind: "retry" });
  });
});
