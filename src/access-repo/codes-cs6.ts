import type { CodeEntry } from "./code-entry.ts";

/** Codes about what stands beside the policy in an access repo. */
export const codesCs6 = {
  CS6001: {
    title: "Policy test fails",
    cause: "The policy answers otherwise than the test says it must.",
    cure: "Correct the policy; or the test, if the policy is right.",
  },
  CS6002: {
    title: "CATALOG.md is out of date",
    severity: "warning",
    wholeFile: true,
    cause: "It is generated from the targets, and they have changed since.",
    cure: "Run `countersign targets --write` and commit CATALOG.md.",
  },
  CS6003: {
    title: "Policy test that does not run",
    wholeFile: true,
    cause: "Policy tests are plain files tests/**.yml, at most 200 of them.",
    cure: "Make it a plain file with plain characters in its name and the ending .yml, or move it out of tests/.",
  },
  CS6004: {
    title: "Team that the policy does not name",
    cause:
      "A team that neither CODEOWNERS nor a target names approves nothing, so a test that puts people into it shows nothing.",
    cure: "Spell the team as the policy does, or remove it from the test.",
  },
} as const satisfies Record<`CS6${number}`, CodeEntry>;
