import type { Facts, Protection, Reading, Rule } from "./facts.ts";
import { type Code, type Finding, type Fix, found, unknown } from "./finding.ts";
import { freeName, mendRuleset, ourChecks, pullRequestBlocks } from "./mend-ruleset.ts";
import { appBypasses, list, rulesetName, rulesetOf, whoCan } from "./names.ts";
import { classicBlocks, pinProtection } from "./protection.ts";
import { checkName, defaultBranchRules, defaultBranchRuleset } from "./recommended.ts";

/** Rules that decide whether the app can merge, and those that keep history (DESIGN.md section 4: seat belts, not what safety rests on). */
export function defaultBranch(facts: Facts): readonly Finding[] {
  const classic = facts.protection.kind === "read" ? facts.protection.value : null;
  const unread = facts.protection.kind === "unreadable" ? facts.protection : undefined;
  const blocks = classic === null ? [] : classicBlocks(facts, classic);
  if (facts.rules.kind === "unreadable") {
    const about = `What GitHub asks for on ${facts.defaultBranch}`;
    return [unknown("branch-rules", about, facts.rules), ...blocks];
  }
  const rules = facts.rules.value;
  return [
    ...missing(facts, rules, classic, unread),
    ...rules.flatMap((rule) => blocking(facts, rule)),
    ...pins(facts, rules, classic),
    ...blocks,
    ...(unread && rules.length > 0 ? [unknown("branch-rules", "Classic branch protection", unread)] : []),
  ];
}

const seatBelts = [
  { type: "pull_request", code: "branch-pull-request", what: "may be pushed to without a pull request" },
  { type: "required_status_checks", code: "branch-check", what: `does not need the check ${checkName}` },
  { type: "non_fast_forward", code: "branch-force-push", what: "may be rewritten by a forced push" },
  { type: "deletion", code: "branch-deletion", what: "may be deleted" },
] as const satisfies readonly { type: string; code: Code; what: string }[];

type Unread = Extract<Reading<unknown>, { kind: "unreadable" }>;

/** Seat belts that no rule is: one new ruleset has them all, and changes none that is there. */
function missing(
  facts: Facts,
  rules: readonly Rule[],
  classic: Protection | null,
  unread: Unread | undefined,
): readonly Finding[] {
  const have = new Set(rules.map((rule) => rule.type));
  const checks = rules.filter((rule) => rule.type === "required_status_checks");
  const checked =
    checks.some((rule) => ourChecks(rule.parameters).length > 0) ||
    classic?.checks?.required.some(({ context }) => context === checkName) === true;
  const absent = seatBelts.filter(({ type }) => {
    if (type === "required_status_checks") return !checked;
    if (have.has(type)) return false;
    if (classic === null) return true;
    if (type === "pull_request") return classic.reviews === null;
    return type === "deletion" ? classic.deletions : classic.forcePushes;
  });
  const wanted = defaultBranchRules(facts.app?.id ?? null);
  const rulesToAdd = [...wanted].flatMap(([type, rule]) => (absent.some((each) => each.type === type) ? [rule] : []));
  const fix: Fix = {
    id: "default-branch",
    does: `adds a ruleset for ${facts.defaultBranch} that nobody may bypass: ${rulesToAdd.map((rule) => rule["type"]).join(", ")}`,
    loosens: [],
    call: {
      method: "POST",
      path: `repos/${facts.owner}/${facts.name}/rulesets`,
      body: defaultBranchRuleset(freeName(facts, "Countersign: default branch"), rulesToAdd),
    },
  };
  return absent.map(({ type, code, what }) => {
    const mends = wanted.has(type) ? fix : undefined;
    const cure = mends ? "Add the rule." : `Add the rule; for the command, say which App is ours: ${sayApp}.`;
    if (unread === undefined) return found(code, "warning", `${facts.defaultBranch} ${what}.`, cure, mends);
    const maybe = `No ruleset keeps ${facts.defaultBranch}: it ${what}, unless classic branch protection keeps it, which could not be read: ${unread.why}`;
    return found(
      code,
      "unknown",
      maybe,
      `To see it: ${unread.needs}. Or add the rule: rulesets and protection add up.`,
      mends,
    );
  });
}

export const sayApp = "--app with its id or slug (the server has the id as APP_ID)";

