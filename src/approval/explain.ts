import { ownersText } from "./owners.ts";
import { listOf } from "./nodes.ts";
import type { Decision, Explanation, IgnoredReason, Review, Slot } from "./types.ts";

/**
 * A decision as lines of plain text for the check run: the verdict, what stands against it, slots, reviews that do not count.
 * Logins and paths are raw; the sink escapes them (base/text.ts). Lines that start with two spaces belong to the line above.
 */
export function explain(decision: Decision): string[] {
  const against = decision.tree.children.filter((node) => !node.ok && node.rule !== "slots").map((node) => node.text);
  const more = against.filter((text) => text !== decision.tree.text);
  const slots =
    decision.rule === null || decision.rule === "owners" ? slotLines(decision.slots) : skippedLines(decision);
  return [decision.tree.text, ...more, ...slots, ...ignoredLines(decision)];
}

/** Every node of the tree, indented by depth: for logs, `--json` readers and the curious. */
export function explainTree(node: Explanation, depth = 0): string[] {
  const line = `${"  ".repeat(depth)}${node.ok ? "ok" : "no"} ${node.rule}: ${node.text}`;
  return [line, ...node.children.flatMap((child) => explainTree(child, depth + 1))];
}

/** Whose approval the rule stood in for. */
const skippedLines = ({ skipped }: Decision): string[] =>
  skipped.length === 0 ? [] : [`Without the approval of ${ownersText(skipped)}.`];

function slotLines(slots: readonly Slot[]): string[] {
  return [...Map.groupBy(slots, (slot) => slot.path)].flatMap(([path, ofPath]) => {
    const met = ofPath.filter((slot) => slot.filledBy !== null).length;
    return [`${path}: ${met} of ${ofPath.length} approved`, ...ofPath.map(slotLine)];
  });
}

function slotLine(slot: Slot): string {
  const line = slot.line === undefined ? "" : ` line ${slot.line}`;
  const rule = slot.rule === "codeowners" ? `CODEOWNERS${line}` : "also_approved_by";
  const from = `${slot.from.length === 0 ? "nobody" : ownersText(slot.from)} (${rule})`;
  return slot.filledBy === null ? `  missing: ${from}` : `  met: ${slot.filledBy.login} for ${from}`;
}

function ignoredLines({ ignored, slots }: Decision): string[] {
  const paths = [...new Set(slots.map((slot) => slot.path))];
  return ignored.map(({ review, reason }) => ignoredText(review, reason, paths));
}

const did = { APPROVED: "approved", CHANGES_REQUESTED: "asked for changes", DISMISSED: "had a review" } as const;

function ignoredText(review: Review, reason: IgnoredReason, paths: readonly string[]): string {
  const who = review.author?.login ?? "A deleted account";
  return `${who} ${did[review.state]}, but ${why[reason](review, paths)}: does not count.`;
}

const why: Readonly<Record<IgnoredReason, (review: Review, paths: readonly string[]) => string>> = {
  requester: () => "is the requester",
  author: () => "is author or co-author of a commit here",
  committer: () => "is committer of a commit here",
  last_pusher: () => "made the last push",
  excluded: () => "took part in asking for this",
  bot: () => "is a bot and no person",
  ghost: () => "nobody can say whose it was",
  dismissed: () => "it was dismissed",
  stale_commit: ({ commit }) => `for commit ${commit?.slice(0, 7) ?? "unknown"} and not for the newest (approve again)`,
  before_plan: () => "before the plan that now stands was posted (read it and approve again)",
  not_owner: (_, paths) => `is no owner of ${listOf(paths)}`,
  no_write: () => "has no write permission here",
  frozen_approver: () => "is frozen as approver by the settings",
};
