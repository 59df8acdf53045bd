import type { CodeExample } from "./code-example.ts";
import { inFile, lines } from "./code-example-texts.ts";
import type { CodesOf } from "./code-groups.ts";

const policyTest = (expectation: string): string =>
  lines(
    "version: 1",
    "tests:",
    "  - name: Deleting a bucket needs the platform team",
    "    target: aws-prod",
    "    requester: alice",
    "    request:",
    "      role: operator",
    "      reason: Delete the log bucket left behind by the storage migration",
    `    expect: ${expectation}`,
  );

/** What stands beside the policy. */
export const examplesCs6: Readonly<Record<CodesOf<"CS6">, CodeExample>> = {
  CS6001: inFile("tests/aws-prod.yml", policyTest("«allowed»"), policyTest("needs 1 @acme/platform")),
  CS6003: {
    kind: "files",
    files: [{ path: "tests/aws-prod.yaml", text: policyTest("needs 1 owner") }],
    mended: {
      without: ["tests/aws-prod.yaml"],
      files: [{ path: "tests/aws-prod.yml", text: policyTest("needs 1 owner") }],
    },
  },
  CS6004: inFile(
    "tests/aws-prod.yml",
    policyTest("needs 1 owner").replace("tests:", 'teams: { «"@acme/platfrom"»: [bob] }\ntests:'),
    policyTest("needs 1 owner").replace("tests:", 'teams: { "@acme/platform": [bob] }\ntests:'),
  ),
  CS6002: inFile("CATALOG.md", lines("# What can be asked for", "", "Nothing yet.")),
};
