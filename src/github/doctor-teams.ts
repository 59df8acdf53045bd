import type { Facts, Reading, TeamFacts } from "../doctor/index.ts";
import { teamKey } from "../doctor/index.ts";
import type { Caller } from "./client.ts";
import { teamAnswer, teamRepoAnswer } from "./doctor-answers.ts";
import { attempt, inOrder } from "./doctor-attempt.ts";
import { httpFailure } from "./errors.ts";
import type { RepoRef } from "./types.ts";

/** Whether teams are shown to the organization, and may write to the repository. */
export async function readTeams(
  caller: Caller,
  ref: RepoRef,
  teams: readonly { readonly org: string; readonly slug: string }[],
): Promise<Facts["teams"]> {
  const read = async (team: { org: string; slug: string }): Promise<readonly [string, Reading<TeamFacts>]> => [
    teamKey(team),
    await attempt(
      "a token of a member of the organization (scope read:org); GitHub shows secret teams to their members alone",
      async () => {
        const { privacy } = await caller.call(ref, "read", "team", async (o) =>
          teamAnswer.parse((await o.rest.teams.getByName({ org: team.org, team_slug: team.slug })).data),
        );
        return { visible: privacy !== "secret", canWrite: await teamWrites(caller, ref, team) };
      },
    ),
  ];
  return new Map(await inOrder(teams, read));
}

/** 404 is GitHub's word for "no permission at all", once the team itself is seen. */
async function teamWrites(caller: Caller, ref: RepoRef, team: { org: string; slug: string }): Promise<boolean> {
  return caller.call(ref, "read", "team permission", async (o, name) => {
    try {
      const { data } = await o.rest.teams.checkPermissionsForRepoInOrg({
        ...name,
        org: team.org,
        team_slug: team.slug,
        headers: { accept: "application/vnd.github.v3.repository+json" },
      });
      return teamRepoAnswer.parse(data).permissions.push;
    } catch (error) {
      if (httpFailure(error)?.status === 404) return false;
      throw error;
    }
  });
}
