import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { verifyClone, type AuditResult, type VerifyOptions } from "../../src/audit/index.ts";
import { repositoryId } from "../../src/base/ids.ts";
import { batchPath, ledgerKeyText, type Batch, type Entry } from "../../src/ledger/index.ts";
import { at, chainOf, genesis, granted, hex, issued, repo, rotated, testKey, uuid } from "../ledger/fixtures.ts";
import { newClone, type Clone } from "./clone.ts";

const key = testKey("first");
const second = testKey("second");
const mallory = testKey("mallory");
const keys = [ledgerKeyText(key.publicKey)];

let clone: Clone;
let merge: string;
let first: Clone;
beforeAll(() => {
  first = newClone();
  first.commit({ "README.md": "x" });
  merge = first.commit({ "requests/aws-prod/x.yml": "version: 1\n" }, "request\n\nRequested-by: alice");
});
afterAll(() => first.remove());
beforeEach(() => {
  clone = newClone(first);
});
afterEach(() => {
  vi.unstubAllEnvs();
  clone.remove();
});

const links = (): { key: typeof key; entries: readonly Entry[] }[] => [
  { key, entries: [genesis(key)] },
  { key, entries: [granted(1, { merge_commit: merge })] },
  { key, entries: [issued(1)] },
];
/** Puts batches on the ledger branch and goes back to main. */
const record = (...batches: readonly Batch[]): void => {
  clone.onLedger();
  clone.add(...batches);
  clone.git("checkout", "-q", "main");
};
const verify = (options: VerifyOptions = {}): Promise<AuditResult> =>
  verifyClone(clone.dir, { keys, repositoryId: repo, ...options });
const codes = async (options?: VerifyOptions): Promise<readonly string[]> =>
  (await verify(options)).problems.map(({ code }) => code);

describe("the ledger of a clone", () => {
  it("verifies: batches, entries, chain and merge commits", async () => {
    const chain = await chainOf(links());
    record(...chain);
    expect(await verify()).toMatchObject({
      ok: true,
      trust: "given",
      trustedKids: [key.kid],
      ref: "refs/heads/countersign-ledger",
      repositoryId: repo,
      batches: 3,
      entries: 3,
      grants: 1,
      issued: 1,
      head: { sequence: 3, sha256: chain[2]?.sha256, kid: key.kid },
      problems: [],
      leftOff: 0,
    });
  });

  it("verifies from a fresh clone, where it is origin's, also bare", async () => {
    record(...(await chainOf(links())));
    for (const flags of [[], ["--mirror"]]) {
      const dir = join(clone.dir, `copy${flags.length}`);
      execFileSync("git", ["clone", "-q", ...flags, clone.dir, dir], { stdio: "pipe" });
      expect(await verifyClone(dir, { keys })).toMatchObject({ ok: true, batches: 3 });
    }
  });

  it("verifies across a key rotation with the first key alone", async () => {
    record(
      ...(await chainOf([
        ...links(),
        { key, entries: [rotated(key, second)] },
        { key: second, entries: [granted(2, { merge_commit: merge })] },
      ])),
    );
    expect(await verify()).toMatchObject({ ok: true, batches: 5, head: { kid: second.kid } });
  });

  it("is read whatever the caller's environment and the clone's configuration say", async () => {
    record(...(await chainOf(links())));
    clone.git("config", "log.showRoot", "false");
    clone.git("config", "diff.renames", "copies");
    clone.git("replace", clone.git("rev-parse", "countersign-ledger"), clone.git("rev-parse", "main"));
    const ran = join(clone.dir, "ran");
    clone.git("config", "core.fsmonitor", `touch ${ran}; echo`); // last: our own git would run it too
    vi.stubEnv("GIT_DIR", "/nonexistent");
    vi.stubEnv("GIT_OBJECT_DIRECTORY", "/nonexistent");
    expect(await verify()).toMatchObject({ ok: true, batches: 3 });
    expect(existsSync(ran)).toBe(false);
  });
});

