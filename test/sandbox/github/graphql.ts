import { readFileSync } from "node:fs";
import { buildSchema, type GraphQLError, type GraphQLSchema, graphql } from "graphql";
import { TypedError } from "./graphql-connection.ts";
import { organizationNode } from "./graphql-team.ts";
import { mutations } from "./graphql-mutation.ts";
import { repositoryNode } from "./graphql-repository.ts";
import { authorize, lookupRepo } from "./permissions.ts";
import type { Reply, Sim } from "./router.ts";
import { type Actor, ApiError, type Json } from "./types.ts";

let schema: GraphQLSchema | undefined;

/** GitHub's published schema decides what may be asked; what is answered comes from plain functions. */
function load(): GraphQLSchema {
  schema ??= buildSchema(
    // Beside the package's entry; the entry itself would parse 10 MB of JSON that nobody needs.
    readFileSync(new URL("./schema.graphql", import.meta.resolve("@octokit/graphql-schema")), "utf8"),
    { assumeValidSDL: true },
  );
  return schema;
}

export async function answerGraphql(s: Sim, actor: Actor, body: Json): Promise<Reply> {
  if (actor.kind === "anonymous" || actor.kind === "app")
    throw new ApiError(actor.kind === "app" ? 403 : 401, "This endpoint requires you to be authenticated.");
  if (typeof body["query"] !== "string")
    throw new ApiError(400, "A query attribute must be specified and must be a string.");
  const find = (owner: string, name: string) => {
    const missing = new TypedError("NOT_FOUND", `Could not resolve to a Repository with the name '${owner}/${name}'.`);
    try {
      const repo = lookupRepo(s.world, owner, name);
      authorize(actor, repo, { app: [["metadata", "read"]], role: "read" });
      return repositoryNode(s, actor, repo);
    } catch (e) {
      throw e instanceof ApiError ? missing : e;
    }
  };
  const rootValue = {
    ...mutations(s, actor),
    organization: ({ login }: { login: string }) => organizationNode(s, actor, login),
    repository: ({ owner, name }: { owner: string; name: string }) => find(owner, name),
    rateLimit: () => ({ cost: 1, limit: 5000, remaining: 4999, used: 1, nodeCount: 1, resetAt: s.world.now() }),
    viewer: () =>
      actor.kind === "user"
        ? { __typename: "User", login: actor.user.login, databaseId: actor.user.id }
        : { __typename: "User", login: actor.installation.app.bot.login, databaseId: actor.installation.app.bot.id },
  };
  const result = await graphql({
    schema: load(),
    source: body["query"],
    rootValue,
    variableValues: (body["variables"] as Json | null | undefined) ?? null,
    operationName: (body["operationName"] as string | null | undefined) ?? null,
  });
  const errors = result.errors?.map(render);
  // A defect of ours must not pass for GitHub's answer.
  for (const e of result.errors ?? [])
    if (e.originalError && !(e.originalError instanceof TypedError))
      s.validation.failures.push({ what: "graphql", errors: e.originalError.stack ?? e.message });
  return {
    status: 200,
    body: { ...(result.data === undefined ? {} : { data: result.data }), ...(errors ? { errors } : {}) },
  };
}

function render(e: GraphQLError): Json {
  const type = e.originalError instanceof TypedError ? { type: e.originalError.type } : {};
  return { ...type, path: e.path, locations: e.locations, message: e.message };
}
