import { teamKey } from "../approval/index.ts";
import type { Actor, Snapshot } from "../approval/types.ts";
import type { GitHub } from "../github/types.ts";

/**
 * Live membership of a person in a team: from the snapshot where it holds the team whole, which is as live as the reviews it
 * came with (C25); else GitHub is asked for this person.
 */
export const membership =
  (github: Pick<GitHub, "teamMember">, { repository, teams }: Snapshot) =>
  async (team: { readonly org: string; readonly slug: string }, person: Actor): Promise<boolean> =>
    teams?.get(teamKey(team))?.has(person.id) ?? github.teamMember(repository, team.org, team.slug, person.login);
