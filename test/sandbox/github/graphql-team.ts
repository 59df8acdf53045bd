import { connection, type Paged, TypedError } from "./graphql-connection.ts";
import { actorNode } from "./graphql-commit.ts";
import { covers, membership } from "./permissions.ts";
import { nodeId } from "./render.ts";
import type { Sim } from "./router.ts";
import type { Actor, Owner, Team } from "./types.ts";

/** Teams as an installation of the organization with `members: read`, or one of its members, sees them. */
export function organizationNode(s: Sim, actor: Actor, login: string): object {
  const owner = s.world.owners.get(login.toLowerCase());
  if (!owner || owner.type !== "Organization")
    throw new TypedError("NOT_FOUND", `Could not resolve to an Organization with the login of '${login}'.`);
  const sees =
    actor.kind === "installation"
      ? actor.installation.owner === owner && covers(actor.permissions["members"], "read")
      : actor.kind === "user" && owner.members.has(actor.user.login.toLowerCase());
  return {
    __typename: "Organization",
    id: nodeId("O", owner.id),
    databaseId: owner.id,
    login: owner.login,
    team: ({ slug }: { slug: string }) => {
      if (!sees) throw new TypedError("FORBIDDEN", "Resource not accessible by integration");
      const found = owner.teams.get(slug);
      return found ? teamNode(s, owner, found) : null;
    },
  };
}

function teamNode(s: Sim, owner: Owner, team: Team): object {
  return {
    __typename: "Team",
    id: nodeId("T", team.id),
    databaseId: team.id,
    slug: team.slug,
    name: team.slug,
    privacy: "VISIBLE",
    // `membership: ALL`, GitHub's default, counts child teams. Who was invited is in `invitations`, not here.
    members: (a: Paged & { membership?: "ALL" | "IMMEDIATE" | "CHILD_TEAM" }) =>
      connection(
        "members",
        a,
        [...s.world.users.values()]
          .filter((u) =>
            a.membership === "IMMEDIATE"
              ? team.members.get(u.login.toLowerCase())?.state === "active"
              : membership(owner, team, u.login)?.state === "active",
          )
          .map((u) => actorNode(u)),
      ),
  };
}
