import { isRevoked, keyState, type KeyState, signerAt } from "./key-state.ts";
import { overlapMs } from "./rotation.ts";
import { factsOf, type KeyRow } from "./signing-key.ts";

/** Why the table keeps what it has, although the file says something else. */
export type Kept = "revoked_here" | "revoked_in_file" | "other_times" | "signs_here" | "does_not_open";

/** What an import does with one key. `state` is an issuer key's afterwards. */
export type ImportStep = {
  readonly kid: string;
  readonly purpose: KeyRow["purpose"];
  readonly state: KeyState | null;
} & Does;
export type Does =
  | { readonly does: "add" }
  /** A ledger key of which only the public half was known gains its private one. */
  | { readonly does: "add_private" }
  /** Here, but sealed with a key that is lost; the file has its private half. */
  | { readonly does: "seal_again" }
  /** An issuer key that a newer one has replaced gets the end that it lacks here. */
  | { readonly does: "retire"; readonly at: Date }
  /** Its private half does not open and is not in the file: erased, where that was asked for. */
  | { readonly does: "drop" }
  | { readonly does: "keep"; readonly why: Kept | null };

export interface ImportPlan {
  readonly steps: readonly ImportStep[];
  /** Rows to insert. */
  readonly insert: readonly KeyRow[];
  /** Columns to change, by kid. */
  readonly update: ReadonlyMap<string, Partial<Pick<KeyRow, "sealed_private" | "retired_at">>>;
}

export interface ImportInput {
  /** The table, in its order. */
  readonly present: readonly KeyRow[];
  /** `readExport`'s. */
  readonly file: readonly KeyRow[];
  /** Whether SEALING_KEY, or the old one, opens a row's private half. */
  readonly opens: (row: KeyRow) => boolean;
  readonly now: Date;
  /** Erase private halves that do not open and that the file does not have. */
  readonly dropUnreadable: boolean;
}

/**
 * What an import would do; pure, so that it can be shown before, and is decided again under the lock. It adds what the table
 * lacks. What the table knows and the file does not (a revocation, an end) stays: an old export must not bring a leaked key
 * back. Doing it twice changes nothing.
 */
export function planImport(input: ImportInput): ImportPlan {
  const { present, file, now } = input;
  const does = new Map<string, Does>();
  for (const row of file) {
    const known = present.find(({ kid }) => kid === row.kid);
    does.set(row.kid, known ? withKnown(known, row, input) : { does: "add" });
  }
  for (const row of present) {
    if (does.has(row.kid) || row.sealed_private === null || input.opens(row)) continue;
    does.set(row.kid, unreadable(input));
  }
  const sealedOf = new Map(file.map((row) => [row.kid, row.sealed_private]));
  const update: Update = new Map();
  for (const [kid, step] of does) {
    if (step.does === "add_private" || step.does === "seal_again")
      update.set(kid, { sealed_private: sealedOf.get(kid) ?? null });
    if (step.does === "drop") update.set(kid, { sealed_private: null, retired_at: now });
  }
  const insert = file.filter(({ kid }) => does.get(kid)?.does === "add");
  const after = [...present.map((row) => ({ ...row, ...update.get(row.kid) })), ...insert].sort(
    (a, b) => a.active_from.getTime() - b.active_from.getTime(),
  );
  const ended = endReplaced(after, input, does, update);
  const facts = ended.map(factsOf);
  const steps = [...does].map(([kid, step]): ImportStep => {
    const key = facts.find((each) => each.kid === kid);
    const purpose = key?.purpose ?? "issuer";
    return { kid, purpose, state: key && purpose === "issuer" ? keyState(facts, key, now, 0) : null, ...step };
  });
  return { steps, insert: ended.filter((row) => insert.some(({ kid }) => kid === row.kid)), update };
}

type Update = Map<string, Partial<Pick<KeyRow, "sealed_private" | "retired_at">>>;
const keep = (why: Kept | null): Does => ({ does: "keep", why });
const unreadable = ({ dropUnreadable }: ImportInput): Does =>
  dropUnreadable ? { does: "drop" } : keep("does_not_open");

/** A key that both have. */
function withKnown(known: KeyRow, row: KeyRow, input: ImportInput): Does {
  const inFile = row.sealed_private !== null;
  if (isRevoked(factsOf(known))) return keep(inFile ? "revoked_here" : null);
  if (known.sealed_private === null) return inFile ? { does: "add_private" } : keep(null);
  if (!input.opens(known)) return inFile ? { does: "seal_again" } : unreadable(input);
  if (!inFile) return keep(row.retired_at === null ? null : "revoked_in_file");
  const same = sameSecond(known.active_from, row.active_from) && sameSecond(known.retired_at, row.retired_at);
  // An end that only the file knows is looked at when it is known who signs.
  return keep(same || (known.retired_at === null && row.retired_at !== null) ? null : "other_times");
}

/** Exports of earlier versions have whole seconds. */
const sameSecond = (a: Date | null, b: Date | null): boolean =>
  Math.floor((a?.getTime() ?? -1000) / 1000) === Math.floor((b?.getTime() ?? -1000) / 1000);

/**
 * An issuer key without an end would be published for ever once a newer one signs: it gets the file's end, or a day. The one
 * that signs keeps none, whatever the file says: else nothing could be signed from then on.
 */
function endReplaced(
  after: readonly KeyRow[],
  { file, now }: ImportInput,
  does: Map<string, Does>,
  update: Update,
): readonly KeyRow[] {
  const signer = signerAt(after.map(factsOf), "issuer", now)?.kid;
  const able = after.filter((row) => row.purpose === "issuer" && row.sealed_private !== null);
  const lasts = able.some((row) => row.retired_at === null);
  return after.map((row) => {
    const { kid } = row;
    if (kid === signer && !lasts) {
      if (does.get(kid)?.does !== "add") update.set(kid, { ...update.get(kid), retired_at: null });
      return { ...row, retired_at: null };
    }
    if (row.retired_at !== null || !able.includes(row)) return row;
    const end = file.find((each) => each.kid === kid)?.retired_at ?? null;
    if (kid === signer || row.active_from > now) {
      if (end !== null) does.set(kid, keep("signs_here"));
      return row;
    }
    const at = end ?? new Date(now.getTime() + overlapMs);
    const step = does.get(kid)?.does;
    if (step !== "add") {
      update.set(kid, { ...update.get(kid), retired_at: at });
      if (step !== "seal_again") does.set(kid, { does: "retire", at });
    }
    return { ...row, retired_at: at };
  });
}
