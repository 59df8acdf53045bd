import type { ExampleFile, FilesExample } from "./code-example.ts";

// The access repo of acme that the examples are about, and how its files are written.

export const paths = {
  settings: ".github/countersign.yml",
  codeowners: ".github/CODEOWNERS",
  target: "targets/aws-prod.yml",
  request: "requests/aws-prod/2026-11/delete-stale-logs.yml",
} as const;

/** When the examples are checked. */
export const exampleNow = new Date("2026-11-24T08:00:00Z");

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

const roleHead = [
  "version: 1",
  "cloud: aws",
  "roles:",
  "  operator:",
  "    role_arn: arn:aws:iam::123456789012:role/countersign-operator",
];
const allow = '    allow: [{ actions: ["s3:Get*", "s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-*"] }]';
const workflow =
  "      workflow: { repository: acme/infra, file: .github/workflows/clean-up.yml, ref: refs/heads/main }";
const defaults = ["    defaults:", "      duration: 1h", workflow];
const workflows = "    workflows: [acme/infra/.github/workflows/*.yml@refs/heads/main]";

/** `targets/aws-prod.yml` with further lines of its role. */
export const operator = (...lines: readonly string[]): string =>
  text([...roleHead, allow, "    max_duration: 4h", ...defaults, workflows, ...lines.map((line) => `    ${line}`)]);
/** The same without its list of workflows: any of the owner's may use the role, and none is started for it. */
export const openOperator = (): string => text([...roleHead, allow, "    max_duration: 4h", ...defaults]);
/** With these lines from `allow` on, and no others. */
export const roleOf = (...lines: readonly string[]): string =>
  text([...roleHead, ...lines.map((line) => `    ${line}`)]);
/** Lines of a role for `roleOf` and `otherTarget`. */
export const allowed = allow.trim();
export const workflowDefault = `  ${workflow.trim()}`;
export const usualDefaults = ["defaults:", "  duration: 1h", workflowDefault];

/** Another kind of target with one role. */
export const otherTarget = (cloud: string, role: string, ...lines: readonly string[]): string =>
  text(["version: 1", `cloud: ${cloud}`, "roles:", `  ${role}:`, ...lines.map((line) => `    ${line}`)]);

/** A request of the role `operator`, whose defaults say how long and by which workflow. */
export const request = (...lines: readonly string[]): string =>
  text([
    "version: 1",
    "role: operator",
    "reason: Delete the log bucket left behind by the storage migration",
    ...lines,
  ]);
export const lines = (...all: readonly string[]): string => text(all);

/** Where every example starts: what it does not show is so. */
export const exampleBase: readonly ExampleFile[] = [
  { path: paths.settings, text: text(["version: 1"]) },
  { path: paths.codeowners, text: text(["* @acme/platform"]) },
  { path: paths.target, text: operator() },
];

type More = Omit<FilesExample, "kind" | "files" | "mended">;

/** One file that is wrong, and right. */
export const inFile = (path: string, wrong: string, right?: string, more: More = {}): FilesExample => ({
  kind: "files",
  files: [{ path, text: wrong }],
  ...more,
  ...(right === undefined ? {} : { mended: { files: [{ path, text: right }] } }),
});
export const inRequest = (wrong: string, right?: string, more?: More): FilesExample =>
  inFile(paths.request, wrong, right, more);
export const inTarget = (wrong: string, right?: string): FilesExample => inFile(paths.target, wrong, right);

/** A request that is wrong, and right, under a target that the reader has to see. */
export const inRequestOf = (target: string, wrong: string, right?: string, more: More = {}): FilesExample => ({
  kind: "files",
  files: [
    { path: paths.target, text: target },
    { path: paths.request, text: wrong },
  ],
  ...more,
  ...(right === undefined ? {} : { mended: { files: [{ path: paths.request, text: right }] } }),
});
