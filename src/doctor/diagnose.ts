import { installation } from "./installation.ts";
import { bypass } from "./bypass.ts";
import { defaultBranch } from "./default-branch.ts";
import type { Facts } from "./facts.ts";
import type { Finding, Fix, Level } from "./finding.ts";
import { ledgerBranchFindings } from "./ledger-branch.ts";
import { owners } from "./owners.ts";
import { repository } from "./repository.ts";

const order: readonly Level[] = ["error", "warning", "unknown", "note"];

/** Every check over what was read, the worst first (issue 5, doctor). */
export function diagnose(facts: Facts): readonly Finding[] {
  const all = [
    ...repository(facts),
    ...defaultBranch(facts),
    ...bypass(facts),
    ...ledgerBranchFindings(facts),
    ...owners(facts),
    ...installation(facts),
  ];
  return order.flatMap((level) => all.filter((finding) => finding.level === level));
}

/** Fine: nothing to do, and nothing that could not be seen. */
export const isFine = (findings: readonly Finding[]): boolean => findings.every(({ level }) => level === "note");

/** What mends them, each once. */
export const fixesOf = (findings: readonly Finding[]): readonly Fix[] => [
  ...new Map(findings.flatMap(({ fix }) => (fix ? [[fix.id, fix] as const] : []))).values(),
];
