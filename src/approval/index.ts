export { type AskedByJob, onBehalfOfRequester, type OnBehalf } from "./asked.ts";
export { decide } from "./decide.ts";
export { explain, explainTree } from "./explain.ts";
export { decisionKey, decisionKeyDigest, type KeyParts, sameOutcome } from "./key.ts";
export { ownerText, ownersText, teamKey } from "./owners.ts";
export { peopleToCheck, type PeopleToCheck } from "./people-to-check.ts";
export { type Cast, type Company, companyOf, nobody, openSlots, ownersKey, rehearse } from "./rehearse.ts";
export type * from "./types.ts";
