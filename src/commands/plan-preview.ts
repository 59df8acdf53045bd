import type { ResolvedRequest } from "../access-repo/types.ts";
import type { Json } from "../base/canonical-json.ts";
import { objectId, ownerId, repositoryId } from "../base/ids.ts";
import type { PlanFacts } from "./plan-request.ts";

// What only GitHub knows stands in a plan's data and in its hash. Without GitHub numbers take its place that no repository has,
// so that they can be told from everything else and never reach a reader as ids.

const most = Number.MAX_SAFE_INTEGER;
const accessId = most;
const workflowId = most - 1;
const ownersId = most - 2;
const namedId = (index: number): number => most - 10 - index;
const isStandIn = (id: number): boolean => id > most - 10_000;
const blob = "0".repeat(40);

/** Facts for a preview: whole but for ids and the workflow file's version. */
export function previewFacts(request: ResolvedRequest): PlanFacts {
  const owner = ownerId(ownersId);
  const { repository } = request.workflow;
  return {
    access: { repository_id: repositoryId(accessId), owner_id: owner },
    workflow: { repository_id: repositoryId(workflowId), owner_id: owner, repository, blob: objectId(blob) },
    repositories: new Map(
      (request.repositories ?? []).map((name, i) => [
        name.toLowerCase(),
        { repository_id: repositoryId(namedId(i)), owner_id: owner, repository: name, access_repo: false },
      ]),
    ),
  };
}

/** A sentence of a preview, with words in place of what is not known. */
export const previewText = (text: string): string =>
  text
    .replaceAll(`, file version ${blob.slice(0, 12)}`, "")
    .replaceAll(`repository:${accessId}:`, "repository:<access repo id>:")
    .replaceAll(/, id 900719925474[0-9]{4}\./g, ".");

/** Data of a preview, with `unknown` in place of what is not known. */
export function previewJson(value: Json, unknown: Json): Json {
  if (typeof value === "number") return isStandIn(value) ? unknown : value;
  if (typeof value === "string") return value === blob ? unknown : previewText(value);
  if (Array.isArray(value)) return value.map((item: Json) => previewJson(item, unknown));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as { readonly [key: string]: Json }).map(([key, item]) => [key, previewJson(item, unknown)]),
  );
}
