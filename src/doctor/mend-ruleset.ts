import type { Facts, Json, Rule, Ruleset } from "./facts.ts";
import type { Fix } from "./finding.ts";
import { rulesetName, rulesetOf } from "./names.ts";
import { checkName } from "./recommended.ts";

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const array = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** What a pull_request rule asks for that keeps the app from merging, in words. */
export function pullRequestBlocks(parameters: Json): readonly string[] {
  const approvals = Number(parameters["required_approving_review_count"] ?? 0);
  const methods = array(parameters["allowed_merge_methods"]);
  return [
    ...(approvals > 0 ? [`${approvals} approving ${approvals === 1 ? "review" : "reviews"}`] : []),
    ...(parameters["require_code_owner_review"] === true ? ["a review by code owners"] : []),
    ...(parameters["require_last_push_approval"] === true ? ["an approval of the last push"] : []),
    ...(array(parameters["required_reviewers"]).length > 0 ? ["reviews by certain teams"] : []),
    ...(methods.length > 0 && !methods.includes("squash") ? ["merges by another method than squash"] : []),
  ];
}

/** The checks of a rule that have the name of ours. */
export const ourChecks = (parameters: Json): readonly { readonly integration: number | null }[] =>
  array(parameters["required_status_checks"])
    .map(object)
    .filter((check) => check["context"] === checkName)
    .map((check) => ({ integration: typeof check["integration_id"] === "number" ? check["integration_id"] : null }));

interface Mended {
  readonly rules: readonly Json[];
  readonly loosens: readonly string[];
  /** Whether the check counts from our App alone now, and did not before. */
  readonly pinned: boolean;
}

/**
 * The rules of one ruleset as the app needs them; all that it does not know stays as it is. One change of the whole, since GitHub takes the
 * rules of a ruleset only together.
 */
function mendRules(rules: readonly Json[], appId: number | null): Mended {
  const loosens: string[] = [];
  let pinned = false;
  const mended = rules.flatMap((rule): readonly Json[] => {
    const parameters = object(rule["parameters"]);
    if (rule["type"] === "merge_queue") {
      loosens.push("the merge queue");
      return [];
    }
    if (rule["type"] === "pull_request") {
      const blocks = pullRequestBlocks(parameters);
      if (blocks.length === 0) return [rule];
      loosens.push(...blocks);
      const methods = array(parameters["allowed_merge_methods"]);
      const { required_reviewers: reviewers, ...rest } = parameters;
      return [
        {
          ...rule,
          parameters: {
            ...rest,
            ...(reviewers === undefined ? {} : { required_reviewers: [] }),
            required_approving_review_count: 0,
            require_code_owner_review: false,
            require_last_push_approval: false,
            ...(methods.length > 0 && { allowed_merge_methods: [...new Set([...methods, "squash"])] }),
          },
        },
      ];
    }
    if (rule["type"] !== "required_status_checks") return [rule];
    const strict = parameters["strict_required_status_checks_policy"] === true;
    if (strict) loosens.push("branches that are up to date");
    const checks = array(parameters["required_status_checks"]).map((entry) => {
      const check = object(entry);
      if (check["context"] !== checkName || appId === null || check["integration_id"] === appId) return check;
      if (typeof check["integration_id"] === "number")
        loosens.push(`the check ${checkName} from App ${check["integration_id"]} (from ours instead)`);
      pinned = true;
      return { ...check, integration_id: appId };
    });
    return [
      {
        ...rule,
        parameters: { ...parameters, strict_required_status_checks_policy: false, required_status_checks: checks },
      },
    ];
  });
  return { rules: mended, loosens, pinned };
}

/**
 * What mends the ruleset that a rule is part of: undefined where it is not the repository's own, could not be read, or needs no change.
 * Findings about one ruleset share it.
 */
export function mendRuleset(facts: Facts, rule: Rule): Fix | undefined {
  const ruleset = rulesetOf(facts, rule.ruleset);
  if (ruleset === undefined || rule.sourceType !== "Repository") return undefined;
  const { rules, loosens, pinned } = mendRules(ruleset.rules, facts.app?.id ?? null);
  if (!pinned && loosens.length === 0) return undefined;
  return {
    id: `ruleset-${ruleset.id}`,
    does: `changes ${rulesetName(ruleset, ruleset.id)}, which is for ${branchesOf(ruleset)}${pinned ? `: the check ${checkName} counts from our App alone` : ""}`,
    loosens,
    // Bypass list, name and branches are not sent, and stay (google/go-github needs a call of its own to empty the list).
    call: { method: "PUT", path: `repos/${facts.owner}/${facts.name}/rulesets/${ruleset.id}`, body: { rules } },
  };
}

const branchesOf = ({ branches }: Ruleset): string =>
  branches.length === 0 ? "branches that are not known" : branches.join(", ");

/** A name that no ruleset of the repository has yet: GitHub refuses a second. */
export function freeName(facts: Facts, name: string): string {
  const taken = new Set(facts.rulesetNames.map((each) => each.toLowerCase()));
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name} ${n}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}
