import { z } from "zod";
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { parseCanonicalLine } from "./canonical-line.ts";
import { LedgerError } from "./errors.ts";
import { actor, common, count, digest, hex40, id, instant, ofGrant, publicKey, text, texts, uuid } from "./shapes.ts";
import type {
  CheckedEntry,
  BreakGlassEntry,
  ClosedEntry,
  DispatchedEntry,
  DispatchFailedEntry,
  DroppedEntry,
  Entry,
  ExpiredEntry,
  GenesisEntry,
  GrantedEntry,
  IssuedEntry,
  KeyRotatedEntry,
  LedgerAcceptedEntry,
  PolicyAcceptedEntry,
  PolicyQuarantineEntry,
  RefusedEntry,
  RequestedEntry,
  RequestQuarantinedEntry,
  ReviewedEntry,
  RevokedEntry,
} from "./types.ts";

// One shape per type. The annotations make the compiler compare each with types.ts: a shape that lets through more
// than its type says does not compile.

const genesis: z.ZodType<GenesisEntry> = z.strictObject({
  ...common,
  type: z.literal("genesis"),
  repository_id: id,
  owner_id: id,
  repository: text,
  commit: hex40,
  policy_digest: digest,
  issuer: text,
  key: publicKey,
});
const policyAccepted: z.ZodType<PolicyAcceptedEntry> = z.strictObject({
  ...common,
  type: z.literal("policy_accepted"),
  policy_digest: digest,
  previous_digest: digest.nullable(),
  commit: hex40,
  pull_request: id.nullable(),
  decision_key: text.nullable(),
  approved_by: z.array(actor),
  reason: text.nullable(),
});
const policyQuarantine: z.ZodType<PolicyQuarantineEntry> = z.strictObject({
  ...common,
  type: z.enum(["policy_quarantined", "policy_restored"]),
  policy_digest: digest,
  accepted_digest: digest,
  commit: hex40,
});
const granted: z.ZodType<GrantedEntry> = z.strictObject({
  ...ofGrant,
  type: z.literal("granted"),
  repository_id: id,
  pull_request: id,
  pull_request_id: id,
  merge_commit: hex40,
  blob: hex40,
  blob_sha256: digest,
  decision_key: text,
  policy_digest: digest,
  plan_version: id,
  plan_hash: digest,
  plan: text,
  requested_by: actor,
  approved_by: z.array(actor),
  rule: z.enum(["owners", "auto_approve", "break_glass"]),
  reason: text,
  ticket: text.nullable(),
  not_before: instant,
  expires_at: instant,
});
const requestQuarantined: z.ZodType<RequestQuarantinedEntry> = z.strictObject({
  ...common,
  type: z.literal("request_quarantined"),
  path: text,
  blob: hex40,
  commit: hex40,
  code: text,
});
const dispatched: z.ZodType<DispatchedEntry> = z.strictObject({
  ...common,
  type: z.literal("dispatched"),
  grants: z.array(uuid),
  repository_id: id,
  file: text,
  ref: text,
  inputs: texts,
  run_id: id,
});
const dispatchFailed: z.ZodType<DispatchFailedEntry> = z.strictObject({
  ...common,
  type: z.literal("dispatch_failed"),
  grants: z.array(uuid),
  code: text,
});
const job = { repository_id: id, run_id: id, run_attempt: id, actor_id: id, sha: hex40, jti_sha256: digest };
const kind = z.enum(["aws", "gcp", "azure", "github", "oidc"]);
const issued: z.ZodType<IssuedEntry> = z.strictObject({
  ...ofGrant,
  type: z.literal("issued"),
  exchange: uuid,
  kind,
  target: text,
  role: text,
  subject: text,
  identifiers: texts,
  expires_at: instant,
  job: z.strictObject(job),
  plan_hash: digest,
});
const dropped: z.ZodType<DroppedEntry> = z.strictObject({
  ...ofGrant,
  type: z.literal("dropped"),
  exchange: uuid,
  state: z.enum(["minting", "minted", "recorded"]),
});
const revoked: z.ZodType<RevokedEntry> = z.strictObject({
  ...ofGrant,
  type: z.literal("revoked"),
  how: z.enum(["deletion", "command", "policy", "replaced"]),
  commit: hex40.nullable(),
  by: actor.nullable(),
  reason: text.nullable(),
});
const expired: z.ZodType<ExpiredEntry> = z.strictObject({ ...ofGrant, type: z.literal("expired"), uses: count });
const refused: z.ZodType<RefusedEntry> = z.strictObject({
  ...common,
  type: z.literal("refused"),
  code: text,
  repository_id: id,
  count: id,
  first_at: instant,
});
const keyRotated: z.ZodType<KeyRotatedEntry> = z.strictObject({
  ...common,
  type: z.literal("key_rotated"),
  old_kid: text,
  key: publicKey,
});
const requested: z.ZodType<RequestedEntry> = z.strictObject({
  ...common,
  type: z.literal("requested"),
  request: uuid,
  path: text,
  pull_request: id,
  commit: hex40,
  requested_by: actor,
  triggered_by: actor,
  asked_sha256: digest,
  job: z.strictObject({ ...job, repository: text, file: text }),
});
const checked: z.ZodType<CheckedEntry> = z.strictObject({
  ...common,
  type: z.literal("checked"),
  policy_digest: digest,
  commit: hex40,
  kind,
  target: text,
  role: text,
  subject: text,
  outcome: z.enum(["ok", "missing", "unknown"]),
  code: text.nullable(),
});
const breakGlass: z.ZodType<BreakGlassEntry> = z.strictObject({
  ...ofGrant,
  type: z.literal("break_glass"),
  target: text,
  role: text,
  pull_request: id,
  requested_by: actor,
  why: text,
  what: text,
  workflow: text,
  skipped: z.array(text),
  may_not_review: z.array(actor),
  review_by: instant,
});
const reviewed: z.ZodType<ReviewedEntry> = z.strictObject({
  ...ofGrant,
  type: z.literal("reviewed"),
  pull_request: id,
  issue: id,
  comment: id,
  by: actor,
});
const closed: z.ZodType<ClosedEntry> = z.strictObject({
  ...common,
  type: z.literal("closed"),
  outcome: z.enum(["expired", "withdrawn", "declined", "closed"]),
  pull_request: id,
  paths: z.array(text).min(1),
  requested_by: actor,
  by: actor.nullable(),
  why: text,
});
const ledgerAccepted: z.ZodType<LedgerAcceptedEntry> = z.strictObject({
  ...common,
  type: z.literal("ledger_accepted"),
  reason: text,
  after: hex40,
  tip: hex40,
  foreign: count,
});

