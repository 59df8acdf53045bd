import { z } from "zod";
import type { RepositoryPlace } from "../access-repo/index.ts";
import type { ResolvedRequest } from "../access-repo/types.ts";
import { objectId, ownerId, repositoryId } from "../base/ids.ts";
import { apiOf } from "../enroll.ts";
import type { PlanFacts } from "./plan-request.ts";
import { hostIn, tokenIn, tokenNames } from "./token.ts";

const id = z.int().positive();
const repositoryAnswer = z.object({ id, full_name: z.string(), owner: z.object({ id }) });
// Git's id of what stands at the path: of a file alone, since the address of a folder answers with a list.
const fileAnswer = z.object({ type: z.literal("file"), sha: z.string().regex(/^[0-9a-f]{40}$/) });

type Env = Readonly<Record<string, string | undefined>>;

/** The web address of the host that `readPlanFacts` reads, where the environment names one. */
export function hostOf(env: Env): string | undefined {
  const host = env["GHE_HOST"]?.trim();
  return host ? `${env["GHE_PROTOCOL"] ?? "https"}://${host}` : undefined;
}

/** Fails with one sentence that says what to do. */
class NotKnown extends Error {}

/**
 * Ids and the workflow file's version as GitHub has them now, read with the person's own token.
 * @returns the facts, or one sentence that says what to do; never the token, nor a text of the network library, which may hold it
 */
export async function readPlanFacts(
  place: Pick<RepositoryPlace, "host" | "fullName">,
  request: Pick<ResolvedRequest, "workflow" | "repositories">,
  env: Env,
  get: typeof fetch = fetch,
): Promise<PlanFacts | string> {
  const api = apiOf(env);
  // A repository of this name on another host is another repository, and a plan of its ids would be nobody's.
  if (!sameHost(api, place.host))
    return `the access repo is on ${place.host}, but GitHub is read at ${api}: set GHE_HOST to the host, or unset it for github.com.`;
  try {
    return await factsOf(place.fullName, request, reader(api, env, get));
  } catch (error) {
    if (error instanceof NotKnown) return error.message;
    throw error;
  }
}

async function factsOf(
  accessRepo: string,
  { workflow, repositories }: Pick<ResolvedRequest, "workflow" | "repositories">,
  read: Reader,
): Promise<PlanFacts> {
  const repository = async (name: string) => {
    const { id, full_name, owner } = await read(`/repos/${name}`, `repository ${name}`, repositoryAnswer);
    return { repository_id: repositoryId(id), owner_id: ownerId(owner.id), repository: full_name };
  };
  const path = workflow.file.split("/").map(encodeURIComponent).join("/");
  const ref = encodeURIComponent(workflow.ref);
  const names = repositories ?? [];
  const access = await repository(accessRepo);
  const [target, file, ...found] = await Promise.all([
    repository(workflow.repository),
    read(
      `/repos/${workflow.repository}/contents/${path}?ref=${ref}`,
      `file ${workflow.file} at ${workflow.ref} of ${workflow.repository}`,
      fileAnswer,
    ),
    ...names.map(repository),
  ]);
  return {
    access: { repository_id: access.repository_id, owner_id: access.owner_id },
    workflow: { ...target, blob: objectId(file.sha) },
    repositories: new Map(
      found.map((one, i) => [
        (names[i] ?? "").toLowerCase(),
        // Only this one is known to be an access repo from here; the server knows all.
        { ...one, access_repo: one.repository_id === access.repository_id },
      ]),
    ),
  };
}

/**
 * `https://api.github.com` serves github.com, `https://api.acme.ghe.com` serves acme.ghe.com, any other serves its own host. Without
 * the port: a remote by SSH does not tell that of the web.
 */
function sameHost(api: string, host: string): boolean {
  const of = (address: string): string | undefined => URL.parse(address)?.hostname.replace(/^(?:api|www)\.(?=.)/, "");
  return of(api) !== undefined && of(api) === of(host);
}

/** One GET; `what` is for sentences. @throws NotKnown */
type Reader = <T>(path: string, what: string, schema: z.ZodType<T>) => Promise<T>;

/** @throws NotKnown */
function reader(api: string, env: Env, get: typeof fetch): Reader {
  const host = hostIn(env);
  const given = tokenIn(host, env);
  const token = given?.token ?? "";
  const name = given?.name ?? tokenNames(host)[0];
  if (/[^!-~]/.test(token)) throw new NotKnown(`${name} holds white space or other characters that no token has.`);
  return async (path, what, schema) => {
    const response = await get(`${api}${path}`, {
      headers: {
        accept: "application/vnd.github+json",
        "user-agent": "countersign",
        ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      },
      // The token goes to this host alone.
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
    }).catch(() => {
      throw new NotKnown(`${api} did not answer; is it reachable from here?`);
    });
    const parsed = response.ok ? schema.safeParse(await response.json().catch(() => null)) : undefined;
    if (parsed?.success === true) return parsed.data;
    throw new NotKnown(why(response.status, what, name, token !== ""));
  };
}

function why(status: number, what: string, name: string, withToken: boolean): string {
  if (status === 401) return `GitHub refuses the token of ${name} (401).`;
  if (status === 404)
    return `GitHub shows no ${what}${withToken ? " to this token" : `. If it is private, set ${name}, for example to \`gh auth token\``}.`;
  if (status === 403 || status === 429)
    return `GitHub does not answer for ${what} (${status}): ${withToken ? "the token may not read it, or" : `without ${name}`} its rate limit is reached.`;
  if (status >= 300 && status < 400) return `${what} has moved (${status}): name it as GitHub does now.`;
  if (status >= 200 && status < 300) return `GitHub's answer for ${what} is not what its documentation says.`;
  return `GitHub answered ${status} for ${what}; try again.`;
}
