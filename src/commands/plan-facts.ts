import { z } from "zod";
import type { ResolvedRequest } from "../access-repo/types.ts";
import { objectId, ownerId, repositoryId } from "../base/ids.ts";
import { apiOf } from "../enroll.ts";
import type { PlanFacts } from "./plan-request.ts";

const repositoryAnswer = z.object({ id: z.number(), full_name: z.string(), owner: z.object({ id: z.number() }) });
const fileAnswer = z.object({ type: z.literal("file"), sha: z.string().regex(/^[0-9a-f]{40}$/) });

/** Fails with one sentence that says what to do. */
class NotKnown extends Error {}

/**
 * Ids and the workflow file's version as GitHub has them now, read with the person's own token.
 * @returns the facts, or one sentence that says what to do
 */
export async function readPlanFacts(
  accessRepo: string,
  request: Pick<ResolvedRequest, "workflow" | "repositories">,
  env: Readonly<Record<string, string | undefined>>,
  get: typeof fetch = fetch,
): Promise<PlanFacts | string> {
  const api = apiOf(env);
  const token = env["GH_TOKEN"] ?? env["GITHUB_TOKEN"];
  const read = async <T>(path: string, what: string, schema: z.ZodType<T>): Promise<T> => {
    const response = await get(`${api}${path}`, {
      headers: { accept: "application/vnd.github+json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
      redirect: "error",
      signal: AbortSignal.timeout(10_000),
    }).catch((error: unknown) => {
      throw new NotKnown(`GitHub did not answer: ${error instanceof Error ? error.message : String(error)}.`);
    });
    if (response.status === 404 || response.status === 401)
      throw new NotKnown(
        `GitHub shows no ${what} (${response.status}). If it is private, set GH_TOKEN, for example to \`gh auth token\`.`,
      );
    const parsed = schema.safeParse(await response.json().catch(() => null));
    if (!response.ok || !parsed.success)
      throw new NotKnown(`GitHub answered ${response.status} for ${what}; try again.`);
    return parsed.data;
  };
  const repository = async (name: string) => {
    const { id, full_name, owner } = await read(`/repos/${name}`, `repository ${name}`, repositoryAnswer);
    return { repository_id: repositoryId(id), owner_id: ownerId(owner.id), repository: full_name };
  };
  const { workflow } = request;
  const path = workflow.file.split("/").map(encodeURIComponent).join("/");
  const ref = encodeURIComponent(workflow.ref);
  try {
    const access = await repository(accessRepo);
    const names = request.repositories ?? [];
    const [target, file, ...repositories] = await Promise.all([
      repository(workflow.repository),
      read(
        `/repos/${workflow.repository}/contents/${path}?ref=${ref}`,
        `${workflow.file} at ${workflow.ref}`,
        fileAnswer,
      ),
      ...names.map(repository),
    ]);
    return {
      access: { repository_id: access.repository_id, owner_id: access.owner_id },
      workflow: { ...target, blob: objectId(file.sha) },
      repositories: new Map(
        repositories.map((found, i) => [
          (names[i] ?? "").toLowerCase(),
          // Only this one is known to be an access repo from here; the server knows all.
          { ...found, access_repo: found.repository_id === access.repository_id },
        ]),
      ),
    };
  } catch (error) {
    if (error instanceof NotKnown) return error.message;
    throw error;
  }
}
