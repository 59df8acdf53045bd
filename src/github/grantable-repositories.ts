import type { Clock } from "../base/clock.ts";
import type { OwnerId } from "../base/ids.ts";
import type { RepositoryFacts } from "../plan/types.ts";
import type { Installation, TokenApp } from "./token-app.ts";
import { TokenRefused } from "./token-refused.ts";

/**
 * Names of repositories, as the files write them, to what they are now, by name in lower case. What is not in the answer is not
 * there, is of another owner, or does not have the second App.
 * @throws RetryLater where GitHub cannot be read; TokenRefused where the App cannot be used for that owner at all
 */
export type ResolveRepositories = (
  names: readonly string[],
  owner: OwnerId,
) => Promise<ReadonlyMap<string, RepositoryFacts>>;

/** Milliseconds that a found name is believed. What is minted is asked for by id, so a name that moves meanwhile opens nothing. */
const believed = 30_000;

/**
 * Resolves with the second App and no other, so that what resolves can be granted. Kept for a moment by owner id and name: a name
 * that was found for one owner says nothing about another's (C07).
 * @param accessRepos every enrolled repository: those are never granted on (C51)
 */
export function createResolver(app: TokenApp, accessRepos: ReadonlySet<number>, clock: Clock): ResolveRepositories {
  const known = new Map<string, { readonly until: number; readonly facts: Promise<RepositoryFacts | undefined> }>();

  /** Halves the list where not all are there: GitHub does not say which is not. */
  async function find(at: Installation, names: readonly string[]): Promise<readonly RepositoryFacts[]> {
    if (names.length === 0) return [];
    const token = await app.look(at, names);
    if (!token) {
      if (names.length === 1) return [];
      const middle = Math.ceil(names.length / 2);
      return [...(await find(at, names.slice(0, middle))), ...(await find(at, names.slice(middle)))];
    }
    // It has said what it was asked for. It can read metadata only, so that a failure here is no harm.
    await app.revoke(token.token).catch(() => {});
    return token.repositories.map((r) => ({
      repository_id: r.id,
      owner_id: r.owner,
      repository: r.fullName,
      access_repo: accessRepos.has(r.id),
    }));
  }
  async function ask(names: readonly string[], owner: OwnerId): Promise<ReadonlyMap<string, RepositoryFacts>> {
    const at = await app.installation(owner);
    if (at.suspended) throw new TokenRefused("suspended");
    // The installation is of one account and is asked by names without owner: another's name must not be taken for one of it.
    const own = `${at.login.toLowerCase()}/`;
    const ours = names.filter((name) => name.startsWith(own)).map((name) => name.slice(own.length));
    const found = await find(at, ours);
    return new Map(found.filter((f) => f.owner_id === owner).map((f) => [f.repository.toLowerCase(), f]));
  }
  return async (written, owner) => {
    const now = clock.now().getTime();
    for (const [key, { until }] of known) if (until <= now) known.delete(key);
    const keyOf = (name: string): string => `${owner} ${name}`;
    const names = [...new Set(written.map((name) => name.toLowerCase()))];
    const missing = names.filter((name) => !known.has(keyOf(name)));
    if (missing.length > 0) {
      const answer = ask(missing, owner);
      for (const name of missing) {
        const entry = { until: now + believed, facts: answer.then((map) => map.get(name)) };
        known.set(keyOf(name), entry);
        // Only what was found is kept: whoever mends an installation need not wait.
        const forget = (): void => void (known.get(keyOf(name)) === entry && known.delete(keyOf(name)));
        entry.facts.then((facts) => facts ?? forget(), forget);
      }
    }
    const facts = await Promise.all(names.map(async (name) => [name, await known.get(keyOf(name))?.facts] as const));
    return new Map(facts.flatMap(([name, fact]) => (fact ? [[name, fact] as const] : [])));
  };
}
