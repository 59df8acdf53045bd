import type { CodeExample } from "./code-example.ts";
import {
  allowed,
  inFile,
  inRequest,
  inRequestOf,
  inTarget,
  lines,
  openOperator,
  operator,
  otherTarget,
  paths,
  request,
  roleOf,
  usualDefaults,
  workflowDefault,
} from "./code-example-texts.ts";
import type { CodesOf } from "./code-groups.ts";

const longName = "customer-data-warehouse-of-the-european-region-in-frankfurt-two";
const longRole = "read-only-for-the-people-on-call";
const misspelled = "requests/aws-prd/2026-11/delete-stale-logs.yml";
const buckets = "  - arn:aws:s3:::acme-stale-logs-of-the-storage-migration-{01..40}";

/** Files together. */
export const examplesCs2: Readonly<Record<CodesOf<"CS2">, CodeExample>> = {
  CS2001: {
    kind: "files",
    files: [{ path: paths.settings, text: lines("version: 1"), saved: "as an executable" }],
    mended: { files: [{ path: paths.settings, text: lines("version: 1") }] },
  },
  CS2002: {
    kind: "files",
    files: [{ path: "targets/README.md", text: lines("# About our targets") }],
    mended: {
      without: ["targets/README.md"],
      files: [{ path: "docs/targets.md", text: lines("# About our targets") }],
    },
  },
  CS2003: {
    kind: "files",
    files: [],
    without: [paths.settings],
    mended: { files: [{ path: paths.settings, text: lines("version: 1") }] },
  },
  CS2004: {
    kind: "files",
    files: [
      { path: paths.settings, text: lines("version: 1", "approvals: 2") },
      { path: paths.target, text: operator("approvals: «1»") },
    ],
    mended: { files: [{ path: paths.target, text: operator("approvals: 2") }] },
  },
  CS2005: inFile(
    paths.settings,
    lines("version: 1", "frozen:", "  - target: «aws-prd»"),
    lines("version: 1", "frozen:", "  - target: aws-prod"),
  ),
  CS2006: inTarget(
    roleOf('«allow»: ["*"]', "max_duration: 4h"),
    roleOf('allow: ["*"]', "allow_persistence: true", "max_duration: 4h"),
  ),
  CS2010: {
    kind: "files",
    files: [{ path: misspelled, text: request() }],
    mended: { without: [misspelled], files: [{ path: paths.request, text: request() }] },
  },
  CS2011: inRequest(request().replace("operator", "«operater»"), request()),
  CS2012: inRequest(
    request("«permissions»: { contents: read }"),
    request("actions: [s3:GetObject]", "resources: [arn:aws:s3:::acme-stale-logs/*]"),
  ),
  CS2013: inRequestOf(operator(), request("duration: «8h»"), request("duration: 4h")),
  CS2014: inRequestOf(
    roleOf(allowed, "max_duration: 4h", "defaults:", workflowDefault),
    request(),
    request("duration: 1h"),
  ),
  CS2015: inRequestOf(operator("tickets: [OPS, SEC]"), request("ticket: «1423»"), request("ticket: OPS-1423")),
  CS2016: inRequestOf(
    operator(),
    request("actions: [«s3:PutObject»]", "resources: [arn:aws:s3:::acme-stale-logs/*]"),
    request("actions: [s3:GetObject]", "resources: [arn:aws:s3:::acme-stale-logs/*]"),
  ),
  CS2017: inRequestOf(
    roleOf('allow: [{ actions: ["iam:*"], resources: ["*"] }]', "max_duration: 4h", ...usualDefaults),
    request("actions: [iam:GetUser, «iam:CreateAccessKey»]", "resources: [arn:aws:iam::123456789012:user/deploy]"),
    request("actions: [iam:GetUser]", "resources: [arn:aws:iam::123456789012:user/deploy]"),
  ),
  CS2018: inRequestOf(
    `${operator()}${lines("sets:", '  stale-logs: [{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }]')}`,
    request("sets: [«stale-log»]"),
    request("sets: [stale-logs]"),
  ),
  CS2019: inRequestOf(
    roleOf(allowed, "max_duration: 4h"),
    request("duration: 1h", "«workflow»:", "  repository: acme/infra", "  file: .github/workflows/clean-up.yml"),
    request(
      "duration: 1h",
      "workflow:",
      "  repository: acme/infra",
      "  file: .github/workflows/clean-up.yml",
      "  ref: refs/heads/main",
    ),
  ),
  CS2020: inRequestOf(
    operator(),
    request("workflow:", "  ref: «refs/heads/clean-up»"),
    request("workflow:", "  ref: refs/heads/main"),
  ),
  CS2021: inRequestOf(openOperator(), request("«dispatch»: { inputs: { bucket: acme-stale-logs } }"), request()),
  CS2022: inRequestOf(
    operator("environments: [production]"),
    request("workflow:", "  environment: «prod»"),
    request("workflow:", "  environment: production"),
  ),
  CS2023: inRequest(request("start: «2026-11-24T07:00:00Z»"), request("start: 2026-11-24T09:00:00Z")),
  CS2024: {
    kind: "files",
    files: [
      { path: `targets/${longName}.yml`, text: operator().replace("  operator:", `  ${longRole}:`) },
      { path: `requests/${longName}/read-orders.yml`, text: request().replace("operator", `«${longRole}»`) },
    ],
    given: { kind: "repository_id", id: 100_000_000_000_000 },
  },
  CS2025: inRequest(request("break_glass: «INC-2041 checkout is down»"), request()),
  CS2026: {
    kind: "files",
    files: [{ path: paths.request, text: request() }],
    given: { kind: "history", changes: `A\t${paths.request}\nD\t${paths.request}` },
    mended: {
      without: [paths.request],
      files: [{ path: "requests/aws-prod/2026-11/delete-stale-logs-2.yml", text: request() }],
    },
  },
  CS2027: inRequest(
    request("workflow:", "  reusable: «partner/ci/.github/workflows/x.yml@3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c»"),
    request("workflow:", "  reusable: acme/ci/.github/workflows/x.yml@3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c"),
  ),
  CS2028: inRequest(
    request("actions: [«s3:GetObjects»]", "resources: [arn:aws:s3:::acme-stale-logs/*]"),
    request("actions: [s3:GetObject]", "resources: [arn:aws:s3:::acme-stale-logs/*]"),
  ),
  CS2030: inRequest(
    request("«actions»: [s3:DeleteBucket]", "resources:", buckets),
    request("actions: [s3:DeleteBucket]", "resources:", "  - arn:aws:s3:::acme-stale-logs-of-the-storage-migration-*"),
  ),
  CS2031: {
    kind: "files",
    files: [
      {
        path: "targets/vault.yml",
        text: otherTarget(
          "oidc",
          "operator",
          "audience: https://vault.acme.example",
          "max_duration: 4h",
          ...usualDefaults,
        ),
      },
      { path: "requests/vault/2026-11/rotate.yml", text: request().replace("operator", "«operator»") },
    ],
    given: { kind: "issues_for", kinds: ["aws"] },
  },
  CS2032: inTarget(
    `${openOperator()}# Account {00001..20000} of the company, listed here until there is a better place for it.\n`,
    openOperator(),
  ),
};
