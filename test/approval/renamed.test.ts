import { describe, expect, test } from "vitest";
import type { FreezeEntry } from "../../src/access-repo/types.ts";
import { decide, decideFreeze, explain, whyNoReview } from "../../src/approval/index.ts";
import type { DecisionInput } from "../../src/approval/types.ts";
import * as w from "./world.ts";

// Frozen under another name than they have now: what the settings say is a login, and the account is known beside it.

const frozen = (world: w.World, ...entries: FreezeEntry[]): DecisionInput => {
  const input = w.inputOf(world);
  return { ...input, policy: { ...input.policy, settings: { ...input.policy.settings, frozen: entries } } };
};
const asRequester = (id: number): FreezeEntry => ({ kind: "requester", login: "before", accounts: [id] });
const asApprover = (id: number): FreezeEntry => ({ kind: "approver", login: "before", accounts: [id] });
const failing = (input: DecisionInput): readonly string[] => explain(decide(input));

describe("C07 C72 a person who was frozen under another name", () => {
  const approved = { reviews: [w.review(w.bob)] };

  test("gets nothing as requester, and reads by which entry", () => {
    const input = frozen(approved, asRequester(w.alice.id));
    expect(decide(input)).toMatchObject({ outcome: "denied", approvers: [] });
    expect(failing(input).join("\n")).toContain(
      "alice is frozen as requester by the settings, where the account has the name before.",
    );
    expect(decide(frozen(approved, asRequester(w.mallory.id))).outcome).toBe("approved");
  });

  test("gets nothing by break-glass", () => {
    const world = {
      settings: "approvals: 1\nbreak_glass: { members: ['@alice'] }\n",
      role: "    break_glass: true\n",
      request: { break_glass: "INC-2041" },
    };
    expect(decide(frozen(world)).outcome).toBe("approved");
    expect(decide(frozen(world, asRequester(w.alice.id))).outcome).toBe("denied");
  });

  test("fills no slot as approver; another owner does", () => {
    const decision = decide(frozen(approved, asApprover(w.bob.id)));
    expect(decision).toMatchObject({ outcome: "pending", ignored: [{ reason: "frozen_approver" }] });
    const both = { reviews: [w.review(w.bob), w.review(w.carol)] };
    expect(decide(frozen(both, asApprover(w.bob.id))).approvers).toEqual([w.carol]);
  });

  test("is not awaited, once seen under the name of now", () => {
    const names = (input: DecisionInput) => decide(input).awaited.map((owner) => "login" in owner && owner.login);
    expect(names(frozen(approved, asApprover(w.bob.id)))).toEqual(["carol"]);
    const teams = new Map([["acme/sre", new Map([[w.carol.id, "carol"]])]]);
    expect(names(frozen({ snapshot: { teams } }, asApprover(w.carol.id)))).toEqual(["bob"]);
  });

  test("reviews no use of break-glass", () => {
    const said = { author: w.bob, edited: false };
    const why = (...entries: FreezeEntry[]) => {
      const { policy, memberships } = frozen({}, ...entries);
      return whyNoReview(said, { path: w.path, barred: [] }, { policy, memberships, canWrite: true });
    };
    expect(why()).toBeUndefined();
    expect(why(asApprover(w.bob.id))).toContain("have frozen");
  });

  test("freezes nothing alone", () => {
    const settings = ".github/countersign.yml";
    const world: w.World = {
      codeowners: "* @bob\n",
      policyPaths: [settings],
      pullRequest: { author: w.bob },
      snapshot: {
        changes: [{ path: settings, status: "modified" }],
        commits: [w.commit({ authors: [w.bob], committer: w.bob })],
        pushes: [w.push(w.bob)],
      },
    };
    expect(decideFreeze(frozen(world))).toMatchObject({ rule: "freeze" });
    expect(decideFreeze(frozen(world, asRequester(w.bob.id)))).toBeNull();
  });
});