describe("C70 trust in a key", () => {
  const forged = (): Promise<readonly Batch[]> =>
    chainOf([{ key: mallory, entries: [genesis(mallory), granted(1, { merge_commit: merge })] }]);

  it("C70 is never taken from the genesis by itself", async () => {
    record(...(await forged()));
    expect(await codes()).toEqual(["unknown_key"]);
    expect(await verifyClone(clone.dir)).toMatchObject({
      ok: false,
      trust: "none",
      batches: 0,
      problems: [{ code: "no_trusted_key" }],
    });
  });

  it("C70 is taken from it only on the caller's word, and the result says so", async () => {
    record(...(await chainOf(links())));
    expect(await verifyClone(clone.dir, { trustOnFirstUse: true })).toMatchObject({
      ok: true,
      trust: "first_use",
      trustedKids: [key.kid],
    });
  });

  it("C70 given and first use are never mixed: given keys alone decide", async () => {
    record(...(await forged()));
    expect(await codes({ trustOnFirstUse: true })).toEqual(["unknown_key"]);
  });

  it("refuses a key that is none", async () => {
    await expect(verify({ keys: ["AAAA"] })).rejects.toMatchObject({ code: "ledger_bad_key" });
  });
});

describe("C52 a ledger branch that is not wholly ours", () => {
  it("C52 a foreign commit between two of ours is a problem, is not read, and does not hide the rest", async () => {
    const [one, two, three] = (await chainOf(links())) as [Batch, Batch, Batch];
    const [, foreign] = (await chainOf([
      { key: mallory, entries: [genesis(mallory)] },
      { key: mallory, entries: [granted(9)] },
    ])) as [Batch, Batch];
    clone.onLedger();
    clone.add(one);
    clone.commit({ [batchPath(new Date(at), uuid(77))]: foreign.text.replaceAll(foreign.header.batch, uuid(77)) });
    clone.add(two, three);
    clone.git("checkout", "-q", "main");
    expect(await verify()).toMatchObject({ ok: false, batches: 3, grants: 1, problems: [{ code: "unknown_key" }] });
  });

  it.each<[string, (batches: readonly Batch[]) => void]>([
    [
      "changes a batch",
      ([one]) => clone.commit({ [batchPath(new Date(at), uuid(1))]: (one as Batch).text.replace("acme", "evil") }),
    ],
    [
      "deletes a batch",
      () => (clone.git("rm", "-q", batchPath(new Date(at), uuid(1))), void clone.git("commit", "-qm", "x")),
    ],
    ["adds two files", () => clone.commit({ a: "1", b: "2" })],
    ["adds nothing", () => clone.commit({})],
    ["merges", () => clone.git("merge", "-q", "--allow-unrelated-histories", "-m", "x", "main")],
    [
      "adds a symbolic link",
      () => (
        clone.git(
          "update-index",
          "--add",
          "--cacheinfo",
          `120000,${clone.git("hash-object", "-w", batchPath(new Date(at), uuid(1)))},x`,
        ),
        void clone.git("commit", "-qm", "x")
      ),
    ],
    [
      "adds a submodule",
      () => (
        clone.git("update-index", "--add", "--cacheinfo", `160000,${merge},sub`),
        clone.git("commit", "-qm", "x"),
        void clone.git("config", "diff.ignoreSubmodules", "all")
      ),
    ],
  ])("C52 a commit that %s is foreign", async (_name, act) => {
    const chain = await chainOf(links());
    clone.onLedger();
    clone.add(...chain);
    act(chain);
    clone.git("checkout", "-qf", "main");
    const { problems, batches } = await verify();
    expect(batches).toBe(3);
    expect(problems.map((problem) => problem.code)).toContain("foreign_commit");
  });

  it.each<[string, () => void, string]>([
    ["is no batch", () => void clone.commit({ "ledger/2026/11/23/x.jsonl": "hello\n" }), "ledger_malformed"],
    ["is larger than any batch", () => void clone.commit({ x: "x".repeat(1_100_000) }), "unreadable_batch"],
    [
      "is at another path",
      () =>
        void clone.commit({
          "ledger/copy.jsonl": clone.git("show", "HEAD:" + batchPath(new Date(at), uuid(1))) + "\n",
        }),
      "ledger_wrong_path",
    ],
    ["has a hostile name", () => void clone.commit({ "x\u001b[2J\ny": "x" }), "ledger_malformed"],
  ])("C52 a file that %s is a problem", async (_name, act, code) => {
    clone.onLedger();
    clone.add(...(await chainOf(links())));
    act();
    clone.git("checkout", "-q", "main");
    const { problems, batches } = await verify();
    expect(batches).toBe(3);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    // oxlint-disable-next-line no-control-regex -- the point of the test
    expect(Object.values(problems[0] ?? {}).join("")).not.toMatch(/[\u0000-\u001f]/);
  });

  it("C52 a batch is missing", async () => {
    const [one, , three] = (await chainOf(links())) as [Batch, Batch, Batch];
    record(one, three);
    expect(await codes()).toContain("gap");
  });

  it("C52 the branch of another repository", async () => {
    record(...(await chainOf([{ key, entries: [genesis(key, repositoryId(5))] }], repositoryId(5))));
    expect(await codes()).toEqual(["wrong_repository"]);
  });

  it("C52 foreign commits that the operator accepted in a signed entry after them are told and are no problem", async () => {
    const acceptance = (after: string, tip: string): Entry => ({
      v: 1,
      id: uuid(60),
      at,
      type: "ledger_accepted",
      reason: "a test push",
      after,
      tip,
      foreign: 2,
    });
    const head = () => clone.git("rev-parse", "HEAD");
    const [one] = (await chainOf(links())) as [Batch];
    clone.onLedger();
    clone.add(one);
    const after = head();
    clone.commit({ [batchPath(new Date(at), uuid(77))]: "{}\n" });
    clone.commit({ a: "a", b: "b" });
    clone.git("merge", "-q", "-s", "ours", "--no-edit", "--allow-unrelated-histories", "main");
    const tip = head();
    const [, second, later] = (await chainOf([
      { key, entries: one.entries },
      { key, entries: [acceptance(after, tip)] },
      { key, entries: [{ ...acceptance(after, hex("e")), id: uuid(61) } as Entry] },
    ])) as [Batch, Batch, Batch];
    clone.add(second);
    const fine = await verify();
    expect(fine).toMatchObject({ ok: true, batches: 2, problems: [] });
    expect(fine.accepted.map(({ code, reason }) => [code, reason])).toContainEqual(["foreign_commit", "a test push"]);
    expect(fine.accepted.length).toBeGreaterThanOrEqual(3);
    // What comes after the batch that accepts is not accepted, whatever range a later entry names.
    clone.commit({ c: "c" });
    clone.add(later);
    clone.git("checkout", "-q", "main");
    expect(await codes()).toEqual(["ledger_malformed"]);
  });

  it("C52 batches cut off at the end show by what main remembers", async () => {
    const chain = await chainOf(links());
    record(...chain);
    const head = clone.git("rev-parse", "countersign-ledger");
    clone.commit({ y: "1" }, `another\n\nLedger-head: ${head}`);
    expect(await codes()).toEqual([]);
    clone.git("branch", "-f", "countersign-ledger", "countersign-ledger~1");
    expect(await codes()).toEqual(["ledger_head_missing"]);
  });

  it("is missing, shallow or empty of batches: said with the way out, never fine", async () => {
    expect(await codes()).toEqual(["no_ledger"]);
    record(...(await chainOf(links())));
    const dir = join(clone.dir, "shallow");
    execFileSync("git", ["clone", "-q", "--depth", "1", "--no-single-branch", `file://${clone.dir}`, dir], {
      stdio: "pipe",
    });
    expect(await verifyClone(dir, { keys })).toMatchObject({
      ok: false,
      problems: [{ code: "shallow_clone", message: expect.stringContaining("--unshallow") as string }],
    });
  });

  it("is not a clone at all", async () => {
    await expect(verifyClone("/")).rejects.toMatchObject({ code: "git_failed" });
    await expect(verifyClone(join(clone.dir, "nowhere"))).rejects.toMatchObject({ code: "git_failed" });
  });
});

