import { type Owner, ownerText, type Policy } from "../access-repo/index.ts";
import type { Facts } from "./facts.ts";
import { type Finding, type Fix, found, unknown } from "./finding.ts";

/** The policy, CODEOWNERS and the teams that it names. */
export function owners(facts: Facts): readonly Finding[] {
  return [...policy(facts), ...codeowners(facts), ...teams(facts)];
}

const seeAll = "`countersign validate` in a clone shows every finding at its line";

function policy(facts: Facts): readonly Finding[] {
  if (facts.policy.kind === "unreadable") return [unknown("policy", "The policy", facts.policy)];
  const { ok, diagnostics } = facts.policy.value;
  const findings = diagnostics
    .filter(({ code }) => code.startsWith("CS3"))
    .map(({ code, severity, file, line, message }) =>
      found(
        "codeowners",
        severity === "error" ? "error" : "warning",
        `${file}:${line}: ${code} ${message}`,
        `Mend it in a pull request: \`countersign explain ${code}\`.`,
      ),
    );
  const others = diagnostics.filter(({ code, severity }) => severity === "error" && !code.startsWith("CS3"));
  const [first] = others;
  if (!ok && first) {
    const more = others.length > 1 ? `, and ${others.length - 1} more` : "";
    const what = `The policy is not valid: ${first.file}:${first.line}: ${first.code} ${first.message}${more}`;
    const none = first.code === "CS2003" ? "Start one: `countersign init`." : `Mend it in a pull request: ${seeAll}.`;
    return [...findings, found("policy", "error", what, none)];
  }
  return findings;
}

/** What GitHub itself says of the file: it also knows whether owners exist and may write. */
function codeowners(facts: Facts): readonly Finding[] {
  if (facts.codeowners.kind === "unreadable") {
    const none = facts.policy.kind === "read" && facts.policy.value.diagnostics.some(({ code }) => code === "CS3001");
    // GitHub answers 404 where there is no file, which our own reading has said.
    return none ? [] : [unknown("codeowners", "What GitHub says of CODEOWNERS", facts.codeowners)];
  }
  return facts.codeowners.value.map(({ path, line, kind }) =>
    found(
      "codeowners",
      "error",
      `${path}:${line}: GitHub says: ${kind}.`,
      `Mend the line in a pull request; all of it: \`gh api ${host(facts)}repos/${facts.owner}/${facts.name}/codeowners/errors\`.`,
    ),
  );
}

const host = (facts: Facts): string => (facts.host === "github.com" ? "" : `--hostname ${facts.host} `);

/** Teams whose members fill slots, each once, in the order of the policy. */
export function ownerTeams(policyInForce: Policy): readonly Extract<Owner, { kind: "team" }>[] {
  const { codeowners: file, targets } = policyInForce;
  const named = [
    ...file.rules.flatMap((rule) => rule.owners),
    ...[...targets.values()].flatMap((target) =>
      [...target.roles.values()].flatMap((role) => (role.also_approved_by ?? []).flatMap((slot) => slot.from)),
    ),
  ];
  const teamsByName = new Map<string, Extract<Owner, { kind: "team" }>>();
  for (const owner of named) if (owner.kind === "team") teamsByName.set(teamKey(owner), owner);
  return [...teamsByName.values()];
}
export const teamKey = ({ org, slug }: { org: string; slug: string }): string => `${org}/${slug}`.toLowerCase();

function teams(facts: Facts): readonly Finding[] {
  if (facts.policy.kind === "unreadable" || !facts.policy.value.ok) return [];
  return ownerTeams(facts.policy.value.policy).flatMap((team): readonly Finding[] => {
    const name = ownerText(team);
    if (team.org.toLowerCase() !== facts.owner.toLowerCase())
      return [
        found(
          "team",
          "error",
          `${name} is a team of another organization than ${facts.owner}.`,
          "Name a team of the organization that owns this repository.",
        ),
      ];
    const reading = facts.teams.get(teamKey(team));
    if (reading === undefined) return [];
    if (reading.kind === "unreadable") return [unknown("team", name, reading)];
    const path = `orgs/${encodeURIComponent(team.org)}/teams/${encodeURIComponent(team.slug)}`;
    const findings: Finding[] = [];
    if (!reading.value.visible) {
      const fix: Fix = {
        id: `team-visible-${teamKey(team)}`,
        does: `makes the team ${name} visible to the organization`,
        loosens: [`that ${name} is secret`],
        call: { method: "PATCH", path, body: { privacy: "closed" } },
      };
      findings.push(found("team", "error", `${name} is a secret team.`, "Make it visible, or name another.", fix));
    }
    if (!reading.value.canWrite) {
      const fix: Fix = {
        id: `team-write-${teamKey(team)}`,
        does: `gives the team ${name} write access to this repository`,
        loosens: [`that ${name} may not push to this repository`],
        call: { method: "PUT", path: `${path}/repos/${facts.owner}/${facts.name}`, body: { permission: "push" } },
      };
      findings.push(
        found(
          "team",
          "error",
          `${name} may not write to this repository.`,
          "Give it write access, or name another.",
          fix,
        ),
      );
    }
    return findings;
  });
}
