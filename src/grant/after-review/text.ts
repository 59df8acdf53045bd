import { formatInstant } from "../../base/duration.ts";
import { forMarkdown, forMarkdownCode, forMarkdownNames, oneLine } from "../../base/text.ts";
import type { OwedRow } from "./rows.ts";

// What people read on the issue of a use of break-glass. Names of owners are left to mention whom they name; every other text of
// people is escaped so that it mentions nobody (C62).

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
/** GitHub tells at most 50 people by mentions of one comment, and nobody reads more. */
const mostMentioned = 50;

export function reviewTitle(rows: readonly OwedRow[]): string {
  const roles = unique(rows.map((row) => `${row.target}/${row.role}`)).join(", ");
  return oneLine(`Review of break-glass: ${roles} by ${rows[0]?.requester_login ?? "unknown"}`, 200);
}

/** GitHub takes 65 536 characters; what stands around the list takes less than a third of that. */
const roomOfList = 40_000;

/** The requests one by one, as many as there is room for: whoever asks for many, or writes much, is told of none the less. */
function listed(rows: readonly OwedRow[]): readonly string[] {
  const parts = rows.map((row) =>
    [
      `- What: ${forMarkdown(row.what)} (${forMarkdownCode(row.path)})`,
      `- Why: ${forMarkdown(row.why)}`,
      `- For: ${forMarkdownCode(row.workflow)}`,
    ].join("\n"),
  );
  let room = roomOfList;
  const fits = parts.findIndex((part) => (room -= part.length + 1) < 0);
  if (fits < 0) return parts;
  return [...parts.slice(0, fits), `- and ${parts.length - fits} more: see #${rows[0]?.pull_request ?? 0}`];
}

/** Paths and roles that are named once more at the end; the list has the rest. */
const mostNamed = 20;
function named(texts: readonly string[]): string {
  const rest = texts.length - mostNamed;
  const some = texts.slice(0, mostNamed).map((text) => forMarkdownCode(text));
  return `${some.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** @param runs where the runs can be seen that were started for it */
export function reviewBody(
  rows: readonly OwedRow[],
  runs: readonly { readonly id: string; readonly url: string }[],
): string {
  const [first] = rows;
  if (first === undefined) throw new TypeError("an issue is about something");
  const skipped = unique(rows.flatMap((row) => row.skipped));
  const roles = unique(rows.map((row) => `${row.target}/${row.role}`));
  const due = new Date(Math.min(...rows.map((row) => row.due_at.getTime())));
  const who = forMarkdown(first.requester_login);
  return [
    `${forMarkdownNames(skipped.slice(0, mostMentioned).join(" "), 5000)}: ${who} was given this without your approval, by break-glass. Please look at what was done with it.`,
    "",
    ...listed(rows),
    `- Asked in #${first.pull_request} and given at ${formatInstant(first.granted_at)}`,
    runs.length === 0
      ? "- Run: whichever run of that workflow used it within its time; the ledger names each credential's run"
      : `- Run: ${runs
          .slice(0, mostNamed)
          .map(({ id, url }) => `[${id}](${url})`)
          .join(", ")}${runs.length > mostNamed ? ` and ${runs.length - mostNamed} more` : ""}`,
    "",
    `An owner of ${named(unique(rows.map((row) => row.path)))} who neither asked for it nor pushed to it ends this by the comment`,
    "",
    "```\n/countersign reviewed\n```",
    "",
    `by ${formatInstant(due)}. After that the next break-glass of ${named(roles)} is refused until it is done. Closing this issue does not do it: it is opened again. An edited comment does not count.`,
  ].join("\n");
}

/** The answer to a command that is no review. */
export const refusedReview = (login: string, why: string): string =>
  `${forMarkdown(login)}, that does not count as a review: ${forMarkdown(why)}.`;
