import { describe, expect, test } from "vitest";
import { addedFreezes, freezeText, parseSettings, settingsPath } from "../../src/access-repo/index.ts";

const settings = (text: string) => {
  const parsed = parseSettings(`version: 1\n${text}`, settingsPath);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return parsed.value;
};
const added = (before: string, after: string) => addedFreezes(settings(before), settings(after))?.map(freezeText);

describe("what a change of the settings only freezes", () => {
  test.each([
    ["", "frozen: [all]", ["all"]],
    ["frozen: [{ target: aws-prod }]", "frozen: [{ target: aws-prod }, { requester: '@alice' }]", ["requester alice"]],
    ["frozen: [{ target: a }]", "# now\nfrozen:\n  - { approver: '@bob' }\n  - { target: a }\n", ["approver bob"]],
    ["approvals: 1", "frozen: [{ target: a }, { target: b }]", ["target a", "target b"]],
  ])("%s -> %s adds", (before, after, expected) => {
    expect(added(before, after)).toEqual(expected);
  });

  test.each([
    ["nothing at all", "frozen: [all]", "frozen: [all] # still"],
    ["an entry taken away", "frozen: [all]", "frozen: []"],
    ["an entry replaced", "frozen: [{ target: a }]", "frozen: [{ target: b }, all]"],
    ["an entry spelled otherwise", "frozen: [{ requester: '@alice' }]", "frozen: [{ requester: '@Alice' }, all]"],
    ["approvals with it", "approvals: 1", "approvals: 2\nfrozen: [all]"],
    ["a default written otherwise", "pending_expiry: 7d", "pending_expiry: 8d\nfrozen: [all]"],
    [
      "a break-glass member with it",
      "break_glass: { members: ['@acme/ops'] }",
      "break_glass: { members: ['@acme/ops', '@mallory'] }\nfrozen: [all]",
    ],
    ["break-glass with it", "", "break_glass: { members: ['@mallory'] }\nfrozen: [all]"],
  ])("C72 %s is another change", (_, before, after) => {
    expect(added(before, after)).toBeUndefined();
  });

  test("C72 of one entry that stood twice, one may not go", () => {
    expect(added("frozen: [{ target: a }, { target: a }]", "frozen: [{ target: a }, all]")).toBeUndefined();
  });
});
