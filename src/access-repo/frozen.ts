import type { FreezeEntry } from "./types.ts";

/** Whom and what a freeze is asked about. Logins without case, as GitHub has them. */
export interface FreezeSubject {
  readonly target: string;
  readonly requester: string;
  readonly approvers?: readonly string[];
}

/** DESIGN.md section 4, Freeze. Unknown kinds do not exist: the parser refuses them. */
export function isFrozen(entries: readonly FreezeEntry[], subject: FreezeSubject): boolean {
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  return entries.some((entry): boolean => {
    switch (entry.kind) {
      case "all":
        return true;
      case "target":
        return entry.target === subject.target;
      case "requester":
        return same(entry.login, subject.requester);
      case "approver":
        return (subject.approvers ?? []).some((login) => same(login, entry.login));
    }
  });
}
