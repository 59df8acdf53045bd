import { z } from "zod";
import type { Actor } from "../approval/types.ts";
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
