import { randomUUID } from "node:crypto";
import { loadPolicy, type Policy, type PolicyFiles, type TreeFile } from "../../../src/access-repo/index.ts";
import { sha256 } from "../../../src/base/canonical-json.ts";
import { objectId } from "../../../src/base/ids.ts";
import type { Db } from "../../../src/store/index.ts";
import { otherTarget, policyFiles, treeFile } from "../../access-repo/examples.ts";
import { grantRows, owner } from "../../exchange/grant-rows.ts";
import { sha } from "../../recorder/world.ts";

// One access repo with grants for jobs of many repositories: one repository alone may exchange 2 000 times at once and then
// 50 times a second (RepositoryLimits), which no benchmark shall measure.

export const publicUrl = "https://countersign.example";
export const head = sha(9);
export const workflowBlob = objectId("b".repeat(40));
export const repositories = 40;
/** The most that a request may ask for; each token of a round is of one of these run attempts. */
export const runs = 20;
const firstRepository = 1000;

export const policy: PolicyFiles = policyFiles({
  targets: [
    treeFile(
      "targets/vault.yml",
      otherTarget("oidc", `    workflows: ["acme/*/.github/workflows/*.yml@refs/heads/main"]\n`),
    ),
  ],
});

/** The request file of the nth repository. */
function requestFile(n: number): TreeFile {
  const text = `version: 1
role: deployer
reason: Read the deploy key
duration: 2h
runs: ${runs}
workflow: { repository: acme/infra-${n}, file: .github/workflows/deploy.yml, ref: refs/heads/main, environment: production }
`;
  // The id is the file's own, whichever process asks for it.
  return { ...treeFile(`requests/vault/2026-11/job-${n}.yml`, text), oid: objectId(sha256(text).slice(7, 47)) };
}
export const requestByPath = (path: string): TreeFile | null => {
  const n = /job-(\d+)\.yml$/.exec(path)?.[1];
  return n === undefined ? null : requestFile(Number(n));
};

/** Claims of a job that the grant of the nth repository is for. */
export function jobClaims(n: number, run: number): Readonly<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1000);
  const workflow = `acme/infra-${n}/.github/workflows/deploy.yml@refs/heads/main`;
  return {
    aud: publicUrl,
    jti: randomUUID(),
    iat: now,
    nbf: now - 600,
    exp: now + 900,
    repository: `acme/infra-${n}`,
    repository_id: String(firstRepository + n),
    repository_owner_id: String(owner),
    workflow_ref: workflow,
    job_workflow_ref: workflow,
    run_id: String(5000 + run),
  };
}

/** Writes the grants as the grant room does. */
export async function insertGrants(db: Db, now: Date): Promise<void> {
  const loaded = loadPolicy(policy);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  const grants = Array.from({ length: repositories }, (_, n) => grantRow(loaded.policy, n, now));
  await db
    .insertInto("decision")
    .values(grants.map(({ decision }) => decision))
    .execute();
  await db
    .insertInto("grant")
    .values(grants.map(({ grant }) => grant))
    .execute();
}

const grantRow = (policy: Policy, n: number, now: Date) =>
  grantRows({
    policy,
    file: requestFile(n),
    now,
    workflow: { id: firstRepository + n, blob: workflowBlob },
    pullRequest: { number: 7 + n, id: 5000 + n },
    notBefore: new Date(now.getTime() - 60_000),
    expiresAt: new Date(now.getTime() + 7_000_000),
  });
