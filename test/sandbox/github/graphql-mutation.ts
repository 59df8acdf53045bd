import { TypedError } from "./graphql-connection.ts";
import { repositoryNode } from "./graphql-repository.ts";
import { authorize } from "./permissions.ts";
import { findPull, MAY_UPDATE, update } from "./pulls.ts";
import { nodeId } from "./render.ts";
import { exclusively, type Sim } from "./router.ts";
import { type Actor, ApiError, isPull } from "./types.ts";

interface UpdatePullRequest {
  readonly input: { readonly pullRequestId: string; readonly title?: string | null };
}

/** `updatePullRequest`: what PATCH does by REST, with the pull request as it is afterwards. */
export function mutations(s: Sim, actor: Actor) {
  return {
    updatePullRequest: async ({ input: { pullRequestId, title } }: UpdatePullRequest) => {
      const missing = new TypedError(
        "NOT_FOUND",
        `Could not resolve to a node with the global id of '${pullRequestId}'.`,
      );
      const found = [...s.world.repositories.values()]
        .flatMap((repo) => [...repo.issues.values()].filter(isPull).map((pull) => ({ repo, pull })))
        .find(({ pull }) => nodeId("PR", pull.databaseId) === pullRequestId);
      if (!found) throw missing;
      const { repo, pull } = found;
      try {
        authorize(actor, repo, MAY_UPDATE);
        const params = { pull_number: String(pull.number) };
        const call = { s, actor, repo, params, query: new URLSearchParams(), address: "" };
        await exclusively(repo, () => update({ ...call, body: { title } }));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        throw error.status === 404 ? missing : new TypedError("FORBIDDEN", error.message);
      }
      const node = repositoryNode(s, actor, repo) as { pullRequest: (a: { number: number }) => object };
      return { pullRequest: node.pullRequest({ number: findPull(repo, String(pull.number)).number }) };
    },
  };
}
