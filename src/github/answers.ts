import { z } from "zod";
import { commitSha, objectId, userId } from "../base/ids.ts";
import type { PolicyFiles, TreeFile } from "../access-repo/types.ts";
import type { Actor } from "../approval/types.ts";

// GitHub's answers are a trust boundary: they are parsed here, once, into our own types. A shape that we do not know is an
// error and leads to a retry, never to a default.

const login = z.object({ __typename: z.string(), login: z.string(), databaseId: z.number().nullish() });
/** `author { ... }` of pull requests and reviews; null: a deleted account. */
export const actorAnswer = login.nullable().transform((a): Actor | null => {
  if (!a?.databaseId) return null; // ghosts, mannequins and organizations have no say
  if (a.__typename !== "User" && a.__typename !== "Bot") return null;
  return { id: userId(a.databaseId), login: a.login, kind: a.__typename === "Bot" ? "bot" : "user" };
});
/** `user { login databaseId }` of a commit identity. GraphQL shows apps' accounts here as users named `x[bot]`. */
export const commitUser = z
  .object({ login: z.string(), databaseId: z.number().nullish() })
  .nullable()
  .transform((u): Actor | null =>
    u?.databaseId
      ? { id: userId(u.databaseId), login: u.login, kind: u.login.endsWith("[bot]") ? "bot" : "user" }
      : null,
  );

export const restUser = z
  .object({ login: z.string(), id: z.number(), type: z.string() })
  .nullish()
  .transform((u): Actor | null =>
    u ? { id: userId(u.id), login: u.login, kind: u.type === "Bot" ? "bot" : "user" } : null,
  );

const entry = z.object({
  name: z.string(),
  oid: z.string().transform(objectId),
  mode: z.number(),
  type: z.string(),
  object: z
    .object({ text: z.string().nullish(), isBinary: z.boolean().nullish(), isTruncated: z.boolean().nullish() })
    .nullish(),
});
type Entry = z.infer<typeof entry>;
export const fileAnswer = entry.nullable();

/** Text only where it is whole: GitHub truncates large blobs and says so, and gives none for binary ones. */
export function treeFile(path: string, e: Entry): TreeFile;
export function treeFile(path: string, e: Entry | null): TreeFile | null;
export function treeFile(path: string, e: Entry | null): TreeFile | null {
  if (!e) return null;
  const readable = e.type === "blob" && e.object?.isBinary === false && e.object.isTruncated === false;
  return { path, oid: e.oid, mode: e.mode, text: readable ? (e.object?.text ?? undefined) : undefined };
}

export const policyAnswer = z
  .object({
    settings: fileAnswer,
    targets: entry
      .omit({ name: true, object: true })
      .extend({ object: z.object({ entries: z.array(entry).nullish() }).nullish() })
      .nullable(),
    codeowners0: fileAnswer,
    codeowners1: fileAnswer,
    codeowners2: fileAnswer,
  })
  .transform((a): PolicyFiles => {
    const at = (path: string, e: Entry | null) => treeFile(path, e) ?? undefined;
    // `targets` as a file or a symlink: no entries, but its id counts in the digest, so that it is not the digest of "none".
    const entries = a.targets?.object?.entries ?? [];
    return {
      settings: at(".github/countersign.yml", a.settings),
      targetsTree: a.targets?.oid,
      targets:
        a.targets && a.targets.type !== "tree"
          ? [{ path: "targets", oid: a.targets.oid, mode: a.targets.mode, text: undefined }]
          : entries.flatMap((e) => treeFile(`targets/${e.name}`, e) ?? []),
      codeowners: [
        at(".github/CODEOWNERS", a.codeowners0),
        at("CODEOWNERS", a.codeowners1),
        at("docs/CODEOWNERS", a.codeowners2),
      ],
    };
  });

export const ownerAnswer = z.object({ __typename: z.string(), login: z.string(), databaseId: z.number() });

export const sha = z.string().transform(commitSha);
/** GitHub's time: RFC 3339, whole seconds. */
export const time = z.string().transform((text, context) => {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) {
    context.addIssue({ code: "custom", message: "not a time" });
    return z.NEVER;
  }
  return at;
});
