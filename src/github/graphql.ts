import type { z } from "zod";
import { RetryLater } from "../base/errors.ts";
import type { Caller, Repository } from "./client.ts";
import { NotVisible } from "./errors.ts";
import { nameOf } from "./client.ts";
import type { Scope } from "./scopes.ts";

/** One GraphQL call on one repository, parsed. See `queryAll`. */
export async function query<T extends z.ZodType>(
  client: Caller,
  repo: Repository,
  scope: Scope,
  text: string,
  variables: Readonly<Record<string, unknown>>,
  shape: T,
): Promise<z.infer<T>> {
  return (await queryAll(client, repo, scope, text, variables, shape)).repository;
}

/**
 * One GraphQL call on one repository, parsed, with what else was asked beside it. `repository: null` is "not visible"; any
 * error in the answer, also beside partial data, is "try later": half an answer must not become a decision. But for what is
 * `spare` by its path ("organization", "repository.collaborators"): that is null where GitHub does not tell it, and the caller
 * has another way to ask.
 */
export async function queryAll<T extends z.ZodType>(
  client: Caller,
  repo: Repository,
  scope: Scope,
  text: string,
  variables: Readonly<Record<string, unknown>>,
  shape: T,
  spare: readonly string[] = [],
): Promise<{ readonly repository: z.infer<T>; readonly beside: Readonly<Record<string, unknown>> }> {
  const { owner, repo: name } = nameOf(repo);
  const answer = await client.call(
    repo,
    scope,
    "graphql",
    // Not octokit.graphql: it throws away the data beside an error, and the kind of the error with it.
    async (octokit) =>
      (
        await octokit.request({
          method: "POST",
          url: client.graphqlUrl,
          query: text,
          variables: { owner, name, ...variables },
        })
      ).data as unknown,
    { resource: "graphql" },
  );
  const { data, errors: all } = answer as {
    data?: Record<string, unknown> | null;
    errors?: readonly { type?: string; message?: string; path?: readonly unknown[] }[];
  };
  const errors = all?.filter(({ path = [] }) => !spare.some((name) => `${path.join(".")}.`.startsWith(`${name}.`)));
  if (errors && errors.length > 0) {
    if (errors.every((e) => e.type === "NOT_FOUND"))
      throw new NotVisible("github_not_visible", `${repo.fullName} is not visible.`);
    throw new RetryLater(
      "github_graphql",
      `GitHub's GraphQL answered with an error: ${errors[0]?.type ?? "unknown"}.`,
      {
        cause: errors,
        ...(errors.some((e) => e.type === "RATE_LIMITED") ? { after: 60 } : {}),
      },
    );
  }
  const parsed = shape.safeParse(data?.["repository"]);
  if (!parsed.success) {
    throw new RetryLater(
      "github_answer",
      `GitHub's answer has an unknown shape: ${parsed.error.issues[0]?.path.join(".")}.`,
      {
        cause: parsed.error,
      },
    );
  }
  // The name may point to another repository by now: the id decides (CHECKLIST C07, C48).
  const id = (data?.["repository"] as { databaseId?: unknown } | undefined)?.databaseId;
  if (repo.id !== undefined && id !== repo.id) {
    throw new NotVisible("repository_replaced", `${repo.fullName} is another repository now.`);
  }
  return { repository: parsed.data as z.infer<T>, beside: data ?? {} };
}
