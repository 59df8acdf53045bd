export { diagnose, fixesOf, isFine } from "./diagnose.ts";
export type * from "./facts.ts";
export { type ApiCall, type Code, codes, type Finding, type Fix, type Level } from "./finding.ts";
export { ghCommand } from "./gh.ts";
export { ownerTeams, teamKey } from "./owners.ts";
export { targetRepositories } from "./target-repositories.ts";
export { ledgerBranch } from "./recommended.ts";
