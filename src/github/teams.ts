import { z } from "zod";
import type { Snapshot } from "../approval/types.ts";
import { type RepositoryId, type UserId, userId } from "../base/ids.ts";
import type { RepoRef } from "./types.ts";

/** So many teams come with a snapshot; who is in others is asked one by one. */
const most = 5;

/** Which teams a repository's decisions asked about lately: they will be asked about again. */
export class AskedTeams {
  readonly #teams = new Map<RepositoryId, Set<string>>();

  /** Their slugs, the latest first. All are of the repository's owner. */
  of(repo: RepoRef): readonly string[] {
    return [...(this.#teams.get(repo.id) ?? [])].toReversed();
  }
  note(repo: RepoRef, org: string, slug: string): void {
    if (!repo.fullName.toLowerCase().startsWith(`${org.toLowerCase()}/`)) return;
    const slugs = this.#teams.get(repo.id) ?? new Set();
    const name = slug.toLowerCase();
    slugs.delete(name);
    slugs.add(name);
    const [oldest] = slugs;
    if (slugs.size > most && oldest !== undefined) slugs.delete(oldest);
    this.#teams.set(repo.id, slugs);
  }
}

const team = z.object({
  privacy: z.string(),
  members: z.object({
    totalCount: z.number(),
    nodes: z.array(z.object({ databaseId: z.number(), login: z.string() }).nullable()),
  }),
});

/**
 * The teams of an answer that were told whole. Left out, so that the decision asks about each person: a team that is not
 * there, a secret one (C26), one with more members than GitHub lists at once. Invited people are no members (C25).
 */
export function wholeTeams(
  owner: { readonly login: string; readonly databaseId: number },
  slugs: readonly string[],
  answer: unknown,
): NonNullable<Snapshot["teams"]> {
  const found = z.record(z.string(), z.unknown()).safeParse(answer);
  const teams = new Map<string, ReadonlyMap<UserId, string>>();
  // Asked by name, as the repository was: that follows a renamed owner, and the name may be another's by now (C07).
  if (found.data?.["databaseId"] !== owner.databaseId) return teams;
  for (const [i, slug] of slugs.entries()) {
    const { data } = team.safeParse(found.data?.[`t${i}`]);
    if (data?.privacy !== "VISIBLE") continue;
    const members = new Map(data.members.nodes.flatMap((n) => (n ? [[userId(n.databaseId), n.login] as const] : [])));
    if (members.size === data.members.totalCount) teams.set(`${owner.login}/${slug}`.toLowerCase(), members);
  }
  return teams;
}
