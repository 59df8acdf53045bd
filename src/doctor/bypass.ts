import type { Facts } from "./facts.ts";
import { type Finding, found, unknown } from "./finding.ts";
import { actorName, list, rulesetName, rulesetOf } from "./names.ts";

/** Who may bypass the rulesets of the default branch: named, or unknown. GitHub shows the list to those alone who may change it. */
export function bypass(facts: Facts): readonly Finding[] {
  if (facts.rules.kind === "unreadable") return [];
  const ids = new Set(facts.rules.value.map((rule) => rule.ruleset));
  return [...ids].flatMap((id) => {
    const reading = facts.rulesets.get(id);
    const name = rulesetName(rulesetOf(facts, id), id);
    if (reading?.kind !== "read")
      return [unknown("branch-bypass", `Who may bypass ${name} of ${facts.defaultBranch}`, reading ?? notAsked)];
    const actors = reading.value.bypass;
    if (actors.kind === "unreadable")
      return [unknown("branch-bypass", `Who may bypass ${name} of ${facts.defaultBranch}`, actors)];
    if (actors.value.length === 0) return [];
    const who = list(actors.value.map((actor) => actorName(actor, facts.app)));
    return [
      found(
        "branch-bypass",
        "note",
        `${name} of ${facts.defaultBranch} may be bypassed by ${who}.`,
        "Nothing to do, if that is meant.",
      ),
    ];
  });
}

export const notAsked = { kind: "unreadable", why: "GitHub was not asked.", needs: "run it again" } as const;
