import { codesCs1 } from "./codes-cs1.ts";
import { codesCs2 } from "./codes-cs2.ts";
import { codesCs3 } from "./codes-cs3.ts";
import { codesCs4 } from "./codes-cs4.ts";
import { codesCs5 } from "./codes-cs5.ts";
import { codesCs6 } from "./codes-cs6.ts";

export type { CodeEntry } from "./code-entry.ts";

/**
 * Every code that a file or a pull request can earn. A code is never reused for another meaning.
 * CS1 one file, CS2 files together, CS3 CODEOWNERS, CS4 the shape of a pull request, CS5 the named workflow, CS6 what stands
 * beside the policy in an access repo.
 */
export const codes = { ...codesCs1, ...codesCs2, ...codesCs3, ...codesCs4, ...codesCs5, ...codesCs6 } as const;

export type Code = keyof typeof codes;