const shapes: Readonly<Record<Entry["type"], z.ZodType<Entry>>> = {
  genesis,
  policy_accepted: policyAccepted,
  policy_quarantined: policyQuarantine,
  policy_restored: policyQuarantine,
  granted,
  request_quarantined: requestQuarantined,
  dispatched,
  dispatch_failed: dispatchFailed,
  issued,
  dropped,
  revoked,
  expired,
  refused,
  key_rotated: keyRotated,
  requested,
  checked,
  closed,
  break_glass: breakGlass,
  reviewed,
  ledger_accepted: ledgerAccepted,
};

/** Every entry type that a reader knows. An unknown type is an error: what we cannot read we must not call verified. */
export const entryTypes = Object.keys(shapes) as readonly Entry["type"][];

/**
 * The value itself, once its shape is known to be an Entry (not a copy: what was signed stays as it was).
 * @throws LedgerError `ledger_unknown_entry`, `ledger_malformed`; `where` (e.g. `line 3`) opens the message.
 */
function checkEntry(value: unknown, where = "entry"): Entry {
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type !== "string" || !Object.hasOwn(shapes, type)) {
    throw new LedgerError("ledger_unknown_entry", `${where}: not an entry type that this version knows.`);
  }
  const result = shapes[type as Entry["type"]].safeParse(value);
  if (result.success) return value as Entry;
  const issue = result.error.issues[0];
  const member = issue?.path.join(".") || "the entry";
  // Zod's message may quote an unknown member's name; it never quotes a value.
  throw new LedgerError("ledger_malformed", `${where}: ${type}: ${member}: ${issue?.message ?? "invalid"}`);
}

/**
 * Canonical JSON of an entry: its line without the newline, and what the `ledger_entry` table stores. What is checked is the text, as a
 * reader has it: an object may have members that it does not show.
 * @throws LedgerError when it is not an entry that a reader would accept.
 */
export function entryText(entry: Entry): string {
  let text: string;
  try {
    text = canonicalJson(entry as unknown as Json);
  } catch (cause) {
    throw new LedgerError("ledger_not_canonical", `${entry.type}: cannot be written as canonical JSON.`, { cause });
  }
  checkEntry(JSON.parse(text));
  remember(text);
  return text;
}

/** Reads `entryText` back (`ledger_entry.body`), strictly. @throws LedgerError, whose message `where` opens */
export const parseEntry = (body: string, where = "entry"): Entry =>
  written.delete(body) ? (JSON.parse(body) as Entry) : checkEntry(parseCanonicalLine(body, where), where);

/**
 * Texts that `entryText` of this process returned a moment ago: the very same text is canonical and an entry. Who writes a batch reads each
 * entry back from the table, most often its own, and looks at it a second time only where it is not. Each counts once. Few and short ones:
 * where another server writes the batches, they stay.
 */
const written = new Set<string>();
const mostWritten = 2000;
const longestWritten = 4096;

function remember(text: string): void {
  if (text.length > longestWritten) return;
  if (written.size >= mostWritten) written.delete(written.keys().next().value ?? "");
  written.add(text);
}
