import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, explain, peopleToCheck, sameOutcome } from "../../src/approval/index.ts";
import type { Decision } from "../../src/approval/types.ts";
import * as w from "./world.ts";

const rule = (more = ""): string =>
  `    auto_approve: { requesters: ["@acme/sre"], max_duration: 1h, actions: ["s3:Delete*", "s3:Get*"], per_day: 2${more} }\n`;
const inSre = { "acme/sre": [w.alice] };
/** All of it holds: alice is of sre, and asks for what the role gives without approval. */
const holds: w.World = { role: rule(), teams: inSre };
const role = "aws-prod/operator";
const why = (decision: Decision): string =>
  decision.tree.children.find((node) => node.rule === "auto_approve")?.text ?? "";
const [first, second] = ["requests/aws-prod/a.yml", "requests/aws-prod/b.yml"];

describe("auto_approve", () => {
  test("needs no human where all of it holds, and says by which rule", () => {
    const decision = decide(w.inputOf(holds));
    expect(decision).toMatchObject({ outcome: "approved", rule: "auto_approve", approvers: [], awaited: [] });
    expect(decision.skipped.map((owner) => owner.kind === "user" && owner.login)).toEqual(["bob", "carol"]);
    expect(explain(decision)).toEqual([
      "Approved automatically: alice is one of @acme/sre, and auto_approve covers all that is asked.",
      "Without the approval of @bob, @carol.",
    ]);
  });
  test("takes a login as well as a team", () => {
    const byLogin = { ...holds, teams: {}, role: rule().replace('"@acme/sre"', '"@ALICE"') };
    expect(decide(w.inputOf(byLogin))).toMatchObject({ outcome: "approved", rule: "auto_approve" });
  });
  test("GitHub's own commits for the requester are the requester's", () => {
    const snapshot = { commits: [w.commit({ committer: "web-flow" as const })] };
    expect(decide(w.inputOf({ ...holds, snapshot })).rule).toBe("auto_approve");
  });
  test("several pushes of the requester, forced ones too, are the requester's", () => {
    const pushes = [w.push(w.alice, { after: w.older }), w.push(w.alice, { before: w.older })];
    expect(decide(w.inputOf({ ...holds, snapshot: { pushes } })).rule).toBe("auto_approve");
  });
  test("where owners approved, they did, and nothing is counted against the day", () => {
    expect(decide(w.inputOf({ ...holds, reviews: [w.review(w.bob)] }))).toMatchObject({ rule: "owners" });
  });
  test("is not spoken of where no role has it", () => {
    expect(why(decide(w.inputOf()))).toBe("");
  });
});

const away = (name: string, world: w.World, says: string): [string, w.World, string] => [
  name,
  { ...holds, ...world },
  says,
];
const commits = (more: Parameters<typeof w.commit>[0]) => ({ snapshot: { commits: [w.commit(more)] } });
const pushes = (...rows: ReturnType<typeof w.push>[]) => ({ snapshot: { pushes: rows } });

