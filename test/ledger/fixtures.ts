import { createHash, createPrivateKey, sign, type KeyObject } from "node:crypto";
import { createPublicKey } from "node:crypto";
import { sha256 } from "../../src/base/canonical-json.ts";
import { repositoryId, type RepositoryId } from "../../src/base/ids.ts";
import {
  buildBatch,
  entryText,
  ledgerKeyText,
  ledgerKid,
  type Batch,
  type Entry,
  type GenesisEntry,
  type GrantedEntry,
  type IssuedEntry,
  type KeyRotatedEntry,
} from "../../src/ledger/index.ts";

export interface TestKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly sign: (bytes: Uint8Array) => Promise<string>;
}

/** The same key for the same name, so that a failing test can be read again. */
export function testKey(name: string): TestKey {
  const seed = createHash("sha256").update(name).digest();
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  return {
    kid: ledgerKid(publicKey),
    publicKey,
    sign: (bytes) => Promise.resolve(sign(null, bytes, privateKey).toString("base64url")),
  };
}

export const repo = repositoryId(4242);
export const at = "2026-11-23T09:00:00Z";
export const hex = (digit: string): string => digit.repeat(40);
export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
export const trust = (...keys: readonly TestKey[]): ReadonlyMap<string, KeyObject> =>
  new Map(keys.map((key) => [key.kid, key.publicKey]));

export const genesis = (key: TestKey, repository: RepositoryId = repo): GenesisEntry => ({
  v: 1,
  id: uuid(1),
  at,
  type: "genesis",
  repository_id: repository,
  owner_id: 7,
  repository: "acme/access",
  commit: hex("a"),
  policy_digest: sha256("policy"),
  issuer: "https://countersign.example",
  key: { kid: key.kid, public_key: ledgerKeyText(key.publicKey) },
});

export const granted = (n: number, more: Partial<GrantedEntry> = {}): GrantedEntry => ({
  v: 1,
  id: uuid(1000 + n),
  at,
  type: "granted",
  grant: uuid(n),
  path: "requests/aws-prod/2026-11/delete-stale-logs.yml",
  repository_id: repo,
  pull_request: n,
  pull_request_id: 900 + n,
  merge_commit: hex("b"),
  blob: hex("c"),
  blob_sha256: sha256("blob"),
  decision_key: sha256("decision"),
  policy_digest: sha256("policy"),
  plan_version: 1,
  plan_hash: sha256('{"plan":1}'),
  plan: '{"plan":1}',
  requested_by: { id: 11, login: "alice" },
  approved_by: [{ id: 12, login: "bob" }],
  rule: "owners",
  reason: "Delete the log bucket",
  ticket: "OPS-1423",
  not_before: "2026-11-23T08:00:00Z",
  expires_at: "2026-11-23T10:00:00Z",
  ...more,
});

export const issued = (n: number, more: Partial<IssuedEntry> = {}): IssuedEntry => ({
  v: 1,
  id: uuid(2000 + n),
  at,
  type: "issued",
  grant: uuid(n),
  path: "requests/aws-prod/2026-11/delete-stale-logs.yml",
  exchange: uuid(3000 + n),
  kind: "aws",
  target: "aws-prod",
  role: "operator",
  subject: "repository:4242:aws:aws-prod:operator",
  identifiers: { access_key_id: "ASIAEXAMPLE" },
  expires_at: "2026-11-23T10:00:00Z",
  job: { repository_id: 5, run_id: 6, run_attempt: 1, actor_id: 11, sha: hex("d"), jti_sha256: sha256("jti") },
  plan_hash: sha256('{"plan":1}'),
  ...more,
});

export const rotated = (from: TestKey, to: TestKey): KeyRotatedEntry => ({
  v: 1,
  id: uuid(4000),
  at,
  type: "key_rotated",
  old_kid: from.kid,
  key: { kid: to.kid, public_key: ledgerKeyText(to.publicKey) },
});

/** A chain of one batch per list of entries, each by the key given with it. */
export async function chainOf(
  links: readonly { readonly key: TestKey; readonly entries: readonly Entry[] }[],
  repository: RepositoryId = repo,
): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  for (const { key, entries } of links) {
    batches.push(
      await buildBatch({
        repositoryId: repository,
        sequence: batches.length + 1,
        previous: batches.at(-1)?.sha256 ?? null,
        batchId: uuid(batches.length + 1),
        kid: key.kid,
        sign: key.sign,
        lines: entries.map(entryText),
      }),
    );
  }
  return batches;
}
