import type { Standing } from "./types.ts";

/** Nothing was granted before, no review is owed, and a person asked: policy pull requests and rehearsals. */
export const noStanding: Standing = { askedByJob: false, autoApproved: new Map(), overdue: [], decidedBy: null };

/** How `Standing` names a role. */
export const roleKey = (target: string, role: string): string => `${target}/${role}`;
