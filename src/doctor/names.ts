import type { BypassActor, Facts, Rule, Ruleset } from "./facts.ts";

/** Words for one ruleset; its name is text of people. */
export const rulesetName = (ruleset: Ruleset | undefined, id: number): string =>
  ruleset ? `the ruleset "${ruleset.name}"` : `ruleset ${id}`;

// Ids of GitHub's built-in roles, as its own tools have them; not documented, so never decided on.
const roles: Readonly<Record<number, string>> = { 1: "read", 2: "maintain", 3: "triage", 4: "write", 5: "admin" };

export function actorName({ type, id, mode }: BypassActor, app: Facts["app"]): string {
  const on = mode === "pull_request" ? " (on pull requests)" : "";
  switch (type) {
    case "OrganizationAdmin":
      return `owners of the organization${on}`;
    case "DeployKey":
      return `deploy keys${on}`;
    case "RepositoryRole":
      return `${roles[id ?? 0] === undefined ? `role ${id}` : `everybody with the role ${roles[id ?? 0]}`}${on}`;
    case "Integration":
      return `${app !== null && app.id === id ? "our App" : `App ${id}`}${on}`;
    default:
      return `${type} ${id ?? ""}`.trim() + on;
  }
}

export const rulesetOf = (facts: Facts, id: number): Ruleset | undefined => {
  const reading = facts.rulesets.get(id);
  return reading?.kind === "read" ? reading.value : undefined;
};

/**
 * Whether our App is not held to a ruleset; null where GitHub does not say. `always`: for pushes as well, not on pull requests alone.
 */
export function appBypasses(facts: Facts, id: number, always: boolean): boolean | null {
  const ruleset = rulesetOf(facts, id);
  if (ruleset === undefined) return null;
  const fits = (mode: string) => mode === "always" || mode === "exempt" || (!always && mode.startsWith("pull_request"));
  if (facts.reader === "app" && ruleset.readerBypasses !== null) return fits(ruleset.readerBypasses);
  const { app } = facts;
  if (app === null || ruleset.bypass.kind !== "read") return null;
  return ruleset.bypass.value.some((actor) => actor.type === "Integration" && actor.id === app.id && fits(actor.mode));
}

/** Who can change a ruleset that is not the repository's own, and where. */
export const whoCan = (facts: Facts, rule: Pick<Rule, "ruleset" | "sourceType" | "source">): string =>
  rule.sourceType === "Organization"
    ? `It is a ruleset of the organization ${rule.source}, which cannot be changed here: ask one of its owners (${facts.webUrl}/organizations/${encodeURIComponent(rule.source)}/settings/rules/${rule.ruleset})`
    : `It is a ruleset of the enterprise ${rule.source}, which cannot be changed here: ask one of its owners`;

export const list = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
