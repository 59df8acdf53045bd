import { expect, test } from "vitest";
import { withoutApproval } from "../../src/approval/index.ts";
import * as w from "./world.ts";

const role = `    break_glass: true
    auto_approve: { requesters: ["@acme/sre"], max_duration: 1h, actions: ["s3:Delete*"], per_day: 1 }\n`;
const settings =
  "approvals: 1\nbreak_glass: { members: ['@acme/leads', '@bob'], max_duration: 1h, review_within: 72h }\n";
const ways = (world: w.World) => {
  const { policy, subject } = w.inputOf({ role, settings, ...world });
  if (subject.kind !== "request" || !subject.requests[0]) throw new Error("no request");
  return withoutApproval(policy, subject.requests[0].request);
};

test("before it is known who asks, a request says by whom it needs no approval", () => {
  expect(ways({})).toEqual([
    {
      rule: "auto_approve",
      applies: true,
      from: ["@acme/sre"],
      text: "Nobody where the requester is one of @acme/sre, alone wrote and pushed it, and has it at most 1 time in 24 hours (auto_approve of aws-prod/operator).",
    },
  ]);
});
test("or why the role's auto_approve does not cover it, as the decision will say", () => {
  expect(ways({ request: { duration: 7200 } })).toMatchObject([
    {
      rule: "auto_approve",
      applies: false,
      text: "Not automatically, since 2h is longer than the 1h of aws-prod/operator.",
    },
  ]);
});
test("a break-glass request says who may, and what comes after, and of nothing else", () => {
  const [way, ...more] = ways({ request: { break_glass: "INC-2041 checkout is down" } });
  expect(more).toEqual([]);
  expect(way).toMatchObject({ rule: "break_glass", applies: true, from: ["@acme/leads", "@bob"] });
  expect(way?.text).toContain("an owner reviews it within 3d. Others remove break_glass.");
});
test("a role without such a rule says nothing", () => {
  expect(ways({ role: "" })).toEqual([]);
});
