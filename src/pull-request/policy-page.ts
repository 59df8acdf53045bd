import type { Diagnostic } from "../access-repo/types.ts";
import type { Decision } from "../approval/index.ts";
import type { Snapshot } from "../approval/types.ts";
import { forMarkdown, forMarkdownCode } from "../base/text.ts";
import type { CheckContent } from "../github/types.ts";
import { plainCheck } from "./check-text.ts";
import { fitPage } from "./page-limits.ts";
import type { PolicyEffects } from "./policy-effects.ts";
import { stateTitle } from "./state-title.ts";
import { conclusionOf, whoMustApprove } from "./who-must-approve.ts";

export interface PolicyPage {
  readonly snapshot: Snapshot;
  readonly paths: readonly string[];
  readonly decision: Decision;
  readonly warnings: readonly Diagnostic[];
  /** What it asks less of than the policy in force. */
  readonly loosened: readonly string[];
  /** What it grants that the policy in force does not. */
  readonly widened: readonly string[];
  readonly effects: PolicyEffects;
}

/** Names that are listed; the rest is counted. */
const mostNames = 20;
/** Sentences about what is loosened or widened: above these it is no longer read, and the count says how much there is. */
const mostLoosened = 50;
/** Bytes of one of five lists: a page that is too long cannot be approved, and a policy of many large roles has to be. */
const mostBytes = 10_000;

/** The check run of a valid policy pull request. `ok: false`: more than GitHub shows; what is not shown is not approved. */
export function policyPage(page: PolicyPage): { readonly ok: boolean; readonly content: CheckContent } {
  const { decision, snapshot, warnings } = page;
  const fitted = fitPage(
    [
      "This changes who may grant what. The policy in force decides about it, not the one that it brings.",
      "",
      ...page.paths.map((path) => `- changes ${forMarkdownCode(path)}`),
      "",
      ...list("Grants more than the policy in force:", page.widened, mostLoosened),
      ...list("Asks less than the policy in force:", page.loosened, mostLoosened),
      "### What this ends",
      ...effectLines(page.effects),
      "### Who must approve",
      ...whoMustApprove(decision),
    ],
    [],
  );
  if (!fitted.ok) return { ok: false, content: tooMuch };
  return {
    ok: true,
    content: {
      status: "completed",
      conclusion: conclusionOf(decision),
      title: stateTitle(decision, snapshot.pullRequest.draft, "Policy. "),
      summary: fitted.summary,
      annotations: warnings,
    },
  };
}

const tooMuch = plainCheck("failure", "Too much to be shown whole", [
  "This changes more than GitHub shows on a page, and nobody can approve what nobody is shown.",
  "Change fewer files in one pull request.",
]);

/** With an empty line at its end. */
function list(words: string, items: readonly string[], most: number): string[] {
  if (items.length === 0) return [];
  const shown: string[] = [];
  let left = mostBytes;
  for (const item of items.slice(0, most)) {
    const line = `- ${forMarkdown(item, 1000)}`;
    left -= Buffer.byteLength(line);
    if (left < 0) break;
    shown.push(line);
  }
  const rest = items.length - shown.length;
  return [words, ...shown, ...(rest > 0 ? [`- and ${rest} more`] : []), ""];
}

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;

function effectLines({ ends, freezes, changes, unseen }: PolicyEffects): string[] {
  const none = ends.length + freezes.length + changes.length + unseen === 0;
  return [
    ...(none ? ["It ends no live grant and changes no open request.", ""] : []),
    ...list(`It ends ${count(ends.length, "live grant")}:`, ends, mostNames),
    ...list(`It freezes ${count(freezes.length, "live grant")}:`, freezes, mostNames),
    ...list(
      `${count(changes.length, "open request")} would be invalid or have to be approved anew:`,
      changes,
      mostNames,
    ),
    ...(unseen > 0 ? [`Not judged here: ${unseen} more.`, ""] : []),
  ];
}