describe("auto_approve does not apply, owners decide, and one line says why", () => {
  test.each([
    away("C25 to whom the team is no home of any more", { teams: {} }, "alice is not one of @acme/sre"),
    away("C26 by a team that GitHub does not show", { teams: { "acme/leads": [w.alice] } }, "not one of @acme/sre"),
    away("C07 to a login that was renamed", { role: rule().replace('"@acme/sre"', '"@al"') }, "not one of @al"),
    away("to a longer request", { request: { duration: 3601 } }, "is longer than the 1h of aws-prod/operator"),
    away(
      "C67 to an action beside the list",
      { request: { allow: [{ actions: ["s3:PutObject"], resources: ["*"] }] } },
      "s3:PutObject is not among the actions",
    ),
    away(
      "C67 to a pattern that is wider than the list",
      { request: { allow: [{ actions: ["s3:D*"], resources: ["*"] }] } },
      "s3:D* is not among the actions",
    ),
    away(
      "to one statement of two that is outside",
      {
        request: {
          allow: [
            { actions: ["s3:DeleteBucket"], resources: ["*"] },
            { actions: ["s3:GetObject", "iam:PassRole"], resources: ["*"] },
          ],
        },
      },
      "iam:PassRole is not among the actions",
    ),
    away("to a request for everything", { request: { allow: "everything" } }, "* is not among the actions"),
    away(
      "where the role names no actions: any other action needs approval",
      { role: rule().replace(' actions: ["s3:Delete*", "s3:Get*"],', "") },
      "names no actions",
    ),
    away("to a request that a job asked for", { standing: { askedByJob: true } }, "a job asked for this"),
    away("C18 to a draft", { pullRequest: { draft: true } }, "this is a draft"),
    away(
      "when the day's number is used up",
      { standing: { autoApproved: new Map([[role, 2]]) } },
      "aws-prod/operator is approved automatically 2 times in 24 hours, and 2 were granted",
    ),
    away(
      "to more files than the day has left",
      { paths: [first, second], standing: { autoApproved: new Map([[role, 1]]) } },
      "and 1 was granted",
    ),
    away(
      "to all files where one is outside",
      { paths: [first, second], request: (file) => (file === second ? { duration: 7200 } : {}) },
      "2h is longer",
    ),
    away("C54 after a stranger's push", pushes(w.push(), w.push(w.mallory, { before: w.head })), "mallory pushed"),
    away(
      "C54 after a stranger's push that was put back by force",
      pushes(w.push(), w.push(w.mallory, { before: w.head, after: w.older }), w.push(w.alice, { before: w.older })),
      "mallory pushed to this branch too",
    ),
    away(
      "C54 where a row between two pushes is missing",
      pushes(w.push(w.alice, { after: w.older }), w.push(w.alice, { before: w.hex("e") })),
      "GitHub does not show every push since the branch was made",
    ),
    away("C54 where the oldest pushes are not listed", pushes(w.push(w.alice, { before: w.older })), "every push"),
    away("C19 to a co-author's work", commits({ authors: [w.alice, w.bob] }), "has another author, co-author"),
    away("C19 to another's commit", commits({ authors: [w.mallory], committer: w.mallory }), "has another author"),
    away("C19 to what another committed", commits({ committer: w.mallory }), "or committer"),
  ])("%s", (_, world, says) => {
    const decision = decide(w.inputOf(world));
    expect(decision).toMatchObject({ outcome: "pending", rule: null, skipped: [] });
    expect(why(decision)).toMatch(/^Not approved automatically, since .*: owners approve it\.$/);
    expect(why(decision)).toContain(says);
    expect(explain(decision).filter((line) => line === why(decision))).toHaveLength(1);
    expect(decide(w.inputOf({ ...world, reviews: [w.review(w.bob)] })).outcome).not.toBe("denied");
  });

  test("to a request whose role has it, beside one whose role has not", () => {
    const input = w.inputOf({ ...holds, paths: [first, second] });
    if (input.subject.kind !== "request") throw new Error("not a request");
    const requests = input.subject.requests.map((one, i) => {
      const { auto_approve: _none, ...role } = one.request.role;
      return i === 0 ? one : { ...one, request: { ...one.request, role: role as typeof one.request.role } };
    });
    const decision = decide({ ...input, subject: { kind: "request", requests } });
    expect(decision.outcome).toBe("pending");
    expect(why(decision)).toContain("aws-prod/operator has no auto_approve");
  });

  test("C20 where a push has no name, which denies anyway", () => {
    expect(decide(w.inputOf({ ...holds, ...pushes(w.push(null)) })).outcome).toBe("denied");
  });
  test("C16 where the path has no owners, which denies anyway", () => {
    expect(decide(w.inputOf({ ...holds, codeowners: "* @bob\n/requests/aws-prod/\n" })).outcome).toBe("denied");
  });
  test("while it is frozen, which denies anyway", () => {
    expect(decide(w.inputOf({ ...holds, settings: "approvals: 1\nfrozen: [all]\n" })).outcome).toBe("denied");
  });
  test("where an owner asked for changes, and a stranger's objection is nothing", () => {
    const no = { state: "CHANGES_REQUESTED" as const };
    expect(decide(w.inputOf({ ...holds, reviews: [w.review(w.bob, no)] })).outcome).toBe("blocked");
    expect(decide(w.inputOf({ ...holds, reviews: [w.review(w.mallory, no)] })).rule).toBe("auto_approve");
  });
  test("to a policy pull request, whoever asks", () => {
    expect(decide(w.inputOf({ ...holds, policyPaths: ["targets/aws-prod.yml"] })).outcome).toBe("pending");
  });
});

