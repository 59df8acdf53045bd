import type { CodeEntry } from "./code-entry.ts";

/** Codes about CODEOWNERS. */
export const codesCs3 = {
  CS3001: {
    title: "No CODEOWNERS",
    wholeFile: true,
    cause: "GitHub would ask nobody. Countersign denies: without owners nobody can approve anything.",
    cure: "Add .github/CODEOWNERS with owners for every path, for example `* @org/team`.",
  },
  CS3002: {
    title: "CODEOWNERS too large",
    wholeFile: true,
    cause: "GitHub does not load a file of 3 MB or more, and then asks nobody. Countersign denies.",
    cure: "Shorten the file: one line with a wildcard can stand for many.",
  },
  CS3003: {
    title: "CODEOWNERS pattern not supported",
    cause:
      "GitHub skips the line without a word, so that an earlier line decides, or nobody is asked. Countersign denies.",
    cure: "Write the pattern without !, \\# and bare [ ].",
  },
  CS3004: {
    title: "CODEOWNERS owner not understood",
    cause:
      "GitHub skips the whole line without a word, so that an earlier line decides, or nobody is asked. Countersign denies.",
    cure: "Write owners as @login or @org/team, with spaces between.",
  },
  CS3005: {
    title: "Policy path without owners",
    cause:
      "GitHub asks nobody there, so whoever may merge could change who may grant what. Countersign denies. This holds for files that do not exist yet, too.",
    cure: "Give the path owners in CODEOWNERS.",
  },
  CS3006: {
    title: "Owner by e-mail address",
    severity: "warning",
    cause:
      "GitHub asks whoever has put the address on an account, and that can change. Countersign cannot tell whose it is, so the address never counts as an owner.",
    cure: "Write @login or @org/team.",
  },
  CS3007: {
    title: "CODEOWNERS file that is not in force",
    severity: "warning",
    wholeFile: true,
    cause:
      "GitHub reads one file: the first of .github/CODEOWNERS, CODEOWNERS and docs/CODEOWNERS. Whoever edits another changes nothing.",
    cure: "Delete it, so that nobody relies on it.",
  },
  CS3008: {
    title: "CODEOWNERS pattern with two readings",
    cause:
      "GitHub's documentation does not say what the pattern takes, and tools disagree. A guess would decide who may approve.",
    cure: "Write it in one of the ways that have one reading: folder/ for all below, * within a name, ** alone between slashes.",
  },
  CS3009: {
    title: "CODEOWNERS pattern that takes no path",
    cause: "The line owns nothing, so that an earlier line decides, or nobody is asked.",
    cure: "Write the path as git has it, from the root of the repository.",
  },
  CS3010: {
    title: "CODEOWNERS line without owners",
    severity: "warning",
    cause: "GitHub asks nobody for what the line takes. Countersign denies: nobody can approve there.",
    cure: "Add owners. Keep the line only if it takes neither requests nor policy files.",
  },
  CS3011: {
    title: "CODEOWNERS pattern that looks like an owner",
    severity: "warning",
    cause:
      "The first word of a line is always its pattern, even one that starts with @. Here the pattern seems to be missing.",
    cure: "Put the pattern before the owners, for example `* @org/team`.",
  },
  CS3012: {
    title: "CODEOWNERS too costly to look up",
    wholeFile: true,
    cause:
      "Whoever can open a pull request could keep the server busy with it. GitHub may load it; Countersign denies.",
    cure: "Use fewer lines, and fewer wildcards in one name.",
  },
} as const satisfies Record<`CS3${number}`, CodeEntry>;
