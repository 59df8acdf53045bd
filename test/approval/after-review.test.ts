import { describe, expect, test } from "vitest";
import { isReviewCommand, reviewTeams, whyNoReview } from "../../src/approval/index.ts";
import type { Actor } from "../../src/approval/types.ts";
import * as w from "./world.ts";

describe("the command", () => {
  test.each(["/countersign reviewed", "\n  /countersign reviewed  ", "/countersign  reviewed\r\nLooked at the trail."])(
    "is %j",
    (body) => expect(isReviewCommand(body)).toBe(true),
  );
  test.each([
    "> /countersign reviewed",
    "`/countersign reviewed`",
    "please say /countersign reviewed",
    "/countersign reviewed?",
    "/countersign reviewed not yet",
    "/countersign not reviewed",
    "/countersignreviewed",
    "",
  ])("is not %j", (body) => expect(isReviewCommand(body)).toBe(false));
});

const owed = { path: w.path, barred: [{ id: w.alice.id }, { id: w.dave.id }] };
const codeowners = "* @acme/platform\n/requests/aws-prod/ @bob @alice @dave @acme/sre\n";
const why = (
  author: Actor | null,
  { edited = false, canWrite = true, teams = {}, settings = "approvals: 1\n", rules = codeowners } = {} as {
    edited?: boolean;
    canWrite?: boolean;
    teams?: w.World["teams"] & {};
    settings?: string;
    rules?: string;
  },
) => {
  const { policy, memberships } = w.inputOf({ codeowners: rules, settings, teams });
  return whyNoReview({ author, edited }, owed, { policy, memberships, canWrite });
};

describe("a review after break-glass", () => {
  test("is an owner's, by login or by team", () => {
    expect(why(w.bob)).toBeUndefined();
    expect(why(w.erin, { teams: { "acme/sre": [w.erin] } })).toBeUndefined();
  });
  test.each([
    ["C19 the requester's", () => why(w.alice), "who asked"],
    ["C19 of somebody who wrote or pushed it", () => why(w.dave), "who asked"],
    ["C23 a bot's", () => why(w.robot), "only a person"],
    ["C23 of a deleted account", () => why(null), "only a person"],
    ["of somebody who is no owner", () => why(w.mallory), "is owned by @bob, @alice, @dave, @acme/sre"],
    ["C25 of who left the team", () => why(w.erin), "is owned by"],
    ["C26 of an owner who lost write", () => why(w.bob, { canWrite: false }), "write permission"],
    [
      "of who owns it no more, by the policy in force now",
      () => why(w.bob, { rules: "* @carol\n" }),
      "is owned by @carol",
    ],
    [
      "C16 where nobody owns it any more",
      () => why(w.bob, { rules: "* @carol\n/requests/aws-prod/\n" }),
      "is owned by nobody",
    ],
    ["an edited comment", () => why(w.bob, { edited: true }), "was edited"],
    [
      "of a frozen approver",
      () => why(w.bob, { settings: "approvals: 1\nfrozen: [{ approver: '@bob' }]\n" }),
      "have frozen",
    ],
  ])("is not %s", (_, given, says) => expect(given()).toContain(says));
});

test("the teams that are asked for are those of the owners, each once", () => {
  const { policy } = w.inputOf({ codeowners: "* @acme/sre @ACME/SRE @bob\n" });
  expect(reviewTeams(policy, [w.path, "requests/x/y.yml"]).map(({ slug }) => slug.toLowerCase())).toEqual(["sre"]);
});
