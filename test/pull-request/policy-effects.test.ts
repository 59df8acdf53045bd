import { describe, expect, test } from "vitest";
import { loadPolicy } from "../../src/access-repo/index.ts";
import { checkRequest, parseRequest, parseRequestPath } from "../../src/access-repo/index.ts";
import type { Policy } from "../../src/access-repo/types.ts";
import { sha256 } from "../../src/base/canonical-json.ts";
import { objectId, ownerId, repositoryId } from "../../src/base/ids.ts";
import { renderPlan } from "../../src/plan/index.ts";
import type { Plan } from "../../src/plan/types.ts";
import { policyEffects } from "../../src/pull-request/policy-effects.ts";
import { loosened } from "../../src/pull-request/policy-loosened.ts";
import { policyPage } from "../../src/pull-request/policy-page.ts";
import type { Db } from "../../src/store/index.ts";
import { policyFiles, treeFile } from "../access-repo/examples.ts";
import { testClock } from "../helpers/clock.ts";
import { describeStores } from "../helpers/stores.ts";
import { decided } from "./world.ts";

const target = (allow = '"s3:*"', more = ""): string => `version: 1
cloud: aws
region: eu-west-1
roles:
  operator:
    role_arn: arn:aws:iam::123456789012:role/countersign-operator
    allow: [{ actions: [${allow}], resources: ["arn:aws:s3:::acme-*"] }]
    max_duration: 4h
${more}`;
function policyOf(text = target(), settings = "version: 1\n"): Policy {
  const loaded = loadPolicy(
    policyFiles({
      settings: treeFile(".github/countersign.yml", settings),
      targets: [treeFile("targets/aws-prod.yml", text)],
      targetsTree: objectId(sha256(text).slice(7, 47)),
    }),
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.policy;
}
const requestText = (action = "s3:DeleteBucket"): string => `version: 1
role: operator
reason: Delete the log bucket
actions: ["${action}"]
resources: ["arn:aws:s3:::acme-stale-logs"]
duration: 1h
workflow: { repository: acme/infra, file: .github/workflows/delete.yml, ref: refs/heads/main }
`;
const now = new Date("2026-11-23T09:00:00Z");
const repository = { id: repositoryId(10), ownerId: ownerId(1), fullName: "acme/access", defaultBranch: "main" };

function planned(path: string, text: string): Plan {
  const parsed = parseRequest(text, path);
  const name = parseRequestPath(path);
  if (!parsed.ok || !name) throw new Error("no request");
  const checked = checkRequest({ file: parsed.value, path: name, policy: policyOf(), now, merged: false });
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
  const workflow = {
    repository_id: repositoryId(20),
    owner_id: ownerId(1),
    repository: "acme/infra",
    blob: objectId("d".repeat(40)),
  };
  const rendered = renderPlan({
    access: { repository_id: repository.id, owner_id: ownerId(1) },
    request: checked.value,
    workflow,
  });
  if (!rendered.ok) throw new Error(rendered.message);
  return rendered.plan;
}

const pathOf = (name: string): string => `requests/aws-prod/2026-11/${name}.yml`;
const hash = `sha256:${"0".repeat(64)}`;

async function shown(db: Db, name: string, number: number, open: boolean, text = requestText()): Promise<Plan> {
  const plan = planned(pathOf(name), text);
  await db
    .insertInto("page_request")
    .values({
      repository_id: 10,
      pull_request: number,
      path: pathOf(name),
      head_sha: "a".repeat(40),
      blob: "d".repeat(40),
      body: text,
      requester_login: "alice",
      plan: plan.text,
      plan_hash: plan.hash,
      workflow_repository: "acme/infra",
      compared: "[]",
      is_open: open,
    })
    .execute();
  return plan;
}
async function granted(db: Db, name: string, number: number, text = requestText(), blob = "d"): Promise<void> {
  const plan = await shown(db, name, number, false, text);
  await db
    .insertInto("grant")
    .values({
      id: name,
      repository_id: 10,
      path: pathOf(name),
      blob: blob.repeat(40),
      blob_sha256: hash,
      pull_request: number,
      pull_request_id: 77,
      merge_commit: "b".repeat(40),
      decision_key: hash,
      policy_digest: hash,
      requester_id: 1,
      requester_login: "alice",
      target: "aws-prod",
      role: "operator",
      plan_version: 1,
      plan: plan.text,
      plan_hash: plan.hash,
      workflow_repository_id: 20,
      not_before: now,
      expires_at: new Date("2026-11-23T10:00:00Z"),
      runs: 1,
      state: "active",
      state_reason: null,
      ended_at: null,
      dispatch_id: null,
      created_at: new Date(now.getTime() + number),
    })
    .execute();
}

describeStores("what a policy pull request would end", (open) => {
  const start = async () => {
    const { db } = await open();
    const clock = testClock();
    const effects = (after: Policy, before = policyOf()) => policyEffects({ db, clock }, { repository }, before, after);
    return { db, clock, effects };
  };

  test("nothing, where every plan stays what it is", async () => {
    const { db, effects } = await start();
    await granted(db, "live", 1);
    await shown(db, "open", 2, true);
    const longer = policyOf(target('"s3:*", "ec2:*"'));
    expect(await effects(longer)).toEqual({ ends: [], freezes: [], changes: [], unseen: 0 });
  });

  test("grants and open requests that it no longer admits, or whose plan is another, and no others", async () => {
    const { db, effects } = await start();
    await granted(db, "reads", 1, requestText("s3:GetObject"));
    await granted(db, "deletes", 2);
    await shown(db, "open-deletes", 3, true);
    await shown(db, "open-reads", 4, true, requestText("s3:GetObject"));
    await shown(db, "closed-deletes", 5, false);
    expect(await effects(policyOf(target('"s3:Get*"')))).toEqual({
      ends: [`${pathOf("deletes")} (aws-prod/operator, alice, until 2026-11-23T10:00:00Z)`],
      freezes: [],
      changes: [`#3 ${pathOf("open-deletes")} (alice)`],
      unseen: 0,
    });
    const moved = policyOf(target().replace("role/countersign-operator", "role/another"));
    expect(await effects(moved)).toMatchObject({ ends: { length: 2 }, changes: { length: 2 } });
  });

  test("grants that have ended are not named, and those whose file is not known are counted", async () => {
    const { db, clock, effects } = await start();
    await granted(db, "other-blob", 1, requestText(), "e");
    expect(await effects(policyOf(target('"s3:Get*"')))).toMatchObject({ ends: [], unseen: 1 });
    clock.advance(3600);
    expect(await effects(policyOf(target('"s3:Get*"')))).toMatchObject({ ends: [], unseen: 0 });
  });

  test("grants that it freezes, unless they are frozen already", async () => {
    const { db, effects } = await start();
    await granted(db, "live", 1);
    const frozen = policyOf(target(), "version: 1\nfrozen: [{ target: aws-prod }]\n");
    expect(await effects(frozen)).toMatchObject({ ends: [], freezes: { length: 1 } });
    expect(await effects(frozen, frozen)).toMatchObject({ freezes: [] });
  });

  test("C07 grants of accounts that are known to be frozen under another name are frozen already", async () => {
    const { db, effects } = await start();
    await granted(db, "live", 1);
    const { requester_id, repository_id } = await db.selectFrom("grant").selectAll().executeTakeFirstOrThrow();
    const frozen = (login: string) => policyOf(target(), `version: 1\nfrozen: [{ requester: "@${login}" }]\n`);
    expect(await effects(frozen("before"))).toMatchObject({ freezes: [] });
    const people = JSON.stringify([{ login: "before", ids: [Number(requester_id)], complete: true }]);
    const policy_digest = frozen("before").digest;
    await db.insertInto("frozen_people").values({ repository_id, policy_digest, people }).execute();
    expect(await effects(frozen("before"))).toMatchObject({ freezes: { length: 1 } });
    expect(await effects(frozen("alice"), frozen("before"))).toMatchObject({ freezes: [] });
  });

  test("looks at a bounded number of them and counts the rest", async () => {
    const { db, effects } = await start();
    for (let i = 0; i < 305; i++) await shown(db, `r-${i}`, i + 1, true);
    expect(await effects(policyOf(target('"s3:Get*"')))).toMatchObject({ changes: { length: 300 }, unseen: 5 });
  });
});

describe("what a policy asks less of", () => {
  const of = (before: Policy, after: Policy) => loosened(before, after);
  const also = (count: number) =>
    target('"s3:*"', `    also_approved_by: [{ from: ["@acme/security"], count: ${count} }]\n`);

  test.each([
    ["nothing", policyOf(), policyOf(target('"s3:Get*"')), []],
    ["more approvals", policyOf(), policyOf(target(), "version: 1\napprovals: 2\n"), []],
    [
      "fewer approvals",
      policyOf(target(), "version: 1\napprovals: 3\n"),
      policyOf(target('"s3:*"', "    approvals: 2\n")),
      [
        "Every request needs 1 approvals by owners instead of 3.",
        "aws-prod/operator needs 2 approvals by owners instead of 3.",
      ],
    ],
    [
      "a group less",
      policyOf(also(2)),
      policyOf(also(1)),
      ["aws-prod/operator is no longer also approved by 1 of @acme/security."],
    ],
    [
      "no group",
      policyOf(also(1)),
      policyOf(),
      ["aws-prod/operator is no longer also approved by 1 of @acme/security."],
    ],
    [
      "a freeze that ends",
      policyOf(target(), "version: 1\nfrozen: [all, { requester: '@Mallory' }]\n"),
      policyOf(target(), "version: 1\nfrozen: [{ requester: '@mallory' }]\n"),
      ["No longer frozen: all."],
    ],
    [
      "who may break the glass",
      policyOf(),
      policyOf(target('"s3:*"', "    break_glass: true\n"), "version: 1\nbreak_glass: { members: ['@acme/ic'] }\n"),
      ["May break the glass from now on: @acme/ic.", "aws-prod/operator admits break-glass from now on."],
    ],
    [
      "approval by nobody",
      policyOf(),
      policyOf(
        target(
          '"s3:*"',
          '    auto_approve: { requesters: ["@acme/sre"], max_duration: 30m, actions: ["s3:Get*"], per_day: 5 }\n',
        ),
      ),
      ["aws-prod/operator is approved automatically for some from now on."],
    ],
    [
      "approval by nobody of more",
      policyOf(
        target(
          '"s3:*"',
          '    auto_approve: { requesters: ["@acme/sre"], max_duration: 30m, actions: ["s3:Get*"], per_day: 5 }\n',
        ),
      ),
      policyOf(
        target(
          '"s3:*"',
          '    auto_approve: { requesters: ["@acme/sre"], max_duration: 30m, actions: ["s3:*"], per_day: 5 }\n',
        ),
      ),
      ["aws-prod/operator is approved automatically by other rules than before."],
    ],
  ] as const)("%s", (_, before, after, lines) => {
    expect(of(before, after)).toEqual(lines);
  });
});

test("the page of a policy names twenty of each and counts the rest", () => {
  const { decision, input } = decided({ policyPaths: ["targets/aws-prod.yml"] });
  const many = (name: string) => Array.from({ length: 25 }, (_, i) => `${name}-${i} @acme/owners`);
  const { ok, content } = policyPage({
    snapshot: input.snapshot,
    paths: ["targets/aws-prod.yml"],
    decision,
    warnings: [],
    widened: ["aws-prod/operator may do s3:* on arn:aws:s3:::acme-*."],
    loosened: ["No longer frozen: all."],
    effects: { ends: many("grant"), freezes: [], changes: many("request").slice(0, 1), unseen: 3 },
  });
  expect(ok).toBe(true);
  expect(content.title).toBe("Policy. Valid. Needs 1 more: @acme/platform");
  expect(content.summary.replace(/(- grant-\d+ .*\n){20}/, "(twenty)\n")).toMatchInlineSnapshot(`
    "This changes who may grant what. The policy in force decides about it, not the one that it brings.

    - changes \`targets/aws-prod.yml\`

    Grants more than the policy in force:
    - aws-prod/operator may do s3:\\* on arn:aws:s3:::acme-\\*.

    Asks less than the policy in force:
    - No longer frozen: all.

    ### What this ends
    It ends 25 live grants:
    (twenty)
    - and 5 more

    1 open request would be invalid or have to be approved anew:
    - request-0 @‌acme/owners

    Not judged here: 3 more.

    ### Who must approve
    - Waiting for 1 more approval: from @acme/platform.
    - targets/aws-prod.yml: 0 of 1 approved
      - missing: @acme/platform \\(CODEOWNERS line 1\\)"
  `);
});
