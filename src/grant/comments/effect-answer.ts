import { formatInstant } from "../../base/duration.ts";
import { forMarkdown, forMarkdownCode } from "../../base/text.ts";
import type { CommandEffect } from "../../store/schema.ts";
import type { GrantDeps } from "../deps.ts";
import { liveCredentials } from "./credentials.ts";

/** What took effect, what goes on in spite of it, and how to cut that: made when it is said, from what is stored. */
export async function effectAnswer(
  { db, clock }: Pick<GrantDeps, "db" | "clock">,
  by: string,
  { at, reason, revoked }: CommandEffect,
): Promise<string> {
  const when = new Date(at);
  const parts: string[] = [];
  for (const { path, was, grant, dispatch } of revoked) {
    const name = forMarkdownCode(path);
    if (was === "active" && grant !== null) {
      parts.push(
        `**Revoked** at ${formatInstant(when)}: ${name} issues nothing any more, for good. It is recorded in the ledger.`,
        ...(dispatch === null ? [] : await runAnswer(db, dispatch)),
        (await liveCredentials(db, grant, when, clock.now())).join("\n"),
      );
    } else if (was === "merged") {
      parts.push(
        `**Revoked** at ${formatInstant(when)}: ${name} was merged, and will not be granted. Nothing was issued.`,
      );
    } else {
      parts.push(
        `**Withdrawn** at ${formatInstant(when)}: ${name} will not be granted, whatever becomes of this pull request, which is closed. To ask again, open a new one.`,
      );
    }
  }
  parts.push(`By ${forMarkdown(by)}: ${forMarkdown(reason)}`);
  return parts.join("\n\n");
}

async function runAnswer(db: GrantDeps["db"], dispatch: string): Promise<readonly string[]> {
  const row = await db
    .selectFrom("dispatch")
    .select(["state", "run_id", "cancelled_at"])
    .where("id", "=", dispatch)
    .executeTakeFirst();
  const others = await db
    .selectFrom("grant")
    .select("path")
    .where("dispatch_id", "=", dispatch)
    .where("state", "=", "active")
    .execute();
  if (!row) return [];
  if (row.state !== "bound" || row.run_id === null)
    return others.length > 0 ? [] : ["No run was started for it, and none will be."];
  if (others.length > 0) {
    const names = others.map((other) => forMarkdownCode(other.path)).join(", ");
    return [`Run ${row.run_id} goes on: it was started for ${names} as well.`];
  }
  return [row.cancelled_at ? `Run ${row.run_id} was cancelled.` : `Run ${row.run_id} is being cancelled.`];
}
