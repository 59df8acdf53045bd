import { describe, expect, test } from "vitest";
import { decisionKey, decisionKeyDigest, type KeyParts, sameOutcome } from "../../src/approval/index.ts";
import type { DecisionKey } from "../../src/approval/types.ts";
import { sha256 } from "../../src/base/canonical-json.ts";
import { commitSha, objectId, pullRequestId, repositoryId } from "../../src/base/ids.ts";
import * as w from "./world.ts";

const [a, b] = ["requests/aws-prod/a.yml", "requests/aws-prod/b.yml"];
const contents = new Map([
  [a, sha256("a")],
  [b, sha256("b")],
]);
const parts = (paths: readonly string[], resultingDigest: KeyParts["resultingDigest"] = null): KeyParts => ({
  ...w.inputOf({ paths }),
  sha256: contents,
  resultingDigest,
});

describe("decisionKey", () => {
  test("is the same for the same things in any order, and ignores what is no part of them", () => {
    const key = decisionKey(parts([a, b]));
    expect(decisionKey(parts([b, a]))).toEqual(key);
    const { snapshot, ...rest } = parts([a, b]);
    const pullRequest = { ...snapshot.pullRequest, title: "other", state: "merged" as const, draft: true };
    expect(decisionKey({ ...rest, snapshot: { ...snapshot, pullRequest } })).toEqual(key);
    expect(key.requests.map((one) => one.path)).toEqual([a, b]);
  });

  test("C68 every part changes the digest", () => {
    const key = decisionKey(parts([a]));
    const [only] = key.requests;
    if (!only) throw new Error("no request");
    const others: readonly DecisionKey[] = [
      { ...key, repository_id: repositoryId(11) },
      { ...key, pull_request_id: pullRequestId(78) },
      { ...key, head_sha: commitSha(w.older) },
      { ...key, kind: "policy" },
      { ...key, policy_digest: sha256("other policy") },
      { ...key, resulting_digest: sha256("x") },
      { ...key, requests: [] },
      { ...key, requests: [{ ...only, path: b }] },
      { ...key, requests: [{ ...only, blob: objectId(w.hex("e")) }] },
      { ...key, requests: [{ ...only, sha256: sha256("x") }] },
      { ...key, requests: [{ ...only, plan_hash: sha256("x") }] },
    ];
    const digests = new Set([key, ...others].map(decisionKeyDigest));
    expect(digests.size).toBe(others.length + 1);
  });

  test("cannot be made without the content's digest, or with a digest that does not fit the kind", () => {
    expect(() => decisionKey({ ...parts([a]), sha256: new Map() })).toThrow("no content digest");
    expect(() => decisionKey(parts([a], sha256("x")))).toThrow("resultingDigest");
    expect(() => decisionKey({ ...parts([a]), subject: { kind: "policy", paths: ["CODEOWNERS"] } })).toThrow(
      "resultingDigest",
    );
  });
});

test("only the outcome must be the same after the merge", () => {
  expect(sameOutcome({ outcome: "approved", rule: "owners" }, { outcome: "approved", rule: "owners" })).toBe(true);
  expect(sameOutcome({ outcome: "approved", rule: "owners" }, { outcome: "pending", rule: null })).toBe(false);
});
