import type { ChangesExample, CodeExample } from "./code-example.ts";
import { lines, paths, request } from "./code-example-texts.ts";
import type { CodesOf } from "./code-groups.ts";

const changes = (wrong: readonly string[], right?: readonly string[]): ChangesExample => ({
  kind: "changes",
  changes: lines(...wrong),
  ...(right === undefined ? {} : { mended: lines(...right) }),
});
const dispatched = (bucket: string): string => request(`dispatch: { inputs: { bucket: ${bucket} } }`);
const other = "requests/aws-prod/2026-11/delete-old-backups.yml";
const settings = (...more: readonly string[]): string => lines("version: 1", ...more);

/** What a pull request changes. */
export const examplesCs4: Readonly<Record<CodesOf<"CS4">, CodeExample>> = {
  CS4001: changes([`A\t${paths.request}`, `M\t${paths.target}`], [`A\t${paths.request}`]),
  CS4002: changes([`M\t${paths.request}`], ["A\trequests/aws-prod/2026-11/delete-stale-logs-2.yml"]),
  CS4003: changes([`R100\t${paths.request}\t${other}`], [`A\t${other}`]),
  CS4004: changes(["A\trequests/aws-prod/2026-11/Delete_Stale_Logs.yaml"], [`A\t${paths.request}`]),
  CS4005: changes(["M\t.github/codeowners"], ["M\t.github/CODEOWNERS"]),
  CS4006: changes(
    ["A\trequests/aws-prod/2026-11/delete-logs-{001..101}.yml"],
    ["A\trequests/aws-prod/2026-11/delete-logs-{001..100}.yml"],
  ),
  CS4007: changes(["A\trequests\\aws-prod\\2026-11\\delete-stale-logs.yml"], [`A\t${paths.request}`]),
  CS4008: changes([`X\t${paths.request}`], [`A\t${paths.request}`]),
  CS4009: changes(["A\tdocs/archive/{0001..3000}.md"], ["A\tdocs/archive/{0001..1000}.md"]),
  CS4010: {
    kind: "files",
    files: [
      { path: other, text: dispatched("acme-old-backups") },
      { path: paths.request, text: dispatched("acme-stale-logs") },
    ],
    given: { kind: "workflow", text: lines("on:", "  workflow_dispatch:", "    inputs:", "      bucket: {}") },
  },
  CS4020: {
    kind: "commits",
    commits: {
      accepted: settings("approvals: 2"),
      base: settings("approvals: 1"),
      tip: settings("approvals: 2"),
      head: settings("approvals: 1", "pending_expiry: 3d"),
    },
    mended: { base: settings("approvals: 2"), head: settings("approvals: 2", "pending_expiry: 3d") },
  },
  CS4021: {
    kind: "commits",
    commits: {
      accepted: settings("reminders: 1d"),
      base: settings("reminders: 1d"),
      tip: settings("reminders: 1d"),
      head: settings(),
    },
  },
};
