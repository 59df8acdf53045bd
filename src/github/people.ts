import { z } from "zod";
import type { Actor, Roster } from "../approval/types.ts";
import type { Clock } from "../base/clock.ts";
import { type UserId, userId } from "../base/ids.ts";
import type { Client } from "./client.ts";
import { httpFailure } from "./errors.ts";
import type { RepoRef } from "./types.ts";

/**
 * Live, `active` membership; pending is no membership. Child teams count, as for GitHub's own code owners.
 * 404 means no member, no such team, or a secret team: nobody fills a slot by it (CHECKLIST C26).
 */
export async function teamMember(
  client: Client,
  repo: RepoRef,
  org: string,
  slug: string,
  login: string,
): Promise<boolean> {
  client.teams.note(repo, org, slug);
  try {
    const { data } = await client.call(
      repo,
      "read",
      "membership",
      (o) => o.rest.teams.getMembershipForUserInOrg({ org, team_slug: slug, username: login }),
      { expected: [404] },
    );
    return z.object({ state: z.string() }).parse(data).state === "active";
  } catch (error) {
    if (httpFailure(error)?.status === 404) return false;
    throw error;
  }
}

/** The account that has a login now; null: none has. A name that its owner gave up is nobody's, or whoever took it since. */
export async function accountId(client: Client, repo: RepoRef, login: string): Promise<UserId | null> {
  try {
    const { data } = await client.call(
      repo,
      "read",
      "account",
      (o) => o.rest.users.getByUsername({ username: login }),
      { expected: [404] },
    );
    return userId(z.object({ id: z.number() }).parse(data).id);
  } catch (error) {
    if (httpFailure(error)?.status === 404) return null;
    throw error;
  }
}

/** Live permission on a repository: true for write, maintain and admin. A person whom GitHub does not know there: false. */
export async function canWrite(client: Client, fullName: string, { id, login }: Actor): Promise<boolean> {
  try {
    const { data } = await client.call(
      { fullName },
      "target-read",
      "permission",
      (o, name) => o.rest.repos.getCollaboratorPermissionLevel({ ...name, username: login }),
      { expected: [404] },
    );
    // `permission` is the legacy word: maintain shows as write, triage as read, custom roles as their base.
    // The login may be another account's by now: the id decides (C07).
    return data.user?.id === id && (data.permission === "admin" || data.permission === "write");
  } catch (error) {
    if (httpFailure(error)?.status === 404) return false;
    throw error;
  }
}

const page = 100;
/** For how long a list of members may be shown; a decision asks for each membership, live (C25). */
const shownFor = 60_000;

/** The members of teams, as people are told about them. */
export class Rosters {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly at: number; readonly roster: Roster | null }>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** See GitHub.teamRoster. GitHub lists the members of child teams as well. */
  async read(repo: RepoRef, org: string, slug: string): Promise<Roster | null> {
    const key = `${repo.id} ${org}/${slug}`.toLowerCase();
    const now = this.#clock.now().getTime();
    for (const [old, { at }] of this.#known) if (Math.abs(now - at) >= shownFor) this.#known.delete(old);
    const known = this.#known.get(key);
    if (known) return known.roster;
    const roster = await this.#ask(repo, org, slug);
    this.#known.set(key, { at: now, roster });
    return roster;
  }

  async #ask(repo: RepoRef, org: string, slug: string): Promise<Roster | null> {
    try {
      const { data } = await this.#client.call(
        repo,
        "read",
        "members of a team",
        (o) => o.rest.teams.listMembersInOrg({ org, team_slug: slug, per_page: page }),
        { expected: [404] },
      );
      const logins = z
        .array(z.object({ login: z.string() }))
        .parse(data)
        .map((one) => one.login);
      return logins.length < page ? { kind: "members", logins } : null;
    } catch (error) {
      if (httpFailure(error)?.status === 404) return { kind: "not_visible" };
      throw error;
    }
  }
}
