import type { FreezeEntry } from "./types.ts";

/** An account as we know it: the id is its own for good, the login anybody may give up or take. */
export interface FreezePerson {
  readonly id: number;
  readonly login: string;
}

/** Whom and what a freeze is asked about. */
export interface FreezeSubject {
  readonly target: string;
  /** null: nobody that is known asks. */
  readonly requester: FreezePerson | null;
  readonly approvers?: readonly FreezePerson[];
}

/** DESIGN.md section 4, Freeze. Unknown kinds do not exist: the parser refuses them. */
export function isFrozen(entries: readonly FreezeEntry[], subject: FreezeSubject): boolean {
  return entries.some((entry): boolean => {
    switch (entry.kind) {
      case "all":
        return true;
      case "target":
        return entry.target === subject.target;
      case "requester":
        return subject.requester !== null && isOfPerson(entry, subject.requester);
      case "approver":
        return (subject.approvers ?? []).some((person) => isOfPerson(entry, person));
    }
  });
}

/**
 * Whether an entry means this account: it has the login that is written there, without case, or is one of the accounts that
 * had it when it was frozen. Both, so that neither who renames himself is free of it nor who takes the name that was given up
 * (C07, fail closed).
 */
export const isOfPerson = (entry: FreezeOfPerson, { id, login }: FreezePerson): boolean =>
  entry.login.toLowerCase() === login.toLowerCase() || (entry.accounts ?? []).some((account) => account === id);

type FreezeOfPerson = Extract<FreezeEntry, { readonly login: string }>;

const ofPerson = (entry: FreezeEntry): entry is FreezeOfPerson =>
  entry.kind === "requester" || entry.kind === "approver";

/** Logins of frozen people, in lower case, each once. */
export const frozenLogins = (entries: readonly FreezeEntry[]): readonly string[] => [
  ...new Set(entries.filter(ofPerson).map(({ login }) => login.toLowerCase())),
];

/** The entries with what is known of their accounts, by login in lower case. Of a login that is not there nothing is known. */
export const withAccounts = (
  entries: readonly FreezeEntry[],
  accounts: ReadonlyMap<string, readonly number[]>,
): readonly FreezeEntry[] =>
  entries.map((entry) => {
    const known = ofPerson(entry) ? accounts.get(entry.login.toLowerCase()) : undefined;
    return known ? { ...entry, accounts: known } : entry;
  });
