import { type Code, codes } from "./codes.ts";

/** What the digit after `CS` says: where a thing is wrong. */
export const codeGroups = {
  CS1: {
    title: "One file",
    lead: "What is wrong with a file by itself, whatever the other files say.",
  },
  CS2: {
    title: "Files together",
    lead: "What a request, its target and the settings say against each other, and what can be made of them.",
  },
  CS3: {
    title: "CODEOWNERS",
    lead: "Who may approve. Where GitHub would skip a line in silence, Countersign denies and says so.",
  },
  CS4: {
    title: "Pull request",
    lead: "What a pull request changes. It adds requests, deletes requests, or changes other files: one of the three.",
  },
  CS5: {
    title: "Named workflow",
    lead: "What only GitHub knows about the workflow that a request names. Found on the pull request, not by `validate`.",
  },
  CS6: {
    title: "Beside the policy",
    lead: "Policy tests and generated pages. They grant nothing, so nothing here stops a request.",
  },
} as const satisfies Record<`CS${number}`, { readonly title: string; readonly lead: string }>;

export type CodeGroup = keyof typeof codeGroups;
export type CodesOf<Group extends CodeGroup> = Extract<Code, `${Group}${string}`>;

/** Every code, in the order of its number. */
export const allCodes: readonly Code[] = (Object.keys(codes) as Code[]).sort();

const groups = Object.keys(codeGroups) as CodeGroup[];
const codesOf = (group: CodeGroup): readonly Code[] => allCodes.filter((code) => code.startsWith(group));

export const groupsOfCodes: readonly (readonly [CodeGroup, readonly Code[]])[] = groups.map((group) => [
  group,
  codesOf(group),
]);
export const titleOfGroup = (code: Code): string => {
  const group = groups.find((one) => code.startsWith(one));
  return group === undefined ? "" : codeGroups[group].title;
};
