import { expect, test } from "vitest";
import { policyDigest } from "../../src/access-repo/index.ts";
import type { PolicyFiles } from "../../src/access-repo/types.ts";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import { commitSha, objectId } from "../../src/base/ids.ts";
import type { GitHub } from "../../src/github/types.ts";
import { evaluatePolicy } from "../../src/pull-request/evaluate-policy.ts";
import { policyFiles, targetText, treeFile } from "../access-repo/examples.ts";
import { inputOf } from "../approval/world.ts";

const actions = await openCatalogue();
const { snapshot } = inputOf();
const slip = targetText.replace('"s3:DeleteBucket"', '"s3:DeletBucket"');
const accepted = commitSha("e".repeat(40));

/** Judges a head whose policy is `head` against an accepted policy `base`, which is also the tip's. */
function judge(base: PolicyFiles, head: PolicyFiles) {
  const { headSha } = snapshot.pullRequest;
  const github = {
    mergeBase: () => Promise.resolve(accepted),
    policyAt: (_: unknown, commit: string) => Promise.resolve(commit === headSha ? head : base),
  } as unknown as GitHub;
  const here = { ...snapshot, tip: { ...snapshot.tip, policy: base } };
  return evaluatePolicy({ github, actions }, here, { commit: accepted, digest: policyDigest(base) });
}

const old = treeFile("targets/old.yml", slip.replace("tf-state", "logs"));
const tree = (digit: string) => ({ targetsTree: objectId(digit.repeat(40)) });

test("an action that AWS does not have stops the change of the target that names it", async () => {
  const base = policyFiles({ targets: [old], ...tree("1") });
  const head = { ...base, targets: [old, treeFile("targets/aws-prod.yml", slip)], ...tree("2") };
  expect(await judge(base, head)).toMatchObject({
    ok: false,
    diagnostics: [{ code: "CS2028", file: "targets/aws-prod.yml", fix: "s3:DeleteBucket" }],
  });
});

test("it does not stop the change of another file: AWS's list changes with upgrades, and an emergency must not wait for that", async () => {
  const base = policyFiles({ targets: [old], ...tree("1") });
  const head = { ...base, targets: [old, treeFile("targets/aws-prod.yml", targetText)], ...tree("2") };
  expect(await judge(base, head)).toMatchObject({ ok: true, paths: ["targets/aws-prod.yml"] });
  const frozen = treeFile(".github/countersign.yml", "version: 1\nfrozen: [all]\n");
  expect(await judge(base, { ...base, settings: frozen })).toMatchObject({
    ok: true,
    paths: [".github/countersign.yml"],
  });
});
