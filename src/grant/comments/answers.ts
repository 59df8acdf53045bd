import { forMarkdown, forMarkdownCode } from "../../base/text.ts";
import { type Command, parseRevoke } from "../../pull-request/index.ts";
import type { Held } from "./holdings.ts";

// What is said to people who wrote a command that changes nothing. Text of people goes through its sink, and nobody is called who
// was not asked: names are written so that GitHub does not mention them.

const usage = "`/countersign revoke [path] <reason>`";

export const help = [
  "Commands, each on the first line of a comment of its own:",
  "",
  `- ${usage} ends a request for good: an open one is closed, a granted one revoked at once. For its requester, the owners of its path and break-glass members. The path is needed only where the pull request holds more than one request.`,
  "- `/countersign reviewed` on an after-review issue: an owner has looked at a break-glass use.",
  "- `/countersign help` shows this.",
].join("\n");

export const unknown = ({ name }: Command): string => `There is no command ${forMarkdownCode(name, 32)}. ${help}`;

export const reviewedElsewhere =
  "`/countersign reviewed` belongs on the issue that was opened after a break-glass use, not on a pull request. Write it there.";

export const edited =
  "This comment was edited, so nobody can tell whose word it is: it changes nothing. Write the command in a new comment.";

export const tooMany =
  "You wrote more commands within an hour than are looked at without changing anything: this one was not. Write it again later, or let somebody else write it.";

const noRequest = "This pull request holds no request, so there is nothing to revoke here.";

const noReason = `Why? The reason is recorded: ${usage}`;

/** Over already; `says` is what it is told with. */
const over = (held: Held): string =>
  `${forMarkdownCode(held.path)} was over already: ${forMarkdown(held.over ?? "it has ended")}. Nothing was changed.`;

export const strangers = (who: string): string =>
  `Only these may revoke it: ${who === "" ? "nobody is known who may; an operator can, on the server" : forMarkdown(who, 2000)}. Nothing was changed. Any of them can by writing ${usage} here.`;

const whichPath = (given: string | null, held: readonly Held[]): string =>
  [
    given === null
      ? "This pull request holds more than one request. Name one:"
      : `${forMarkdownCode(given, 200)} is no request of this pull request. Name one of these:`,
    "",
    ...held.map(({ path }) => `- ${forMarkdownCode(path)}`),
    "",
    usage,
  ].join("\n");

/** Which request is meant, or what to answer. */
export function chooseRequest(
  rest: string,
  held: readonly Held[],
): { readonly held: Held; readonly reason: string } | { readonly answer: string } {
  const { path, reason } = parseRevoke(rest);
  const [only, ...more] = held;
  if (!only) return { answer: noRequest };
  const chosen = path === null ? (more.length === 0 ? only : undefined) : held.find((one) => one.path === path);
  if (!chosen) return { answer: whichPath(path, held) };
  if (reason === "") return { answer: noReason };
  return chosen.state === "over" ? { answer: over(chosen) } : { held: chosen, reason };
}
