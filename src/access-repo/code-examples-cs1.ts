import type { CodeExample } from "./code-example.ts";
import { inFile, inRequest, inTarget, lines, operator, otherTarget, request } from "./code-example-texts.ts";
import type { CodesOf } from "./code-groups.ts";

const french = lines(
  "version: 1",
  "cloud: oidc",
  "description: Coffre-fort des équipes",
  "roles:",
  "  reader: { audience: https://vault.acme.example, max_duration: 1h }",
);
const vault = (...more: readonly string[]): string =>
  otherTarget("oidc", "reader", "max_duration: 1h", "audience: https://vault.acme.example", ...more);
const vaultFor = (audience: string): string =>
  otherTarget("oidc", "reader", "max_duration: 1h", `audience: ${audience}`);

/** One file. */
export const examplesCs1: Readonly<Record<CodesOf<"CS1">, CodeExample>> = {
  CS1001: {
    kind: "files",
    files: [{ path: "targets/vault.yml", text: french, saved: "in Latin-1" }],
    mended: { files: [{ path: "targets/vault.yml", text: french }] },
  },
  CS1002: inRequest(
    request("actions: [s3:DeleteBucket]", "resources:", "  - arn:aws:s3:::acme-stale-logs-{0001..2500}"),
    request("actions: [s3:DeleteBucket]", "resources:", "  - arn:aws:s3:::acme-stale-logs-*"),
  ),
  CS1003: inRequest(
    request("actions: [s3:DeleteBucket]", "resources: [arn:aws:s3:::acme-stale-logs«\u200b»]"),
    request("actions: [s3:DeleteBucket]", "resources: [arn:aws:s3:::acme-stale-logs]"),
  ),
  CS1004: inRequest(
    lines("version: 1", "role: operator", "reason: Clean up«:» delete the old log bucket"),
    lines("version: 1", "role: operator", 'reason: "Clean up: delete the old log bucket"'),
  ),
  CS1005: inRequest(
    request("«---»", "version: 1", "role: operator", "reason: Delete the bucket of old backups as well"),
    request(),
  ),
  CS1006: inRequest(request("duration: «&time» 1h"), request("duration: 1h")),
  CS1007: inRequest(request("«durration»: 2h"), request("duration: 2h")),
  CS1008: inRequest(request("duration: 1h", "«duration»: 2h"), request("duration: 2h")),
  CS1009: inRequest(lines("version: 1", "role: operator"), request()),
  CS1010: inRequest(
    request("workflow: «.github/workflows/clean-up.yml»"),
    request("workflow:", "  file: .github/workflows/clean-up.yml"),
  ),
  CS1011: inRequest(request("duration: «90 minutes»"), request("duration: 90m")),
  CS1012: inRequest(
    request("actions: [s3:DeleteBucket]", "«resources»: []"),
    request("actions: [s3:DeleteBucket]", "resources: [arn:aws:s3:::acme-stale-logs]"),
  ),
  CS1013: inRequest(
    request(
      "«allow»: [{ actions: [s3:GetObject], resources: [arn:aws:s3:::acme-stale-logs] }]",
      "actions: [s3:DeleteBucket]",
      "resources: [arn:aws:s3:::acme-stale-logs]",
    ),
    request("actions: [s3:GetObject, s3:DeleteBucket]", "resources: [arn:aws:s3:::acme-stale-logs]"),
  ),
  CS1014: inTarget(
    `${operator()}${lines("sets:", "  «__proto__»:", "    - { actions: [s3:GetObject], resources: [arn:aws:s3:::acme-tf/*] }")}`,
    `${operator()}${lines("sets:", "  tf-state:", "    - { actions: [s3:GetObject], resources: [arn:aws:s3:::acme-tf/*] }")}`,
  ),
  CS1015: inRequest(request("«ticket»:"), request("ticket: OPS-1423")),
  CS1016: inFile(
    "targets/infra.yml",
    otherTarget(
      "github",
      "maintainer",
      "max_duration: 1h",
      "repositories: [acme/infra]",
      "permissions: { contents: write, «administration»: write }",
    ),
    otherTarget(
      "github",
      "maintainer",
      "max_duration: 1h",
      "repositories: [acme/infra]",
      "permissions: { contents: write }",
    ),
  ),
  CS1017: inFile("targets/vault.yml", vaultFor("«sts.amazonaws.com»"), vaultFor("https://vault.acme.example")),
  CS1018: inFile("targets/vault.yml", vault("claims: { «sub»: deployer }"), vault("claims: { team: platform }")),
  CS1019: inTarget(
    operator("events: [workflow_dispatch, «pull_request»]"),
    operator("events: [workflow_dispatch, push]"),
  ),
  CS1020: inRequest(
    request("actions: [s3:GetObject]", 'resources: [«"arn:aws:s3:::acme-home/${aws:username}/*"»]'),
    request("actions: [s3:GetObject]", 'resources: ["arn:aws:s3:::acme-home/alice/*"]'),
  ),
};
