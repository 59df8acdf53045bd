import { z } from "zod";
import { ownerId, repositoryId } from "../base/ids.ts";

// What the second App is answered, read once at the boundary.

const permissions = z.record(z.string(), z.string());
const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

export const installationsAnswer = z.array(
  z
    .object({
      id: z.int().positive(),
      // An enterprise has no login, and owns no repository.
      account: z.object({ id: z.int().positive(), login: z.string().optional() }).nullable(),
      permissions,
      suspended_at: z.string().nullish(),
    })
    .transform((i) => ({
      id: i.id,
      account: i.account === null ? null : ownerId(i.account.id),
      login: i.account?.login ?? "",
      permissions: i.permissions,
      suspended: typeof i.suspended_at === "string",
    })),
);

/**
 * A token of any length: GitHub's newer ones hold a JWT. Its repositories are there only where it was narrowed to some; an answer
 * without them is a token for all, and is not understood.
 */
export const mintedAnswer = z
  .object({
    token: z.string().regex(/^[!-~]{20,4096}$/),
    expires_at: time,
    permissions,
    repositories: z.array(
      z
        .object({ id: z.int().positive(), full_name: z.string(), owner: z.object({ id: z.int().positive() }) })
        .transform((r) => ({ id: repositoryId(r.id), owner: ownerId(r.owner.id), fullName: r.full_name })),
    ),
  })
  .transform((a) => ({
    token: a.token,
    expiresAt: a.expires_at,
    permissions: a.permissions,
    repositories: a.repositories,
  }));

/** The token in an answer that is not understood otherwise. */
export function secretOf(data: unknown): string | undefined {
  const parsed = z.object({ token: z.string().min(1) }).safeParse(data);
  return parsed.success ? parsed.data.token : undefined;
}
