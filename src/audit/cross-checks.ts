import { sha256 } from "../base/canonical-json.ts";
import type { BreakGlassEntry, Entry, GrantedEntry, IssuedEntry } from "../ledger/index.ts";
import type { Acceptance } from "./accepted.ts";
import type { Problems } from "./problems.ts";

interface KnownGrant {
  readonly notBefore: string;
  readonly expiresAt: string;
  readonly planHash: string;
  revokedAt?: string;
}

/**
 * What verified entries say against each other and against the default branch. No decision is made again: that needs
 * GitHub. Times are compared as text, which sorts as time in their one form.
 */
export class CrossChecks {
  readonly #problems: Problems;
  readonly #merged: ReadonlySet<string> | undefined;
  readonly #entries = new Set<string>();
  readonly #grants = new Map<string, KnownGrant>();
  /** Recorded after a revocation: fine if it then was dropped, since the release is what a revocation stops (C59). */
  readonly #late = new Map<string, IssuedEntry>();
  /** Granted by break-glass, and nothing yet of the review that is owed. */
  readonly #unowed = new Map<string, GrantedEntry>();
  readonly #owed = new Map<string, BreakGlassEntry>();
  readonly acceptances: Acceptance[] = [];
  issued = 0;

  /** @param merged commits of the default branch; undefined where it is unknown */
  constructor(problems: Problems, merged: ReadonlySet<string> | undefined) {
    this.#problems = problems;
    this.#merged = merged;
  }
  get grants(): number {
    return this.#grants.size;
  }

  see(entry: Entry, where: { commit: string; path: string }): void {
    const at = { ...where, entry: entry.id };
    if (this.#entries.has(entry.id)) this.#problems.add("entry_twice", "two entries have one id", at);
    this.#entries.add(entry.id);
    if (entry.type === "granted") this.#granted(entry, at);
    else if (entry.type === "issued") this.#issued(entry, at);
    else if (entry.type === "ledger_accepted") this.acceptances.push({ entry, commit: where.commit });
    else if (entry.type === "dropped") this.#late.delete(entry.exchange);
    else if (entry.type === "break_glass") {
      this.#unowed.delete(entry.grant);
      this.#owed.set(entry.grant, entry);
    } else if (entry.type === "reviewed") {
      const owed = this.#owed.get(entry.grant);
      if (!owed || [owed.requested_by, ...owed.may_not_review].some(({ id }) => id === entry.by.id))
        this.#problems.add("reviewed_by_requester", "break-glass was reviewed by who used it, or was not used", at);
    } else if (entry.type === "revoked") {
      const grant = this.#grants.get(entry.grant);
      if (grant) grant.revokedAt ??= entry.at;
    }
  }

  /** After the last entry. */
  finish(): void {
    for (const entry of this.#late.values()) {
      const message = `credentials of grant ${entry.grant} were issued at ${entry.at}, after it was revoked`;
      this.#problems.add("issued_after_revocation", message, { entry: entry.id });
    }
    for (const { grant, id } of this.#unowed.values())
      this.#problems.add("break_glass_unrecorded", `grant ${grant} skipped approval, and owes no review`, {
        entry: id,
      });
  }

  #granted(entry: GrantedEntry, at: { commit: string; path: string; entry: string }): void {
    if (this.#grants.has(entry.grant))
      this.#problems.add("granted_twice", `grant ${entry.grant} was granted twice`, at);
    if (sha256(entry.plan) !== entry.plan_hash)
      this.#problems.add("plan_hash", "the plan is not the one that its hash names", at);
    if (this.#merged && !this.#merged.has(entry.merge_commit)) {
      this.#problems.add("merge_commit_missing", `merge commit ${entry.merge_commit} is not on the default branch`, at);
    }
    if (entry.rule === "break_glass") this.#unowed.set(entry.grant, entry);
    this.#grants.set(entry.grant, {
      notBefore: entry.not_before,
      expiresAt: entry.expires_at,
      planHash: entry.plan_hash,
    });
  }

  #issued(entry: IssuedEntry, at: { commit: string; path: string; entry: string }): void {
    this.issued++;
    const grant = this.#grants.get(entry.grant);
    if (!grant) {
      this.#problems.add(
        "issued_without_grant",
        `credentials were issued under ${entry.grant}, which was not granted before`,
        at,
      );
      return;
    }
    if (entry.plan_hash !== grant.planHash)
      this.#problems.add("issued_other_plan", "issued under another plan than was granted", at);
    if (entry.at < grant.notBefore || entry.at >= grant.expiresAt) {
      this.#problems.add(
        "issued_outside_window",
        `issued at ${entry.at}, outside the window of grant ${entry.grant}`,
        at,
      );
    }
    if (grant.revokedAt !== undefined && entry.at > grant.revokedAt) this.#late.set(entry.exchange, entry);
  }
}
