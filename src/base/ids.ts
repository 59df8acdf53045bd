// Things that must not be mixed up are branded: a user id is not a repository id, a blob id is not a commit id.
// Every id is of the one GitHub host that this server serves (DESIGN.md section 4, Enrolment).

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** GitHub's numeric id of a repository. Survives renames; a re-created repository has another. */
export type RepositoryId = Brand<number, "RepositoryId">;
/** GitHub's numeric id of a user or organization that owns repositories. */
export type OwnerId = Brand<number, "OwnerId">;
/** GitHub's numeric id of an account (user or bot). Logins are for display only (CHECKLIST C07). */
export type UserId = Brand<number, "UserId">;
/** GitHub's numeric id of a pull request (`fullDatabaseId`), unique on the host; not its number. */
export type PullRequestId = Brand<number, "PullRequestId">;
/** GitHub's numeric id of a workflow run. */
export type RunId = Brand<number, "RunId">;
/** 40 lower-case hex: a commit. */
export type CommitSha = Brand<string, "CommitSha">;
/** 40 lower-case hex: a git blob or tree. */
export type ObjectId = Brand<string, "ObjectId">;
/** `sha256:` and 64 lower-case hex. */
export type Digest = Brand<string, "Digest">;

const positive = (value: unknown, what: string): number => {
  const n = typeof value === "string" && /^[1-9][0-9]{0,15}$/.test(value) ? Number(value) : value;
  if (typeof n !== "number" || !Number.isSafeInteger(n) || n <= 0)
    throw new TypeError(`not a ${what}: ${String(value)}`);
  return n;
};
const hex40 = (value: unknown, what: string): string => {
  if (typeof value !== "string" || !/^[0-9a-f]{40}$/.test(value))
    throw new TypeError(`not a ${what}: ${String(value)}`);
  return value;
};

// Parsers for trust boundaries: a number or a decimal string (GitHub's GraphQL and OIDC send strings). Throw TypeError.
export const repositoryId = (v: unknown): RepositoryId => positive(v, "repository id") as RepositoryId;
export const ownerId = (v: unknown): OwnerId => positive(v, "owner id") as OwnerId;
export const userId = (v: unknown): UserId => positive(v, "user id") as UserId;
export const pullRequestId = (v: unknown): PullRequestId => positive(v, "pull request id") as PullRequestId;
export const runId = (v: unknown): RunId => positive(v, "run id") as RunId;
export const commitSha = (v: unknown): CommitSha => hex40(v, "commit SHA") as CommitSha;
export const objectId = (v: unknown): ObjectId => hex40(v, "git object id") as ObjectId;
export const digest = (v: unknown): Digest => {
  if (typeof v !== "string" || !/^sha256:[0-9a-f]{64}$/.test(v)) throw new TypeError(`not a digest: ${String(v)}`);
  return v as Digest;
};
