import { decide, noStanding, peopleToCheck, type Roster, type Rule, teamKey, teamsToList } from "../approval/index.ts";
import type { Decision, DecisionInput, Memberships } from "../approval/types.ts";
import { RetryLater } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { ReconcileDeps } from "./deps.ts";
import { policyKnowingAccounts } from "./frozen-people.ts";
import { membership } from "./membership.ts";
import { readStanding } from "./standing.ts";

type LiveDeps = Pick<ReconcileDeps, "github" | "db" | "clock">;
type Input = Omit<DecisionInput, "memberships" | "standing" | "rosters"> & {
  /** A job asked for it. */
  readonly byJob: boolean;
  /** After the merge: the rule of the stored decision. */
  readonly decidedBy?: Rule;
};

/** `decide()` on live memberships: asks GitHub for exactly those people and teams that can still matter (C25). */
export async function decideLive(deps: LiveDeps, asked: Input): Promise<Decision> {
  const { byJob, decidedBy = null, ...rest } = asked;
  const { repository, pullRequest } = rest.snapshot;
  const given = { ...rest, policy: await policyKnowingAccounts(deps.db, repository.id, rest.policy) };
  const standing =
    given.subject.kind === "request" && pullRequest.author
      ? await readStanding(
          deps,
          { repository: repository.id, requester: pullRequest.author.id },
          { askedByJob: byJob, decidedBy },
        )
      : { ...noStanding, askedByJob: byJob, decidedBy };
  const input = { ...given, standing };
  const memberships = await readMemberships(deps, input);
  const decision = decide({ ...input, memberships });
  // After the merge nobody waits for anybody any more.
  const teams = pullRequest.state === "open" ? teamsToList(input, decision) : [];
  if (teams.length === 0) return decision;
  const rosters = await Promise.all(
    teams.map(async ({ org, slug }): Promise<readonly (readonly [string, Roster])[]> => {
      const whole = given.snapshot.teams?.get(teamKey({ org, slug }));
      if (whole) return [[teamKey({ org, slug }), { kind: "members", logins: [...whole.values()] }]];
      const roster = await deps.github.teamRoster(repository, org, slug).catch((error: unknown) => {
        if (error instanceof RetryLater) return null; // not worth waiting for
        throw error;
      });
      return roster === null ? [] : [[teamKey({ org, slug }), roster]];
    }),
  );
  return decide({ ...input, memberships, rosters: new Map(rosters.flat()) });
}

async function readMemberships({ github }: LiveDeps, input: Omit<DecisionInput, "memberships">): Promise<Memberships> {
  const { candidates, teams, requester } = peopleToCheck(input);
  const isMember = membership(github, input.snapshot);
  const found = new Map<string, Set<UserId>>();
  const pairs = [
    ...teams.flatMap((team) => candidates.map((person) => ({ team, person }))),
    ...(requester?.teams ?? []).map((team) => ({ team, person: requester?.person })),
  ];
  await Promise.all(
    pairs.map(async ({ team: { org, slug }, person }) => {
      if (!person || !(await isMember({ org, slug }, person))) return;
      const key = `${org}/${slug}`.toLowerCase();
      found.set(key, (found.get(key) ?? new Set()).add(person.id));
    }),
  );
  return { teams: found };
}
