import type { CodeEntry } from "./code-entry.ts";

/** Codes about the shape of a pull request. */
export const codesCs4 = {
  CS4001: {
    title: "Pull request mixes kinds",
    wholeFile: true,
    cause:
      "A pull request adds requests, deletes requests, or changes other files. Each of the three is decided by other rules, so none may ride along with another.",
    cure: "Make one pull request for each.",
  },
  CS4002: {
    title: "Request changed",
    wholeFile: true,
    cause: "A request never changes once it is on the default branch: what was approved must stay what was approved.",
    cure: "Put the file back as it was. Add a new request with the change, and delete the old one in a pull request of its own.",
  },
  CS4003: {
    title: "Request renamed or copied",
    wholeFile: true,
    cause: "A request counts only as a new file of its own. GitHub found it to be an old one under another name.",
    cure: "Leave the old file where it is, and add the new one with a reason of its own.",
  },
  CS4004: {
    title: "Not a request file",
    wholeFile: true,
    cause:
      "Only requests/<target>/[<YYYY-MM>/]<name>.yml may be added under requests/, with a-z, 0-9 and - in the names.",
    cure: "Rename it, for example to requests/aws-prod/2026-11/delete-stale-logs.yml.",
  },
  CS4005: {
    title: "Paths that some systems cannot tell apart",
    wholeFile: true,
    cause:
      "Two paths, or a path and one that Countersign reads, differ only by case or by the way Unicode spells them. On some disks one would replace the other.",
    cure: "Rename one of them.",
  },
  CS4006: {
    title: "Too many requests at once",
    wholeFile: true,
    cause: "At most 100 request files can be judged in one pull request.",
    cure: "Split it into several pull requests.",
  },
  CS4007: {
    title: "Path that is not what it looks like",
    wholeFile: true,
    cause:
      "The path holds a hidden character, a backslash, a part such as `..`, or a space or dot at an end. Programs and people would read it differently.",
    cure: "Rename the file with plain characters.",
  },
  CS4008: {
    title: "Change that is not understood",
    wholeFile: true,
    cause: "GitHub reports a kind of change that this version does not know. It may mean anything.",
    cure: "Make the change again by adding, changing or deleting files. If the finding stays, have Countersign upgraded.",
  },
  CS4009: {
    title: "List of files may be incomplete",
    wholeFile: true,
    cause:
      "GitHub lists at most 3000 files of a pull request and does not say whether there are more. What is not listed cannot be judged.",
    cure: "Split it into smaller pull requests.",
  },
  CS4010: {
    title: "Two requests would start one workflow differently",
    cause:
      "Requests of one pull request that start the same workflow share one run. That works only where environment and inputs are equal too.",
    cure: "Make them equal, or ask in two pull requests.",
  },
  CS4020: {
    title: "Branch started from another policy",
    wholeFile: true,
    cause: "The default branch has a new policy since. The merge would mix the two into one that nobody has seen.",
    cure: "Update your branch with the default branch, then ask for the reviews again.",
  },
  CS4021: {
    title: "Policy in force not readable",
    wholeFile: true,
    cause:
      "The policy in force decides about its own change, and this version cannot read it: it was accepted by another version, or without having been checked.",
    cure: "Run the version that accepted it. Or merge one that this version reads by hand, and have the operator run `countersign policy accept`.",
  },
} as const satisfies Record<`CS4${number}`, CodeEntry>;
