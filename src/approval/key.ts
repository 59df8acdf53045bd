import { digestOf } from "../base/canonical-json.ts";
import type { Digest } from "../base/ids.ts";
import type { Decision, DecisionInput, DecisionKey } from "./types.ts";

/** What the key needs beside the input of the decision. */
export interface KeyParts extends Pick<DecisionInput, "snapshot" | "policy" | "subject"> {
  /** SHA-256 over the bytes of each request file, by path: git's SHA-1 alone does not bind content. */
  readonly sha256: ReadonlyMap<string, Digest>;
  /** Policy pull requests: the digest that the merge yields. Requests: null. */
  readonly resultingDigest: Digest | null;
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;

/**
 * What a decision is about (DESIGN.md section 4, One authority).
 * @throws TypeError where a request has no content digest, or where `resultingDigest` does not fit the kind.
 */
export function decisionKey({ snapshot, policy, subject, sha256, resultingDigest }: KeyParts): DecisionKey {
  if ((subject.kind === "policy") !== (resultingDigest !== null)) {
    throw new TypeError("resultingDigest is for policy pull requests, and only for them");
  }
  const requests = subject.kind === "request" ? subject.requests : [];
  return {
    v: 1,
    repository_id: snapshot.repository.id,
    pull_request_id: snapshot.pullRequest.id,
    head_sha: snapshot.pullRequest.headSha,
    kind: subject.kind,
    policy_digest: policy.digest,
    requests: requests
      .map(({ request, blob, planHash }) => {
        const path = request.path.path;
        const content = sha256.get(path);
        if (content === undefined) throw new TypeError(`no content digest of ${path}`);
        return { path, blob, sha256: content, plan_hash: planHash };
      })
      .sort(byPath),
    resulting_digest: resultingDigest,
  };
}

/** Digest of the canonical key: the primary key of a stored decision. */
export const decisionKeyDigest = (key: DecisionKey): Digest => digestOf({ ...key });

/** Whether the decision after the merge confirms the one before it: who filled the slots may differ; that they are, and the rule, may not. */
export const sameOutcome = (
  before: Pick<Decision, "outcome" | "rule">,
  after: Pick<Decision, "outcome" | "rule">,
): boolean => before.outcome === after.outcome && before.rule === after.rule;
