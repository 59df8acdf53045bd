import { canonicalJson, type Json } from "../base/canonical-json.ts";
import type { FreezeEntry, Settings } from "./settings-schema.ts";

const text = (value: unknown): string => canonicalJson(value as Json);

/**
 * What `after` freezes beside what `before` freezes, where that is all in which the two differ: comments and white space may
 * differ, nothing else that is parsed (DESIGN.md section 4, Freeze; C72). null: it is another change, or none. Pure.
 */
export function addedFreezes(before: Settings, after: Settings): readonly FreezeEntry[] | null {
  if (text({ ...before, frozen: [] }) !== text({ ...after, frozen: [] })) return null;
  const added = [...after.frozen];
  for (const entry of before.frozen) {
    // Spelled as it was: whoever writes another spelling takes an entry away as well.
    const at = added.findIndex((one) => text(one) === text(entry));
    if (at < 0) return null;
    added.splice(at, 1);
  }
  return added.length > 0 ? added : null;
}

/** `all`, `target aws-prod`, `requester alice`, for people. */
export const freezeText = (entry: FreezeEntry): string =>
  entry.kind === "all" ? "all" : `${entry.kind} ${entry.kind === "target" ? entry.target : entry.login}`;