test("auto_approve that says everything gives everything, as it was written", () => {
  const everything = { ...holds, role: rule().replace('["s3:Delete*", "s3:Get*"]', '["*"]') };
  expect(decide(w.inputOf({ ...everything, request: { allow: "everything" } })).rule).toBe("auto_approve");
});

describe("after the merge", () => {
  const merged: w.World = { ...holds, pullRequest: { state: "merged" } };
  test("the rule that decided before it is the only one that confirms it", () => {
    const by = (decidedBy: "owners" | "auto_approve", world: w.World) =>
      decide(w.inputOf({ ...merged, ...world, standing: { decidedBy } }));
    expect(by("auto_approve", {})).toMatchObject({ outcome: "approved", rule: "auto_approve" });
    expect(by("auto_approve", { reviews: [w.review(w.bob)] }).rule).toBe("auto_approve");
    expect(by("auto_approve", { teams: {}, reviews: [w.review(w.bob)] }).outcome).toBe("pending");
    expect(by("owners", {}).outcome).toBe("pending");
    expect(by("owners", { reviews: [w.review(w.bob)] }).rule).toBe("owners");
  });
  test("another rule is another outcome", () => {
    const of = (rule: "owners" | "auto_approve") => ({ outcome: "approved", rule }) as const;
    expect(sameOutcome(of("owners"), of("auto_approve"))).toBe(false);
    expect(sameOutcome(of("auto_approve"), of("auto_approve"))).toBe(true);
  });
});

describe("GitHub is asked", () => {
  const asked = (world: w.World) => peopleToCheck(w.inputOf({ ...world, teams: {} }));
  test("for the requester's membership where all else holds", () => {
    expect(asked(holds).requester).toEqual({ person: w.alice, teams: [{ org: "acme", slug: "sre" }] });
  });
  test("for nothing where it cannot apply, or a login says it", () => {
    expect(asked({ ...holds, request: { duration: 7200 } }).requester).toBeUndefined();
    expect(asked({ ...holds, role: rule().replace('"@acme/sre"', '"@acme/sre", "@alice"') }).requester).toBeUndefined();
    expect(asked({ ...holds, pullRequest: { baseRef: "x" } }).requester).toBeUndefined();
  });
});

test("nobody outside the list is ever approved automatically, whatever else is so", () => {
  const actor = fc.constantFrom(w.alice, w.bob, w.mallory);
  fc.assert(
    fc.property(
      fc.subarray([w.alice, w.bob, w.mallory]),
      actor,
      actor,
      actor,
      fc.nat(3),
      fc.constantFrom(60, 3600, 3601),
      (members, pusher, author, committer, had, duration) => {
        const decision = decide(
          w.inputOf({
            ...holds,
            teams: { "acme/sre": members },
            request: { duration },
            snapshot: { pushes: [w.push(pusher)], commits: [w.commit({ authors: [author], committer })] },
            standing: { autoApproved: new Map([[role, had]]) },
          }),
        );
        const ought =
          members.includes(w.alice) &&
          [pusher, author, committer].every((one) => one === w.alice) &&
          had < 2 &&
          duration <= 3600;
        expect(decision.rule === "auto_approve").toBe(ought);
      },
    ),
    { numRuns: 200 },
  );
});
