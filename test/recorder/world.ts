import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { RetryLater } from "../../src/base/errors.ts";
import {
  type CommitSha,
  commitSha,
  type Digest,
  objectId,
  repositoryId,
  type RepositoryId,
} from "../../src/base/ids.ts";
import type { GitHub, PutResult, RepoRef } from "../../src/github/types.ts";
import type { LedgerSigner } from "../../src/issuer/index.ts";
import {
  buildBatch,
  entryText,
  batchPath,
  ledgerKid,
  ledgerKeyText,
  parseBatch,
  type Batch,
  type Entry,
  type GenesisEntry,
} from "../../src/ledger/index.ts";
import { createRecorder, type RecorderDeps } from "../../src/recorder/index.ts";
import type { Db } from "../../src/store/index.ts";
import { pause } from "../helpers/clock.ts";

export const access: RepoRef = { id: repositoryId(100), fullName: "acme/access" };
export const sha = (n: number | string): CommitSha => commitSha(String(n).padStart(40, "0"));

type Commit = NonNullable<Awaited<ReturnType<GitHub["ledgerCommits"]>>>[number];

/** The ledger branch of one repository, in memory, with GitHub's ways of answering. */
export class FakeLedger
  implements Pick<GitHub, "ledgerTip" | "createLedgerBranch" | "putLedgerFile" | "ledgerCommits">
{
  commits: Commit[] = [];
  puts = 0;
  /** The write happens, its answer does not come. */
  loseAnswers = 0;
  /** The write does not happen. */
  failWrites = 0;
  latency = 0;
  /** Runs before a write takes effect. */
  beforeWrite: (() => void) | undefined;
  /** `ledgerTip` shows an older tip for so many reads. */
  staleReads = 0;
  dead = false;
  #n = 1;

  push(
    files: readonly { path: string; text: string | undefined; mode?: number }[],
    more: Partial<Commit> = {},
  ): Commit {
    const last = this.commits.at(-1);
    const added = files.map((f) => ({
      path: f.path,
      text: f.text,
      mode: f.mode ?? 0o100644,
      oid: objectId(sha(this.#n)),
    }));
    const commit = { sha: sha(++this.#n), parents: last ? [last.sha] : [], added, onlyAdds: true, ...more };
    this.commits.push(commit);
    return commit;
  }
  async ledgerTip(): Promise<CommitSha | null> {
    this.#alive();
    if (this.staleReads > 0) {
      this.staleReads--;
      return this.commits.at(-2)?.sha ?? null;
    }
    return this.commits.at(-1)?.sha ?? null;
  }
  async ledgerCommits(_: RepoRef, from: CommitSha | null, to: CommitSha): ReturnType<GitHub["ledgerCommits"]> {
    this.#alive();
    const end = this.commits.findIndex((c) => c.sha === to);
    const start = from === null ? -1 : this.commits.findIndex((c) => c.sha === from);
    if (end < 0 || (from !== null && start < 0) || start > end) return null;
    return this.commits.slice(start + 1, end + 1);
  }
  async createLedgerBranch(_: RepoRef, path: string, content: string): Promise<CommitSha> {
    if (this.commits.length > 0) throw new RetryLater("ledger_exists", "exists");
    const result = await this.#write(path, content);
    if (result.kind !== "created") throw new Error("cannot be");
    return result.commit;
  }
  async putLedgerFile(_: RepoRef, path: string, content: string): Promise<PutResult> {
    if (this.commits.some((c) => c.added.some((f) => f.path === path))) return { kind: "exists" };
    return this.#write(path, content);
  }
  async #write(path: string, content: string): Promise<PutResult> {
    this.#alive();
    this.puts++;
    if (this.latency > 0) await delay(this.latency);
    this.beforeWrite?.();
    if (this.failWrites-- > 0) throw new RetryLater("github_unreachable", "no");
    this.failWrites = Math.max(0, this.failWrites);
    const commit = this.push([{ path, text: content }]);
    this.#alive();
    if (this.loseAnswers > 0) {
      this.loseAnswers--;
      throw new RetryLater("github_unreachable", "the answer was lost");
    }
    return { kind: "created", commit: commit.sha, parent: commit.parents[0] ?? null };
  }
  #alive(): void {
    if (this.dead) throw new Error("this process is dead");
  }
  batches(): Batch[] {
    return this.commits.flatMap((c) => c.added.map((f) => parseBatch(f.text ?? "", f.path)));
  }
  entries(): Entry[] {
    return this.batches().flatMap((batch) => [...batch.entries]);
  }
}

export function ledgerKeys(): RecorderDeps["keys"] & { readonly ledger: LedgerSigner } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const kid = ledgerKid(publicKey);
  const ledger: LedgerSigner = {
    kid,
    publicKey: ledgerKeyText(publicKey),
    sign: async (bytes) => sign(null, bytes, privateKey).toString("base64url"),
  };
  return {
    ledger,
    ledgerSigner: (k) => (k === kid ? ledger : undefined),
    ledgerKeyOf: (k) => (k === kid ? publicKey : undefined),
    refresh: async () => undefined,
  };
}

const at = "2026-11-23T09:00:00Z";
export const clock = { now: () => new Date(at) };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const entry = (n = 1): Entry => ({
  v: 1,
  id: randomUUID(),
  at,
  type: "refused",
  code: "access_denied",
  repository_id: 7,
  count: n,
  first_at: at,
});
export const genesis = (keys: RecorderDeps["keys"]): GenesisEntry => ({
  v: 1,
  id: randomUUID(),
  at,
  type: "genesis",
  repository_id: access.id,
  owner_id: 5,
  repository: access.fullName,
  commit: sha(9),
  policy_digest: `sha256:${"a".repeat(64)}`,
  issuer: "https://countersign.example",
  key: { kid: keys.ledger.kid, public_key: keys.ledger.publicKey },
});

/** A batch by any key, at any place; what a stranger or a replay would push. */
export async function forge(
  keys: RecorderDeps["keys"],
  after: { sequence: number; sha256: Batch["sha256"] | null },
  entries: readonly Entry[],
  repository: RepositoryId = access.id,
): Promise<{ path: string; text: string }> {
  const batchId = randomUUID();
  const batch = await buildBatch({
    repositoryId: repository,
    sequence: after.sequence + 1,
    previous: after.sha256,
    batchId,
    kid: keys.ledger.kid,
    sign: (bytes) => keys.ledger.sign(bytes),
    lines: entries.map(entryText),
  });
  return { path: batchPath(new Date(at), batchId), text: batch.text };
}

export async function enrol(db: Db, state: "pending" | "active" = "active"): Promise<void> {
  await db
    .insertInto("enrolment")
    .values({
      repository_id: access.id,
      owner_id: 5,
      installation_id: 1,
      full_name: access.fullName,
      default_branch: "main",
      state,
      state_reason: null,
      accepted_digest: `sha256:${"a".repeat(64)}`,
      accepted_commit: sha(9),
      quarantined_digest: null,
      head_sha: sha(9),
      ledger_commit: null,
      ledger_sequence: 0,
      ledger_sha256: null,
      enrolled_at: clock.now(),
    } as never)
    .execute();
}

export const recorderOn = (db: Db, github: FakeLedger, keys: RecorderDeps["keys"], more: Partial<RecorderDeps> = {}) =>
  createRecorder({ db, github, keys, clock, pause, log: quiet, newId: randomUUID, ...more });

export const enrolment = (db: Db) =>
  db.selectFrom("enrolment").selectAll().where("repository_id", "=", String(access.id)).executeTakeFirstOrThrow();

/** An access repo whose ledger holds the genesis and one batch of ours behind it. `last` is what the next batch goes on from. */
export async function startRecorded(db: Db) {
  const [github, keys] = [new FakeLedger(), ledgerKeys()];
  const recorder = recorderOn(db, github, keys);
  await enrol(db);
  await recorder.openLedger(access, genesis(keys));
  await recorder.append(db, access.id, [entry(1)], clock.now());
  await recorder.flush(access);
  const { ledger_sequence, ledger_sha256, ledger_commit } = await enrolment(db);
  const last = { sequence: ledger_sequence, sha256: ledger_sha256 as Digest };
  return { db, github, keys, recorder, last, commit: ledger_commit };
}
