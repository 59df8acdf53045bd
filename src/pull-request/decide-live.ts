import { decide, peopleToCheck } from "../approval/index.ts";
import type { Decision, DecisionInput, Memberships } from "../approval/types.ts";
import type { UserId } from "../base/ids.ts";
import type { ReconcileDeps } from "./deps.ts";

/** `decide()` on live memberships: asks GitHub for exactly those people and teams that can still matter (C25). */
export async function decideLive(
  deps: Pick<ReconcileDeps, "github">,
  input: Omit<DecisionInput, "memberships">,
): Promise<Decision> {
  const { candidates, teams } = peopleToCheck(input);
  const repo = input.snapshot.repository;
  const memberships: Memberships = {
    teams: new Map(
      await Promise.all(
        teams.map(async ({ org, slug }) => {
          const members = await Promise.all(
            candidates.map(
              async (c): Promise<UserId[]> => ((await deps.github.teamMember(repo, org, slug, c.login)) ? [c.id] : []),
            ),
          );
          return [`${org}/${slug}`.toLowerCase(), new Set(members.flat())] as const;
        }),
      ),
    ),
  };
  return decide({ ...input, memberships });
}
