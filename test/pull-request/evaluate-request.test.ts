import { expect, test } from "vitest";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import { loadPolicy } from "../../src/access-repo/index.ts";
import type { CloudKind, Policy } from "../../src/access-repo/types.ts";
import { objectId, ownerId, repositoryId } from "../../src/base/ids.ts";
import type { GitHub } from "../../src/github/types.ts";
import { evaluateRequests } from "../../src/pull-request/index.ts";
import { otherKinds, otherTarget, policyFiles, treeFile } from "../access-repo/examples.ts";
import { inputOf } from "../approval/world.ts";

const actions = await openCatalogue();
const others = Object.keys(otherKinds) as (keyof typeof otherKinds)[];
const { snapshot } = inputOf();
const pathOf = (kind: CloudKind): string => `requests/${kind}-prod/2026-11/deploy.yml`;
const request = `version: 1
role: deployer
reason: Deploy the new version of the shop
duration: 1h
workflow: { repository: acme/infra, file: .github/workflows/deploy.yml, ref: refs/heads/main }
`;

function policyWith(kind: keyof typeof otherKinds | "aws"): Policy {
  const target = treeFile(`targets/${kind}-prod.yml`, kind === "aws" ? awsTarget : otherTarget(kind));
  const loaded = loadPolicy(policyFiles({ targets: [target] }));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.policy;
}

const awsTarget = `version: 1
cloud: aws
roles:
  deployer:
    role_arn: arn:aws:iam::123456789012:role/countersign-deployer
    allow: [{ actions: ["s3:*", "iam:*"], resources: ["arn:aws:s3:::acme-*"] }]
    max_duration: 2h
    allow_persistence: true
`;
const asking = (action: string): string => `${request}actions: ["${action}"]\nresources: ["arn:aws:s3:::acme-logs"]\n`;

/** One request of a kind, on a server with brokers for these kinds. */
async function evaluate(
  kind: keyof typeof otherKinds | "aws",
  kinds: readonly CloudKind[],
  merged = false,
  text = request,
) {
  const asked: string[] = [];
  const github = {
    files: () => Promise.resolve([treeFile(pathOf(kind), text)]),
    workflowFile: (repository: string) => {
      asked.push(repository);
      return Promise.resolve({
        repository: { id: repositoryId(20), ownerId: ownerId(1), fullName: "acme/infra" },
        file: { ...treeFile(".github/workflows/deploy.yml", "on: push"), oid: objectId("d".repeat(40)) },
      });
    },
    canWrite: () => Promise.resolve(true),
  } as unknown as GitHub;
  const deps = { github, clock: { now: () => new Date("2026-11-23T09:00:00Z") }, kinds: new Set(kinds), actions };
  const evaluation = await evaluateRequests(deps, snapshot, policyWith(kind), [pathOf(kind)], merged);
  return { evaluation, asked };
}

test.each(others.flatMap((kind) => [false, true].map((merged) => [kind, merged] as const)))(
  "a request for a kind without a broker is refused before anything else is asked: %s, merged: %s",
  async (kind, merged) => {
    const { evaluation, asked } = await evaluate(kind, ["aws", ...others.filter((other) => other !== kind)], merged);
    expect(evaluation).toMatchObject({
      ok: false,
      diagnostics: [
        {
          code: "CS2031",
          severity: "error",
          file: pathOf(kind),
          line: 2,
          message: `This server cannot issue for ${kind} yet: target ${kind}-prod can be written and validated, but not asked for.`,
        },
      ],
    });
    expect(asked).toEqual([]);
  },
);

test.each(["gcp", "azure", "oidc"] as const)("with a broker for %s it has its plan", async (kind) => {
  const { evaluation } = await evaluate(kind, [kind]);
  expect(evaluation).toMatchObject({
    ok: true,
    requests: [{ plan: { data: { kind, subject: `repository:10:${kind}:${kind}-prod:deployer` } } }],
  });
});

test("C51 a github request has no plan as long as nobody says which repositories its names are", async () => {
  const { evaluation } = await evaluate("github", ["github"]);
  expect(evaluation).toMatchObject({
    ok: false,
    diagnostics: [{ code: "CS2031", message: expect.stringContaining("acme/infra") as string }],
  });
});

test("an action that AWS does not have is refused before the merge; after it, our list of actions ends no grant", async () => {
  const before = await evaluate("aws", ["aws"], false, asking("s3:DeletBucket"));
  expect(before.evaluation).toMatchObject({
    ok: false,
    diagnostics: [
      { code: "CS2028", line: 6, column: 11, hint: "Did you mean s3:DeleteBucket?", fix: "s3:DeleteBucket" },
    ],
  });
  expect(before.asked).toEqual([]);
  const after = await evaluate("aws", ["aws"], true, asking("s3:DeletBucket"));
  expect(after.evaluation).toMatchObject({ ok: true, requests: [{ review: { actions: [] } }] });
});

test("a reviewer is told what each action means, and what is a known way to more power", async () => {
  const { evaluation } = await evaluate("aws", ["aws"], false, asking("iam:PassRole"));
  expect(evaluation).toMatchObject({
    ok: true,
    requests: [
      { review: { actions: [{ action: "iam:PassRole", words: expect.stringMatching(/^Write: pass a role/) }] } },
    ],
  });
  const codes = evaluation.ok ? evaluation.requests[0]?.review.risks.map((risk) => risk.code) : [];
  expect(codes).toContain("privilege_escalation");
});
