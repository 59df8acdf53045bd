import { decisionKey, decisionKeyDigest, type KeyParts } from "../approval/index.ts";
import type { Decision, DecisionKey, RequestRule, Rule } from "../approval/types.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import type { ReconcileDeps } from "./deps.ts";

/** Stores an approved decision before the merge that acts on it. The same decision twice is one row, which says how it was decided last. */
export async function storeDecision(
  deps: Pick<ReconcileDeps, "db" | "clock">,
  parts: KeyParts,
  decision: Decision,
): Promise<void> {
  if (decision.outcome !== "approved" || decision.rule === null)
    throw new TypeError("only approved decisions are stored");
  const { author } = parts.snapshot.pullRequest;
  if (!author) throw new TypeError("an approved decision has a requester");
  const key = decisionKey(parts);
  const row = {
    rule: decision.rule,
    approvers: JSON.stringify(decision.approvers.map(({ id, login }) => ({ id, login }))),
    decided_at: deps.clock.now(),
  };
  await deps.db
    .insertInto("decision")
    .values({
      key_sha256: decisionKeyDigest(key),
      repository_id: key.repository_id,
      pull_request_id: key.pull_request_id,
      pull_request: parts.snapshot.pullRequest.number,
      head_sha: key.head_sha,
      kind: key.kind,
      key_text: canonicalJson({ ...key }),
      resulting_digest: key.resulting_digest,
      outcome: "approved",
      requester_id: author.id,
      requester_login: author.login,
      ...row,
    })
    // Decided again after a merge that GitHub refused: what acts is the newest, perhaps by another rule.
    .onConflict((c) => c.column("key_sha256").doUpdateSet(row))
    .execute();
}

/** The stored decision on requests whose key is exactly this one, with who approved it then and by which rule. */
export async function findDecision(
  deps: Pick<ReconcileDeps, "db">,
  key: DecisionKey,
): Promise<{ key_sha256: string; rule: RequestRule; approvers: readonly { id: number; login: string }[] } | null> {
  const row = await deps.db
    .selectFrom("decision")
    .select(["key_sha256", "rule", "approvers", "key_text"])
    .where("key_sha256", "=", decisionKeyDigest(key))
    .executeTakeFirst();
  if (row?.key_text !== canonicalJson({ ...key }) || !isOfRequests(row.rule)) return null;
  return { ...row, rule: row.rule };
}

const isOfRequests = (rule: Rule): rule is RequestRule => rule !== "freeze" && rule !== "own_revocation";
