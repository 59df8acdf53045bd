import type { AccessLevel, ActionCatalogue, IamAction } from "../access-repo/action-catalogue.ts";
import { actionPattern, actionsMatching, isWild } from "../access-repo/action-pattern.ts";
import type { Statement } from "../access-repo/types.ts";
import { oneLine } from "../base/text.ts";

/** What one action pattern of a plan means. Plain text, not escaped for any sink. */
export interface ActionWords {
  /** As the plan spells it. */
  readonly action: string;
  /** The classes of what it takes, the riskiest first; empty where AWS's list has no such action. */
  readonly levels: readonly AccessLevel[];
  /** `Write: delete a bucket`, or for a pattern `45 actions: 40 Read, 5 List; for example GetObject`. One line. */
  readonly words: string;
}

/** From what a reviewer has to see first to what matters least; the reverse of AWS's own order. */
const byRisk: readonly AccessLevel[] = ["Permissions management", "Write", "Tagging", "Read", "List"];
const examples = 3;
const longest = 160;

/**
 * Each distinct action pattern of the statements in words, in their order (DESIGN.md section 2, Validate and plan). Prose: in
 * no hash, since AWS's list changes under a plan that does not.
 * @throws RangeError where a service of the statements was not loaded (`servicesOf`)
 */
export function actionWords(
  statements: readonly Pick<Statement, "actions">[],
  catalogue: ActionCatalogue,
): readonly ActionWords[] {
  const spelled = new Map<string, string>();
  for (const { actions } of statements) {
    for (const action of actions) {
      const pattern = actionPattern(action);
      const key = pattern === undefined ? action : `${pattern.service}:${pattern.name}`;
      if (!spelled.has(key)) spelled.set(key, action);
    }
  }
  return [...spelled.values()].map((action) => ({ action, ...meaning(action, catalogue) }));
}

function meaning(action: string, catalogue: ActionCatalogue): Omit<ActionWords, "action"> {
  if (action === "*") return { levels: byRisk, words: "every action of every service" };
  const pattern = actionPattern(action);
  const taken = pattern === undefined ? [] : [...actionsMatching(pattern, catalogue)];
  const [first] = taken;
  if (pattern === undefined || first === undefined) return { levels: [], words: "not in AWS's list of actions" };
  const levels = byRisk.filter((level) => taken.some((one) => one.level === level));
  if (!isWild(pattern.name)) return { levels, words: inWords(first) };
  if (taken.length === 1) return { levels, words: `only ${first.name}: ${inWords(first)}` };
  const all = taken.length === catalogue.actionsOf(pattern.service).size;
  const what = all ? `all ${taken.length} actions of ${pattern.service}` : `${taken.length} actions`;
  const such = taken.length > examples ? "for example " : "";
  return { levels, words: `${what}: ${counts(taken, levels)}; ${such}${someOf(taken, levels)}` };
}

const inWords = ({ level, description }: IamAction): string => `${level}: ${summary(description)}`;

const counts = (taken: readonly IamAction[], levels: readonly AccessLevel[]): string =>
  levels.map((level) => `${taken.filter((one) => one.level === level).length} ${level}`).join(", ");

/** Names of the riskiest class first, by name within it. */
const someOf = (taken: readonly IamAction[], levels: readonly AccessLevel[]): string =>
  [...taken]
    .sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level) || (a.name < b.name ? -1 : 1))
    .slice(0, examples)
    .map((one) => one.name)
    .join(", ");

/** `Grants permission to delete the bucket named in the URI.` becomes `delete the bucket named in the URI`. */
function summary(description: string): string {
  // The first sentence; what follows are footnotes on the API.
  const [sentence = ""] = description.split(/\.\s+(?=[A-Z])/, 1);
  const text = oneLine(sentence, 5000)
    .replace(/^(?:Grants?|Controls) permissions? (?:to|for) /i, "")
    .replace(/\.$/, "");
  // `IAM users` and `AWS` keep their capitals.
  return oneLine(/^[A-Z][^A-Z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text, longest);
}
