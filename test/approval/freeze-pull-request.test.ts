import { describe, expect, test } from "vitest";
import { decideFreeze } from "../../src/approval/index.ts";
import {
  alice,
  at,
  bob,
  carol,
  commit,
  dave,
  head,
  inputOf,
  mallory,
  older,
  push,
  robot,
  type World,
} from "./world.ts";

const settings = ".github/countersign.yml";
const codeowners = "* @acme/platform\n/.github/ @Bob @acme/sre\n/requests/aws-prod/ @carol\n";
const breakGlass = 'approvals: 1\nbreak_glass: { members: ["@dave", "@acme/incident"] }\n';

/** Bob, an owner of the settings file, opened and pushed it. */
const freeze = (world: World = {}) =>
  decideFreeze(
    inputOf({
      codeowners,
      policyPaths: [settings],
      ...world,
      pullRequest: { author: bob, ...world.pullRequest },
      snapshot: {
        changes: [{ path: settings, status: "modified" }],
        pushes: [push(bob)],
        commits: [commit({ authors: [bob], committer: bob })],
        ...world.snapshot,
      },
    }),
  );
const by = (person: typeof bob, world: World = {}) =>
  freeze({ ...world, pullRequest: { author: person }, snapshot: { pushes: [push(person)] } });

describe("a pull request that only freezes", () => {
  test("is approved by the one owner of the settings file who made it, and by nobody else", () => {
    const decision = freeze();
    expect(decision).toMatchObject({ outcome: "approved", approvers: [], tree: { rule: "freeze" } });
    expect(decision?.tree.text).toContain("may freeze alone");
  });

  test("an owner by team, a break-glass member and one by team may as well", () => {
    expect(by(carol, { teams: { "acme/sre": [carol] } })).not.toBeNull();
    expect(by(dave, { settings: breakGlass })).not.toBeNull();
    expect(by(mallory, { settings: breakGlass, teams: { "acme/incident": [mallory] } })).not.toBeNull();
  });

  test("a freeze that stands does not stop another one", () => {
    expect(freeze({ settings: "frozen: [all]\n" })).not.toBeNull();
  });

  test.each<[string, World]>([
    ["an owner of requests, who is none of the settings", { pullRequest: { author: carol } }],
    [
      "another's push beside it",
      { snapshot: { pushes: [push(bob, { after: older }), push(mallory, { before: older })] } },
    ],
    [
      "another's push, though the owner pushed last",
      { snapshot: { pushes: [push(mallory, { after: older }), push(bob, { before: older, at: at(1) })] } },
    ],
    ["a push that GitHub names nobody for", { snapshot: { pushes: [push(null)] } }],
    [
      "a branch whose beginning GitHub does not show any more",
      { snapshot: { pushes: [push(bob, { before: older })] } },
    ],
    ["another's pull request with the owner's push", { pullRequest: { author: alice } }],
    ["a bot's", { pullRequest: { author: robot }, snapshot: { pushes: [push(robot)] } }],
    ["a deleted account's", { pullRequest: { author: null } }],
    [
      "another file beside it",
      {
        snapshot: {
          changes: [
            { path: settings, status: "modified" },
            { path: "a", status: "added" },
          ],
        },
      },
    ],
    ["settings that were not there", { snapshot: { changes: [{ path: settings, status: "added" }] } }],
    ["a policy path that differs already", { policyPaths: [settings, "targets/aws-prod.yml"] }],
    ["another base", { pullRequest: { baseRef: "release" } }],
    ["a fork", { pullRequest: { headRepositoryId: null } }],
    ["a head whose push GitHub does not show yet", { snapshot: { pushes: [push(bob, { after: older })] } }],
    ["an owner who is frozen as requester", { settings: 'frozen: [{ requester: "@Bob" }]\n' }],
  ])("C72 with %s it is an ordinary policy pull request", (_, world) => {
    expect(freeze(world)).toBeNull();
  });

  test("C72 a member of no team that owns it, or of break-glass that there is not, is nobody", () => {
    expect(by(mallory, { teams: { "acme/other": [mallory] } })).toBeNull();
    expect(by(dave)).toBeNull();
  });

  test("C72 the head is the one that was pushed", () => {
    expect(freeze({ pullRequest: { headSha: head } })).not.toBeNull();
    expect(freeze({ pullRequest: { headSha: older } })).toBeNull();
  });
});
