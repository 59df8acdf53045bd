import { expect, test } from "vitest";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import { loadPolicy } from "../../src/access-repo/index.ts";
import { objectId, ownerId, repositoryId } from "../../src/base/ids.ts";
import type { GitHub } from "../../src/github/types.ts";
import { evaluateRequests } from "../../src/pull-request/index.ts";
import { otherTarget, policyFiles, treeFile } from "../access-repo/examples.ts";
import { inputOf } from "../approval/world.ts";

const actions = await openCatalogue();
const path = "requests/oidc-prod/2026-11/deploy.yml";
const request = `version: 1
role: deployer
reason: Deploy the new version of the shop
duration: 1h
workflow: { repository: acme/infra, file: .github/workflows/deploy.yml, ref: refs/heads/main }
`;
const ours = ["https://countersign.acme.example", "https://id.acme.example/countersign", "https://github.acme.example"];

async function evaluate(audience: string, merged: boolean) {
  const target = treeFile("targets/oidc-prod.yml", otherTarget("oidc", "", `audience: "${audience}"`));
  const loaded = loadPolicy(policyFiles({ targets: [target] }));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  const github = {
    files: () => Promise.resolve([treeFile(path, request)]),
    workflowFile: () =>
      Promise.resolve({
        repository: { id: repositoryId(20), ownerId: ownerId(1), fullName: "acme/infra" },
        file: { ...treeFile(".github/workflows/deploy.yml", "on: push"), oid: objectId("d".repeat(40)) },
      }),
    canWrite: () => Promise.resolve(true),
  } as unknown as GitHub;
  const clock = { now: () => new Date("2026-11-23T09:00:00Z") };
  const deps = { github, clock, kinds: new Set(["oidc" as const]), actions, config: { ours } };
  return evaluateRequests(deps, inputOf().snapshot, loaded.policy, [path], merged);
}

test.each(
  [
    "https://countersign.acme.example",
    "COUNTERSIGN.acme.example:443",
    "https://id.acme.example/",
    "https://github.acme.example/acme",
  ].flatMap((audience) => [false, true].map((merged) => [audience, merged] as const)),
)(
  "C61 a request for an oidc target with the audience %s of ours has no plan to approve, merged: %s",
  async (a, merged) => {
    expect(await evaluate(a, merged)).toMatchObject({
      ok: false,
      diagnostics: [{ code: "CS1017", file: path, line: 2, message: expect.stringContaining("deployer") as string }],
    });
  },
);

test("one with a relying party's own audience has", async () => {
  expect(await evaluate("https://vault.acme.example", false)).toMatchObject({ ok: true });
});
