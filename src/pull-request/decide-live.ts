import { decide, peopleToCheck } from "../approval/index.ts";
import type { Decision, DecisionInput, Memberships } from "../approval/types.ts";
import type { UserId } from "../base/ids.ts";
import type { ReconcileDeps } from "./deps.ts";
import { membership } from "./membership.ts";

/** `decide()` on live memberships: asks GitHub for exactly those people and teams that can
 * still matter, but for teams that the snapshot holds whole, which are as live as its reviews (C25). */
export async function decideLive(
  deps: Pick<ReconcileDeps, "github">,
  input: Omit<DecisionInput, "memberships">,
): Promise<Decision> {
  const { candidates, teams } = peopleToCheck(input);
  const isMember = membership(deps.github, input.snapshot);
  const memberships: Memberships = {
    teams: new Map(
      await Promise.all(
        teams.map(async ({ org, slug }) => {
          const members = await Promise.all(
            candidates.map(async (c): Promise<UserId[]> => ((await isMember({ org, slug }, c)) ? [c.id] : [])),
          );
          return [`${org}/${slug}`.toLowerCase(), new Set(members.flat())] as const;
        }),
      ),
    ),
  };
  return decide({ ...input, memberships });
}
