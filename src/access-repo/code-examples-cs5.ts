import type { CodeExample, FilesExample } from "./code-example.ts";
import { inRequest, inRequestOf, lines, openOperator, request } from "./code-example-texts.ts";
import type { CodesOf } from "./code-groups.ts";

const byHand = (...inputs: readonly string[]): string =>
  lines("on:", "  workflow_dispatch:", "    inputs:", ...inputs.map((line) => `      ${line}`));
const bucketInput = byHand("bucket: { required: true }");
/** A request that has the workflow started, the workflow's own text, and the request without its slip. */
const started = (workflow: string, wrong: readonly string[], right: readonly string[]): FilesExample =>
  inRequest(request(...wrong), request(...right), { given: { kind: "workflow", text: workflow } });

/** The named workflow. */
export const examplesCs5: Readonly<Record<CodesOf<"CS5">, CodeExample>> = {
  CS5001: inRequestOf(
    openOperator(),
    request("workflow:", "  repository: «partner/infra»"),
    request("workflow:", "  repository: acme/infra"),
  ),
  CS5002: inRequestOf(
    openOperator(),
    request("workflow:", "  repository: «acme/legacy»"),
    request("workflow:", "  repository: acme/infra"),
    { given: { kind: "not_installed", repository: "acme/legacy" } },
  ),
  CS5003: inRequest(request("workflow:", "  repository: «acme/infra»"), undefined, {
    given: { kind: "may_only_read", login: "alice" },
  }),
  CS5004: inRequest(
    request("workflow:", "  file: «.github/workflows/cleanup.yml»"),
    request("workflow:", "  file: .github/workflows/clean-up.yml"),
    { given: { kind: "no_workflow", file: ".github/workflows/cleanup.yml" } },
  ),
  CS5005: {
    ...inRequest(request("«dispatch»: {}"), undefined, { given: { kind: "workflow", text: lines("on: push") } }),
    mended: { given: { kind: "workflow", text: lines("on: [push, workflow_dispatch]") } },
  },
  CS5006: started(
    bucketInput,
    ["dispatch:", "  inputs:", "    bucket: acme-stale-logs", "    dry_run: «true»"],
    ["dispatch:", "  inputs:", "    bucket: acme-stale-logs"],
  ),
  CS5007: started(bucketInput, ["«dispatch»: {}"], ["dispatch:", "  inputs:", "    bucket: acme-stale-logs"]),
  CS5008: started(
    byHand("size: { type: choice, options: [small, large] }"),
    ["dispatch:", "  inputs:", "    size: «medium»"],
    ["dispatch:", "  inputs:", "    size: large"],
  ),
};
