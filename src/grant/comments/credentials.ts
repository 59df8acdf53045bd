import { formatInstant } from "../../base/duration.ts";
import { forMarkdown, forMarkdownBlock, forMarkdownCode } from "../../base/text.ts";
import type { PlanData } from "../../plan/types.ts";
import type { Db } from "../../store/index.ts";
import { type Credential, releasedCredentials } from "../credentials.ts";
import { howToCut } from "../how-to-cut.ts";

/** Most that are told one by one; the rest is in the ledger. */
const most = 20;

/**
 * The credentials that live on after their grant was revoked, and how to cut them, as lines of Markdown. Only what was released:
 * the revocation is stored, and no exchange releases anything after it (C59).
 */
export async function liveCredentials(db: Db, grant: string, revokedAt: Date, now: Date): Promise<readonly string[]> {
  const row = await db.selectFrom("grant").select("plan").where("id", "=", grant).executeTakeFirstOrThrow();
  const plan = JSON.parse(row.plan) as PlanData;
  const all = await releasedCredentials(db, [grant]);
  if (all.length === 0) return ["No credentials were issued under it."];
  const live = all.filter((one) => one.until > now);
  if (live.length === 0) return ["All credentials that were issued under it have ended."];
  const shown = live.slice(0, most);
  const more = live.length - shown.length;
  return [
    `Credentials that were issued under it before (${live.length}):`,
    "",
    ...shown.map(line),
    ...(more > 0 ? [`- and ${more} more: see the entries \`issued\` of the ledger`] : []),
    ...(live.some((one) => one.ended === "no") ? ["", ...cutLines(plan, revokedAt)] : []),
  ];
}

function line({ issued, until, ended }: Credential): string {
  const { kind, identifiers, job } = issued;
  const names = Object.entries(identifiers).map(
    ([name, value]) => `${forMarkdown(name)} ${forMarkdownCode(value, 200)}`,
  );
  const end =
    ended === "gone"
      ? "Countersign has revoked it at GitHub"
      : ended === "asked"
        ? `Countersign is revoking it at GitHub; without that it would live until ${formatInstant(until)}`
        : `lives until ${formatInstant(until)}`;
  return `- ${kind}, of run ${job.run_id}: ${end}; ${names.join(", ")}`;
}

/** As paragraphs and a block of code. */
function cutLines(plan: PlanData, revokedAt: Date): readonly string[] {
  const cut = howToCut(plan, revokedAt);
  if (cut === null) return [];
  const { say, lines, after } = cut;
  return [
    forMarkdown(say),
    "",
    forMarkdownBlock(lines.join("\n"), "sh"),
    ...(after === null ? [] : ["", forMarkdown(after)]),
  ];
}