/** One rule that stops the app, or may. */
function blocking(facts: Facts, rule: Rule): readonly Finding[] {
  const ruleset = rulesetName(rulesetOf(facts, rule.ruleset), rule.ruleset);
  const branch = facts.defaultBranch;
  const stops = (code: Code, asks: string): Finding => {
    const what = `${ruleset} asks for ${asks} on ${branch}.`;
    if (appBypasses(facts, rule.ruleset, false) === true)
      return found(code, "note", `${what} Our App may bypass it.`, "Nothing to do.");
    const fix = mendRuleset(facts, rule);
    return found(code, "error", what, fix ? "Turn it off there." : elsewhere(facts, rule), fix);
  };
  switch (rule.type) {
    case "pull_request": {
      const asks = pullRequestBlocks(rule.parameters);
      const threads = rule.parameters["required_review_thread_resolution"] === true;
      return [
        ...(asks.length > 0 ? [stops("branch-blocks-merge", list(asks))] : []),
        ...(threads ? [also(`${ruleset} asks for resolved conversations on ${branch}.`)] : []),
      ];
    }
    case "required_status_checks": {
      const others = otherChecks(rule);
      return [
        ...(rule.parameters["strict_required_status_checks_policy"] === true
          ? [stops("branch-strict", "branches that are up to date")]
          : []),
        ...(others.length > 0 ? [also(`${ruleset} asks for the checks ${list(others)} on ${branch}, too.`)] : []),
      ];
    }
    case "merge_queue":
      return [stops("branch-merge-queue", "a merge queue")];
    case "update":
      return [stops("branch-blocks-merge", "nobody to update the branch")];
    case "required_deployments":
      return [stops("branch-blocks-merge", "deployments before a merge")];
    case "required_signatures": {
      const what = `${ruleset} asks for signed commits on ${branch}.`;
      return [found("branch-signatures", "note", what, "Who writes requests has to sign commits.")];
    }
    case "deletion":
    case "non_fast_forward":
    case "creation":
    case "required_linear_history":
      return [];
    default:
      return [also(`${ruleset} has the rule ${rule.type} for ${branch}, too.`)];
  }
}

const also = (what: string): Finding =>
  found("branch-other-rules", "note", what, "Nothing to do, if requests can meet it.");

function otherChecks({ parameters }: Rule): readonly string[] {
  const checks = parameters["required_status_checks"];
  if (!Array.isArray(checks)) return [];
  return checks.flatMap((check: { context?: unknown }) =>
    typeof check?.context === "string" && check.context !== checkName ? [`"${check.context}"`] : [],
  );
}

/** Who can do it, where no command of ours can. */
function elsewhere(facts: Facts, rule: Rule): string {
  if (rule.sourceType !== "Repository") return `${whoCan(facts, rule)}.`;
  return rule.type === "update" || rule.type === "required_deployments"
    ? "Turn the rule off for this branch, or let our App bypass it: which of the two is for whoever made it to say."
    : "Turn it off on GitHub's page of the ruleset; it could not be read here.";
}

/** Whether the required check counts from our App alone. */
function pins(facts: Facts, rules: readonly Rule[], classic: Protection | null): readonly Finding[] {
  const { app } = facts;
  const inRules = rules
    .filter((rule) => rule.type === "required_status_checks")
    .flatMap((rule) => ourChecks(rule.parameters).map((check) => ({ ...check, rule })));
  const inClassic = (classic?.checks?.required ?? [])
    .filter(({ context }) => context === checkName)
    .map(({ appId }) => ({ integration: appId, rule: undefined }));
  const all = [...inRules, ...inClassic];
  // Rules add up: one that takes the check from our App alone is enough, unless another asks for it from somebody else.
  const pinned = all.some(({ integration }) => integration !== null && integration === app?.id);
  return all.flatMap(({ integration, rule }) => {
    const where = rule ? rulesetName(rulesetOf(facts, rule.ruleset), rule.ruleset) : "Classic branch protection";
    const fix = rule ? mendRuleset(facts, rule) : classic ? pinProtection(facts, classic) : undefined;
    const cure = rule && rule.sourceType !== "Repository" ? `${whoCan(facts, rule)}.` : "Pin it to our App.";
    if (integration === null)
      return pinned
        ? []
        : [
            found(
              "branch-check",
              "warning",
              `${where} takes the check ${checkName} from anybody.`,
              cure,
              app ? fix : undefined,
            ),
          ];
    if (app === null)
      return [
        found(
          "branch-check",
          "unknown",
          `${where} takes the check ${checkName} from App ${integration}; which App is ours is not known.`,
          `Say it: ${sayApp}.`,
        ),
      ];
    if (integration === app.id) return [];
    return [
      found(
        "branch-check",
        "error",
        `${where} takes the check ${checkName} from App ${integration}, which is not ours (${app.id}).`,
        cure,
        fix,
      ),
    ];
  });
}
