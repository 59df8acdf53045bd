import { describe, expect, test } from "vitest";
import { loadPolicy, parsePolicyTests } from "../../src/access-repo/index.ts";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import { runPolicyTests } from "../../src/commands/policy-tests.ts";
import { codeownersText, policyFiles, settingsText, targetText, treeFile } from "../access-repo/examples.ts";
import { placed } from "../access-repo/expect-codes.ts";

const catalogue = await openCatalogue();
const now = new Date("2026-11-24T09:00:00Z");
const request = `request:
      role: operator
      reason: Delete the old log bucket
      ticket: OPS-1
      actions: ["s3:DeleteBucket"]
      resources: ["arn:aws:s3:::acme-old-logs"]
      workflow: { file: .github/workflows/run.yml }`;

interface Case {
  readonly expect: string;
  readonly approved?: string;
  readonly requester?: string;
  readonly teams?: string;
  readonly more?: string;
  readonly request?: string;
  readonly where?: string;
}
const text = (one: Case): string => `version: 1
${one.teams === undefined ? "" : `teams: ${one.teams}\n`}tests:
  - name: one
    expect: ${one.expect}
    requester: "${one.requester ?? "@alice"}"
    ${one.where ?? "target: aws-prod"}
    ${one.request ?? request}${one.more ?? ""}
${one.approved === undefined ? "" : `    approved_by: ${one.approved}\n`}`;

interface Policy {
  readonly target?: string;
  readonly settings?: string;
  readonly codeowners?: string;
}
async function run(one: Case, policy: Policy = {}) {
  const files = policyFiles({
    targets: [treeFile("targets/aws-prod.yml", policy.target ?? targetText)],
    settings: treeFile(".github/countersign.yml", policy.settings ?? settingsText),
    codeowners: [treeFile(".github/CODEOWNERS", policy.codeowners ?? codeownersText), undefined, undefined],
  });
  const loaded = loadPolicy(files);
  if (!loaded.ok) return expect.fail(placed(loaded.diagnostics).join("; "));
  const parsed = parsePolicyTests(text(one), "tests/a.yml");
  if (!parsed.ok) return expect.fail(placed(parsed.diagnostics).join("; "));
  const basis = { policy: loaded.policy, files, actions: catalogue };
  return await runPolicyTests(basis, { path: "tests/a.yml", ...parsed }, now);
}
/** The message where it fails; undefined where it passes. */
const failure = async (one: Case, policy?: Policy): Promise<string | undefined> => (await run(one, policy))[0]?.message;

const needs = "needs 2 @acme/sre @bob, 1 @acme/security";
const teams = '{ "@acme/sre": ["@carol", "@dan"], "@acme/security": ["@sue"] }';

describe("a policy test passes", () => {
  test.each<[string, Case]>([
    ["what is needed, by names", { expect: needs }],
    ["in any order", { expect: "needs 1 @acme/security, 2 @bob @acme/sre" }],
    ["in any case", { expect: "needs 2 @ACME/SRE @Bob, 1 @Acme/Security" }],
    ["as owners", { expect: "needs 2 owners, 1 @acme/security" }],
    ["some as owners and some by names", { expect: "needs 1 owners, 1 @bob @acme/sre, 1 @acme/security" }],
    ["less after an approval", { expect: "needs 1 owners, 1 @acme/security", approved: '["@bob"]' }],
    ["less after a member's approval", { expect: "needs 1 owners, 1 @acme/security", approved: '["@CAROL"]', teams }],
    ["nothing when all have approved", { expect: "allowed", approved: '["@bob", "@dan", "@sue"]', teams }],
    ["no less by the requester's own approval", { expect: needs, requester: "@BOB", approved: '["@bob"]' }],
    ["no less by a stranger's", { expect: needs, approved: '["@mallory"]', teams }],
    ["no less by one person twice", { expect: "needs 1 owners, 1 @acme/security", approved: '["@bob", "@Bob"]' }],
    ["a refusal by its code", { expect: "refused CS2013", more: "\n      duration: 9h" }],
    [
      "a refusal by any of its codes",
      { expect: "refused CS2015", request: request.replace("OPS-1", "NO-1"), more: "\n      duration: 9h" },
    ],
    [
      "at a time",
      { expect: "refused CS2023", more: "\n      start: 2026-11-24T10:00:00Z\n    at: 2026-11-25T00:00:00Z" },
    ],
    ["now, where no time is given", { expect: needs, more: "\n      start: 2026-11-24T10:00:00Z" }],
    ["at a path", { expect: needs, where: "path: requests/aws-prod/2026-11/x.yml" }],
    ["a target that is not there", { expect: "refused CS2010", where: "target: aws-prd" }],
    [
      "an action that AWS does not have",
      { expect: "refused CS2028", request: request.replace("DeleteBucket", "GetBuckets") },
    ],
  ])("%s", async (_, one) => {
    expect(await failure(one)).toBeUndefined();
  });
  test("a refusal by the name of the rule", async () => {
    const settings = settingsText.replace("frozen: []", "frozen: [all]");
    expect(await failure({ expect: "refused not_frozen" }, { settings })).toBeUndefined();
  });
  test("two groups of one team, expected together or apart", async () => {
    const target = targetText.replace("@acme/security", "@acme/sre").replace("count: 1", "count: 2");
    const codeowners = codeownersText.replace("@acme/sre @bob", "@acme/sre");
    for (const expectation of [
      "needs 4 @acme/sre",
      "needs 2 owners, 2 @acme/sre",
      "needs 2 @acme/sre, 2 owners",
      "needs 1 owners, 3 @acme/sre",
    ])
      expect(await failure({ expect: expectation }, { target, codeowners })).toBeUndefined();
    for (const expectation of ["needs 3 @acme/sre", "needs 3 owners, 1 @acme/sre", "needs 4 owners"])
      expect(await failure({ expect: expectation }, { target, codeowners })).toContain(
        "but it needs 2 @acme/sre, 2 @acme/sre.",
      );
  });
});

