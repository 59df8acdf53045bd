import type { Diagnostic, Policy } from "../access-repo/types.ts";
import { type Decision, explainTree, ownerText } from "../approval/index.ts";
import type { Snapshot } from "../approval/types.ts";
import type { Json } from "../base/canonical-json.ts";
import { forMarkdown, forMarkdownBlock, forMarkdownCode, oneLine } from "../base/text.ts";
import type { CheckContent } from "../github/types.ts";
import {
  type Compared,
  describePlan,
  issueText,
  sixSentences,
  sixSentencesOfAll,
  type SixSentences,
  type ToSay,
} from "../plan/index.ts";
import { plainCheck } from "./check-text.ts";
import type { EvaluatedRequest } from "./evaluate-request.ts";
import { notable, ordinary } from "./notable.ts";
import { fitPage, type Fold } from "./page-limits.ts";
import type { ComparedByPath } from "./shown-requests.ts";
import { stateTitle } from "./state-title.ts";
import { conclusionOf, whoMustApprove } from "./who-must-approve.ts";

// The page that an approver reads (DESIGN.md section 2, Validate and plan). Every text of people goes through its sink; nothing
// here decides, but for one thing: what an approval stands on must fit, or nothing is approved.

export interface RequestPage {
  readonly snapshot: Snapshot;
  readonly policy: Pick<Policy, "codeowners">;
  readonly requests: readonly EvaluatedRequest[];
  readonly decision: Decision;
  readonly warnings: readonly Diagnostic[];
  readonly compared: ComparedByPath;
}

/** The check run of a valid request. `ok: false`: more than GitHub shows whole; what is not shown is not approved. */
export function requestPage(page: RequestPage): { readonly ok: boolean; readonly content: CheckContent } {
  const { requests, decision, snapshot } = page;
  const requester = snapshot.pullRequest.author?.login ?? "A deleted account";
  const said = requests.map(
    ({ plan, request, review }): ToSay => ({ requester, plan, request, actions: review.actions }),
  );
  const several = requests.length > 1;
  const first = [
    ...(several ? sentences(sixSentencesOfAll(said)) : []),
    ...requests.flatMap((request, i) => oneRequest(request, said[i], page, several)),
    "### Who must approve",
    ...whoMustApprove(decision),
    "",
  ];
  const fitted = fitPage(first, folds(page));
  if (!fitted.ok) return { ok: false, content: tooMuch };
  return {
    ok: true,
    content: {
      status: "completed",
      conclusion: conclusionOf(decision),
      title: stateTitle(decision, snapshot.pullRequest.draft),
      summary: fitted.summary,
      ...(fitted.text === undefined ? {} : { text: fitted.text }),
      annotations: page.warnings,
    },
  };
}

const tooMuch = plainCheck("failure", "Too much to be shown whole", [
  "What this asks for is longer than GitHub shows on a page, and nobody can approve what nobody is shown.",
  "Ask in several pull requests, or for fewer actions and resources, or with shorter inputs.",
]);

const longest = 4000;
const sentences = ({ what, where, when, why, runBy, undone }: SixSentences): string[] =>
  [what, where, when, why, runBy, undone].flatMap((sentence) => [forMarkdown(sentence, longest), ""]);

function oneRequest(
  evaluated: EvaluatedRequest,
  say: ToSay | undefined,
  { compared }: RequestPage,
  several: boolean,
): string[] {
  const { request, plan } = evaluated;
  const risks = notable(evaluated).map((risk) => `- ${forMarkdown(risk.text, longest)}`);
  return [
    ...(several ? [`## ${forMarkdown(describePlan(plan, request).title)}`, ""] : []),
    ...(say === undefined ? [] : sentences(sixSentences(say))),
    "### What is different",
    ...(compared.get(request.path.path) ?? []).flatMap(differences),
    ...(risks.length === 0 ? [] : ["### What to look at twice", ...risks, ""]),
  ];
}

/** So many differences are listed; the whole plan stands below. */
const mostItems = 40;

function differences({ words, items }: Compared): string[] {
  const rest = items.length - mostItems;
  return [
    forMarkdown(words, longest),
    ...items.slice(0, mostItems).map((item) => `- ${forMarkdown(item, longest)}`),
    ...(rest > 0 ? [`- and ${rest} more`] : []),
    "",
  ];
}

function folds({ requests, decision, policy }: RequestPage): Fold[] {
  const of = (words: string, { request }: EvaluatedRequest): string => `${words}: ${request.path.path}`;
  return [
    ...requests.map((one) => ({ title: of("All that an approval binds", one), lines: bound(one), needed: true })),
    ...requests.map((one) => ({ title: of("What would be issued", one), lines: issued(one), needed: false })),
    ...requests.map((one) => ({ title: of("What is not limited", one), lines: notLimited(one), needed: false })),
    {
      title: "The rules",
      lines: [forMarkdownBlock(explainTree(decision.tree).map(ruleLine).join("\n"), "text")],
      needed: false,
    },
    ...codeownersFold(decision, policy),
  ];
}

/** The indentation of the tree is ours; what follows it is one line. */
const ruleLine = (line: string): string => `${/^ */.exec(line)?.[0] ?? ""}${oneLine(line, 1000)}`;

/**
 * In words, and then literally as it is hashed: with every value whole, every space kept, and what is not plain ASCII written
 * as JSON's escapes.
 */
function bound({ request, plan, review }: EvaluatedRequest): string[] {
  return [
    ...describePlan(plan, request, review.actions).lines.map((line) => `- ${forMarkdown(line, longest)}`),
    "",
    forMarkdownBlock(issueText(plan.data as unknown as Json), "json"),
    "",
    `Plan ${forMarkdownCode(plan.hash)}`,
  ];
}

const issued = ({ request, plan }: EvaluatedRequest): string[] => [
  forMarkdownBlock(issueText(describePlan(plan, request).issue), "json"),
];

const notLimited = (request: EvaluatedRequest): string[] =>
  [...ordinary(request).map((risk) => risk.text), ...request.plan.notLimited].map(
    (text) => `- ${forMarkdown(text, longest)}`,
  );

function codeownersFold({ slots }: Decision, { codeowners }: RequestPage["policy"]): Fold[] {
  const lines = new Set(slots.flatMap(({ line }) => (line === undefined ? [] : [line])));
  const rules = codeowners.rules.filter((rule) => lines.has(rule.line));
  if (rules.length === 0) return [];
  const text = rules.map(
    (rule) => `${rule.line}: ${oneLine([rule.pattern, ...rule.owners.map(ownerText)].join(" "), longest)}`,
  );
  const title = `The line${rules.length === 1 ? "" : "s"} of ${codeowners.path}`;
  return [{ title, lines: [forMarkdownBlock(text.join("\n"), "text")], needed: false }];
}
