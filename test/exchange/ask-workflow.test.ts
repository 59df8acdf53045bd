import { describe, expect, test } from "vitest";
import { loadPolicy, parseAsk } from "../../src/access-repo/index.ts";
import type { Role } from "../../src/access-repo/types.ts";
import { admits, forOwnWorkflow, type OwnWorkflow, ownWorkflow } from "../../src/exchange/ask-workflow.ts";
import { policyFiles, treeFile } from "../access-repo/examples.ts";
import { claims, hex } from "./fixtures.ts";

const reusable = `acme/pipelines/.github/workflows/x.yml@${hex("c")}`;
const own: OwnWorkflow = {
  repository: "acme/infra",
  file: ".github/workflows/delete.yml",
  ref: "refs/heads/main",
  environment: "production",
};
function roleWith(lines: string): Role {
  const text = `version: 1
cloud: aws
roles:
  operator:
    role_arn: arn:aws:iam::123456789012:role/countersign-operator
    allow: [{ actions: ["s3:*"], resources: ["arn:aws:s3:::acme-*"] }]
    max_duration: 4h
${lines}`;
  const loaded = loadPolicy(policyFiles({ targets: [treeFile("targets/aws-prod.yml", text)] }));
  const role = loaded.ok ? loaded.policy.targets.get("aws-prod")?.roles.get("operator") : undefined;
  if (!role) throw new Error(JSON.stringify(loaded));
  return role;
}
const listed = '    workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main"]\n';

describe("the job's own workflow", () => {
  test("is what its claims say, with its environment", () => {
    expect(ownWorkflow(claims())).toEqual(own);
    expect(ownWorkflow(claims({ environment: undefined }))).not.toHaveProperty("environment");
    expect(ownWorkflow(claims({ job_workflow_ref: reusable }))).toEqual({ ...own, reusable });
  });

  test.each<[string, Record<string, unknown>]>([
    ["at another ref than the run's", { ref: "refs/heads/x" }],
    ["of another repository", { repository: "acme/website" }],
    ["C40 inside a reusable workflow at a branch", { job_workflow_ref: reusable.replace(/@.*/, "@refs/heads/main") }],
    ["C40 in a file that is not told", { job_workflow_ref: undefined }],
  ])("is none %s", (_, over) => {
    expect(ownWorkflow(claims(over))).toBeUndefined();
  });
});

describe("a role takes the request of a job", () => {
  test("whose own workflow it lists", () => {
    expect(admits(roleWith(listed), own, claims())).toBe(true);
  });

  test.each<[string, string, Partial<OwnWorkflow>, Record<string, unknown>]>([
    ["where it lists no workflows at all", "", {}, {}],
    ["of another file", listed.replace("*.yml", "other.yml"), {}, {}],
    ["of another ref", listed, { ref: "refs/heads/main2" }, {}],
    ["of a tag of the branch's name", listed, { ref: "refs/tags/main" }, {}],
    ["of another repository", listed, { repository: "acme/infra2" }, {}],
    ["of another owner", listed, { repository: "evil/infra" }, {}],
    ["C39 of pull_request_target", listed, {}, { event_name: "pull_request_target" }],
    ["C39 of workflow_run", listed, {}, { event_name: "workflow_run" }],
    ["of an event that it does not list", `${listed}    events: [push]\n`, {}, {}],
    ["C43 of a self-hosted runner", listed, {}, { runner_environment: "self-hosted" }],
  ])("not %s", (_, lines, over, claimed) => {
    expect(admits(roleWith(lines), { ...own, ...over }, claims(claimed))).toBe(false);
  });
});

describe("a request of a job", () => {
  const request = (over: object = {}) => {
    const parsed = parseAsk(
      JSON.stringify({ target: "aws-prod", role: "operator", reason: "Because it has to be", ...over }),
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
    return parsed.value.request;
  };

  test("is for the job's own workflow, with its environment unless it says another", () => {
    expect(forOwnWorkflow(request(), own)).toMatchObject({ workflow: own });
    const workflow = { environment: "staging", actor: "any", sha: hex("a"), repository: "ACME/infra" };
    expect(forOwnWorkflow(request({ workflow }), own)).toMatchObject({
      workflow: { ...own, environment: "staging", actor: "any", sha: hex("a") },
    });
  });

  test.each<[string, object]>([
    ["another repository", { workflow: { repository: "acme/website" } }],
    ["another file", { workflow: { file: ".github/workflows/other.yml" } }],
    ["another ref", { workflow: { ref: "refs/heads/x" } }],
    ["a reusable workflow that it is not in", { workflow: { reusable } }],
    ["break-glass", { break_glass: "INC-2041 checkout is down" }],
  ])("is not for %s", (_, over) => {
    expect(forOwnWorkflow(request(over), own)).toMatch(/leave it out\.$/);
  });
});