describe("a policy test fails", () => {
  test.each<[string, Case, string]>([
    ["expected allowed", { expect: "allowed" }, `"one": expected allowed, but it ${needs}.`],
    [
      "too few",
      { expect: "needs 1 owners, 1 @acme/security" },
      "expected needs 1 owners, 1 @acme/security, but it needs 2",
    ],
    ["too many", { expect: "needs 3 owners, 1 @acme/security" }, "but it needs 2"],
    ["one kind less", { expect: "needs 2 owners" }, "but it needs 2"],
    ["one kind more", { expect: `${needs}, 1 @acme/leads` }, "but it needs 2"],
    ["other people", { expect: "needs 2 @acme/sre, 1 @acme/security" }, "but it needs 2"],
    ["all owners where some come from a group", { expect: "needs 3 owners" }, "but it needs 2"],
    ["refused", { expect: "refused CS2013" }, "expected refused CS2013, but it needs 2"],
    [
      "another refusal",
      { expect: "refused CS2013", request: request.replace("acme-old", "other") },
      "but it is refused (CS2016): s3:DeleteBucket on",
    ],
    [
      "needs, where it is refused",
      { expect: needs, more: "\n      duration: 9h" },
      "but it is refused (CS2013): 9h is longer than the role's 4h.",
    ],
    [
      "needs, where all have approved",
      { expect: needs, approved: '["@bob", "@dan", "@sue"]', teams },
      "but it is allowed.",
    ],
  ])("%s", async (_, one, message) => {
    const [found, ...more] = await run(one);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ code: "CS6001", severity: "error", message: expect.stringContaining(message) });
    expect(placed(found === undefined ? [] : [found])).toEqual([`${one.teams === undefined ? 4 : 5}:13 CS6001`]);
  });
  test("and what it is told to expect instead passes", async () => {
    const crowd = Array.from({ length: 60 }, (_, i) => `@acme/team-${"x".repeat(60)}-${i}`).join(" ");
    const policies: Policy[] = [
      {},
      { codeowners: `* @acme/platform\n/requests/ ${crowd}\n` },
      { codeowners: "* @acme/platform\n/requests/ a@b.example @Bob @bob\n" },
      { settings: settingsText.replace("frozen: []", "frozen: [all]") },
      { codeowners: "* @acme/platform\n/requests/\n" },
      {
        target: targetText
          .replace("4h", "30m")
          .replace("duration: 1h, w", "duration: 30m, w")
          .replace("max_session: 1h", "max_session: 30m"),
      },
    ];
    for (const policy of policies) {
      for (const one of [{ expect: "refused CS9999" }, { expect: "refused CS9999", more: "\n      duration: 1h" }]) {
        const [found] = await run(one, policy);
        const hint = /write `expect: (.*)`; otherwise/.exec(found?.hint ?? "")?.[1] ?? expect.fail(found?.hint);
        expect(await failure({ ...one, expect: hint }, policy)).toBeUndefined();
      }
    }
  });
});

describe("what goes without approval", () => {
  test("a request with break_glass is allowed to who may, and refused to others", async () => {
    const target = targetText.replace("break_glass: false", "break_glass: true");
    const more = "\n      break_glass: INC-2041 checkout is down";
    const commander = { requester: "@alice", teams: '{ "@acme/incident-commanders": ["@alice"] }' };
    expect(await failure({ expect: "allowed", more, ...commander }, { target })).toBeUndefined();
    expect(await failure({ expect: needs, more, ...commander }, { target })).toContain("but it is allowed");
    const other = { ...commander, requester: "@carol" };
    expect(await failure({ expect: "refused break_glass", more, ...other }, { target })).toBeUndefined();
    expect(await failure({ expect: "allowed", more, ...other }, { target })).toContain("carol may not use break-glass");
  });
  test("a request that auto_approve covers is allowed to who may, and needs approval of others", async () => {
    const read = request.replace("s3:DeleteBucket", "s3:GetObject").replace("acme-old-logs", "acme-old-logs/*");
    const one = { requester: "@carol", teams, request: read, more: "\n      duration: 30m" };
    expect(await failure({ ...one, expect: "allowed" })).toBeUndefined();
    expect(await failure({ ...one, expect: needs })).toContain("but it is allowed");
    expect(await failure({ ...one, requester: "@mallory", expect: needs })).toBeUndefined();
    expect(await failure({ ...one, more: "\n      duration: 31m", expect: needs })).toBeUndefined();
  });
});

describe("a team in the tests", () => {
  test("that the policy does not name is an error: its people approve nothing, whatever passes", async () => {
    const found = await run({
      expect: needs,
      teams: '{ "@acme/srr": ["@carol"], "@acme/sre": [] }',
      approved: '["@carol"]',
    });
    expect(found.map((d) => `${placed([d])[0]}: ${d.message}`)).toEqual([
      "2:10 CS6004: The policy names no team @acme/srr.",
    ]);
  });
  test.each(["@acme/sre", "@acme/platform", "@acme/security", "@acme/incident-commanders", "@ACME/Sre"])(
    "%s is named",
    async (team) => expect(await run({ expect: needs, teams: `{ "${team}": [] }` })).toEqual([]),
  );
});
