import { forTerminal } from "../../base/text.ts";
import { type Facts, type Finding, type Fix, ghCommand, type Level } from "../../doctor/index.ts";
import { count } from "../report.ts";

const text = (words: string): string => forTerminal(words, 2000);

/**
 * The findings for a terminal. Names of rulesets, teams and branches are text of people: every line is escaped. Commands stand at the start
 * of their line, so that a here-document can be pasted; how they are quoted is `ghCommand`'s.
 */
export function reportText(facts: Facts, findings: readonly Finding[]): string {
  const app = facts.app ? `App ${facts.app.id}` : "which App is ours is not known";
  const title = text(`${facts.owner}/${facts.name} on ${facts.host}, branch ${facts.defaultBranch}; ${app}`);
  const shown = new Set<string>();
  const blocks = findings.map((finding) => {
    const lines = [
      `${finding.level}: ${text(finding.what)}`,
      `  why: ${text(finding.why)} [${finding.code}]`,
      `  do:  ${text(finding.cure)}`,
    ];
    const { fix } = finding;
    if (fix === undefined) return lines.join("\n");
    if (fix.loosens.length > 0) lines.push(`  the command ${text(fixText(fix))}`);
    if (shown.has(fix.id)) lines.push("  the command is above");
    else lines.push(ghCommand(fix.call, facts.host));
    shown.add(fix.id);
    return lines.join("\n");
  });
  return `${[title, ...blocks, summary(findings)].join("\n\n")}\n`;
}

/** What a fix does and what it ends, as the rest of a sentence. */
export const fixText = (fix: Fix): string =>
  fix.loosens.length === 0 ? fix.does : `${fix.does}. It ends: ${fix.loosens.join("; ")}`;

function summary(findings: readonly Finding[]): string {
  const levels: readonly Level[] = ["error", "warning", "unknown", "note"];
  const counts = levels.flatMap((level) => {
    const n = findings.filter((finding) => finding.level === level).length;
    return n === 0 ? [] : [level === "unknown" ? `${n} unknown` : count(n, level)];
  });
  const what = counts.join(", ") || "nothing found";
  return findings.every(({ level }) => level === "note")
    ? `Fine: ${what}.`
    : `${what[0]?.toUpperCase()}${what.slice(1)}.`;
}

/** One finding for scripts; the command as text, and what it ends. */
export const findingJson = ({ fix, ...finding }: Finding, host: string) => ({
  ...finding,
  ...(fix && { fix: { id: fix.id, does: fix.does, loosens: fix.loosens, command: ghCommand(fix.call, host) } }),
});