describe("entries against each other and the default branch", () => {
  const found = async (...entries: readonly Entry[]): Promise<readonly string[]> => {
    record(...(await chainOf([...links(), { key, entries }])));
    return codes();
  };
  const revoked: Entry = {
    v: 1,
    id: uuid(60),
    at: "2026-11-23T09:10:00Z",
    type: "revoked",
    grant: uuid(1),
    path: "x",
    how: "command",
    commit: null,
    by: null,
    reason: null,
  };
  const late = issued(2, { grant: uuid(1), at: "2026-11-23T09:20:00Z" });

  it.each<[string, () => readonly Entry[]]>([
    ["merge_commit_missing", () => [granted(2, { merge_commit: hex("e") })]],
    ["plan_hash", () => [granted(2, { merge_commit: merge, plan: '{"plan":2}' })]],
    ["granted_twice", () => [granted(1, { id: uuid(61), merge_commit: merge })]],
    ["issued_without_grant", () => [issued(5)]],
    ["issued_other_plan", () => [issued(2, { grant: uuid(1), plan_hash: genesis(key).policy_digest as never })]],
    ["issued_outside_window", () => [issued(2, { grant: uuid(1), at: "2026-11-23T10:00:00Z" })]],
    ["issued_after_revocation", () => [revoked, late]],
    ["entry_twice", () => [{ ...revoked, id: issued(1).id }]],
  ])("%s is found", async (code, entries) => {
    expect(await found(...entries())).toEqual([code]);
  });

  const urgent = () => granted(2, { merge_commit: merge, rule: "break_glass", approved_by: [] });
  const alice = granted(2).requested_by;
  const owed: Entry = {
    v: 1,
    id: uuid(63),
    at: granted(2).at,
    type: "break_glass",
    grant: granted(2).grant,
    path: granted(2).path,
    target: "aws-prod",
    role: "operator",
    pull_request: 7,
    requested_by: alice,
    why: "INC-2041 checkout is down",
    what: "x",
    workflow: "x",
    skipped: ["@acme/owners"],
    may_not_review: [{ id: 4, login: "dave" }],
    review_by: "2026-11-26T09:00:00Z",
  };
  const review = (by: { id: number; login: string }): Entry => ({
    v: 1,
    id: uuid(64),
    at: granted(2).at,
    type: "reviewed",
    grant: granted(2).grant,
    path: granted(2).path,
    pull_request: 7,
    issue: 9,
    comment: 10,
    by,
  });
  it("break-glass that owes no review is found", async () => {
    expect(await found(urgent())).toEqual(["break_glass_unrecorded"]);
  });
  it.each([
    ["the requester", alice],
    ["somebody who wrote it", { id: 4, login: "dave" }],
  ])("a review of break-glass by %s is found", async (_, by) => {
    expect(await found(urgent(), owed, review(by))).toEqual(["reviewed_by_requester"]);
  });
  it("break-glass that another person reviewed is fine", async () => {
    expect(await found(urgent(), owed, review({ id: 12, login: "bob" }))).toEqual([]);
  });

  it("recorded after a revocation and then dropped is fine", async () => {
    const dropped: Entry = {
      v: 1,
      id: uuid(62),
      at: "2026-11-23T09:21:00Z",
      type: "dropped",
      grant: uuid(1),
      path: "x",
      exchange: late.exchange,
      state: "recorded",
    };
    expect(await found(revoked, late, dropped)).toEqual([]);
  });

  it("a clone without default branch says that merge commits were not checked", async () => {
    record(...(await chainOf(links())));
    expect(await codes({ defaultBranch: "refs/heads/--output=x" })).toEqual(["default_branch_unknown"]);
    writeFileSync(join(clone.dir, ".git", "HEAD"), "ref: refs/heads/none\n");
    expect(await codes()).toEqual(["default_branch_unknown"]);
  });
});
