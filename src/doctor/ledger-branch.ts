import { notAsked } from "./bypass.ts";
import { sayApp } from "./default-branch.ts";
import type { BypassActor, Facts, Rule, Ruleset } from "./facts.ts";
import { type Finding, type Fix, found, unknown } from "./finding.ts";
import { freeName } from "./mend-ruleset.ts";
import { actorName, appBypasses, list, rulesetName, rulesetOf, whoCan } from "./names.ts";
import { ledgerBranch, ledgerRules, ledgerRuleset } from "./recommended.ts";

/** Rules that stop the app's writes, unless it may bypass them. The ledger is written by the contents API, signed by GitHub. */
const stopping = new Set([
  "creation",
  "update",
  "pull_request",
  "required_status_checks",
  "merge_queue",
  "required_deployments",
  "workflows",
  "code_scanning",
]);

/** The branch of the ledger: nobody but our App creates, updates or deletes it (DESIGN.md section 4, The ledger). */
export function ledgerBranchFindings(facts: Facts): readonly Finding[] {
  if (facts.ledgerRules.kind === "unreadable")
    return [unknown("ledger-rules", `What GitHub asks for on ${ledgerBranch}`, facts.ledgerRules)];
  const rules = facts.ledgerRules.value;
  const ids = [...new Set(rules.map((rule) => rule.ruleset))];
  return [
    ...missing(facts, rules),
    ...ids.flatMap((id) =>
      oneRuleset(
        facts,
        id,
        rules.filter((rule) => rule.ruleset === id),
      ),
    ),
  ];
}

function missing(facts: Facts, rules: readonly Rule[]): readonly Finding[] {
  const have = new Set(rules.map((rule) => rule.type));
  const absent = [...ledgerRules.keys()].filter((type) => !have.has(type));
  if (absent.length === 0) return [];
  const can: Readonly<Record<string, string>> = {
    creation: "created",
    update: "written to",
    deletion: "deleted",
    non_fast_forward: "rewritten",
  };
  const what = `${ledgerBranch} may be ${list(absent.map((type) => can[type] ?? type))} by whoever may push.`;
  if (facts.app === null)
    return [
      found(
        "ledger-rules",
        "warning",
        what,
        `Restrict it to our App; for the command, say which App is ours: ${sayApp}.`,
      ),
    ];
  const fix: Fix = {
    id: "ledger-branch",
    does: `adds a ruleset for ${ledgerBranch} that only our App (${facts.app.id}) may bypass`,
    loosens: [],
    call: {
      method: "POST",
      path: `repos/${facts.owner}/${facts.name}/rulesets`,
      body: ledgerRuleset(
        freeName(facts, "Countersign: ledger"),
        facts.app.id,
        [...ledgerRules].flatMap(([type, rule]) => (absent.includes(type) ? [rule] : [])),
      ),
    },
  };
  return [found("ledger-rules", "warning", what, "Restrict it to our App.", fix)];
}

function oneRuleset(facts: Facts, id: number, rules: readonly Rule[]): readonly Finding[] {
  const ruleset = rulesetOf(facts, id);
  const name = rulesetName(ruleset, id);
  const [first] = rules;
  const stops = rules.filter((rule) => stopping.has(rule.type)).map((rule) => rule.type);
  const bypasses = appBypasses(facts, id, true);
  const findings: Finding[] = [];
  if (stops.length > 0 && bypasses !== true && first) {
    const what = `${name} has the ${stops.length === 1 ? "rule" : "rules"} ${list(stops)} for ${ledgerBranch}`;
    findings.push(
      bypasses === null
        ? found(
            "ledger-blocked",
            "unknown",
            `${what}; whether our App may bypass it is not known.`,
            seeing(facts, ruleset),
          )
        : found(
            "ledger-blocked",
            "error",
            `${what}, and our App may not bypass it.`,
            first.sourceType === "Repository"
              ? "Let our App bypass it."
              : `${whoCan(facts, first)}: our App has to be on its bypass list.`,
            first.sourceType === "Repository" ? letUsBypass(facts, ruleset) : undefined,
          ),
    );
  }
  // Who else may write. Rules that stop nobody else are no fence, so their list says nothing.
  if (!rules.some((rule) => rule.type === "update" || rule.type === "creation")) return findings;
  const reading = facts.rulesets.get(id);
  const listed = reading?.kind === "read" ? reading.value.bypass : (reading ?? notAsked);
  if (listed.kind === "unreadable")
    return [...findings, unknown("ledger-bypass", `Who may bypass ${name} of ${ledgerBranch}`, listed)];
  const others = listed.value.filter((actor) => !isOurs(actor, facts));
  if (others.length > 0) {
    const who = list(others.map((actor) => actorName(actor, facts.app)));
    const cure =
      facts.app === null
        ? `Take them off its bypass list, except our App: ${sayApp}.`
        : first && first.sourceType !== "Repository"
          ? `${whoCan(facts, first)}.`
          : "Take them off its bypass list.";
    findings.push(
      found(
        "ledger-bypass",
        facts.app === null ? "unknown" : "warning",
        `${name} of ${ledgerBranch} may be bypassed by ${who}.`,
        cure,
      ),
    );
  }
  return findings;
}

const isOurs = ({ type, id }: BypassActor, { app }: Facts): boolean =>
  type === "Integration" && app !== null && id === app.id;

const seeing = ({ app }: Facts, ruleset: Ruleset | undefined): string =>
  app === null
    ? `Say which App is ours: ${sayApp}.`
    : `To see it: ${ruleset?.bypass.kind === "unreadable" ? ruleset.bypass.needs : "run it again"}.`;

/** Adds our App to the list; without the list as it is, it would be replaced. */
function letUsBypass(facts: Facts, ruleset: Ruleset | undefined): Fix | undefined {
  if (facts.app === null || ruleset?.bypass.kind !== "read") return undefined;
  const ours = { actor_id: facts.app.id, actor_type: "Integration", bypass_mode: "always" };
  const others = ruleset.bypass.value.filter((actor) => !isOurs(actor, facts));
  return {
    id: `ruleset-${ruleset.id}-bypass`,
    does: `lets our App bypass ${rulesetName(ruleset, ruleset.id)}, which is for ${ruleset.branches.join(", ")}`,
    loosens: ["that our App keeps its rules"],
    call: {
      method: "PUT",
      path: `repos/${facts.owner}/${facts.name}/rulesets/${ruleset.id}`,
      body: {
        bypass_actors: [
          ...others.map(({ type, id, mode }) => ({ actor_id: id, actor_type: type, bypass_mode: mode })),
          ours,
        ],
      },
    },
  };
}
