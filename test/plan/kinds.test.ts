import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, type Json, sha256 } from "../../src/base/canonical-json.ts";
import { objectId, ownerId, repositoryId } from "../../src/base/ids.ts";
import { describePlan, issueText, renderPlan } from "../../src/plan/index.ts";
import { type Change, codeOf, facts, inputOf, type Kind, kinds, planOf } from "./kinds.ts";
import { planOf as awsPlanOf } from "./world.ts";

// What holds for the plans of every kind; render.test.ts has the same for aws.

const hashOf = (kind: Kind, change: Change = {}): string => planOf(kind, change).hash;

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !(value instanceof Map)) {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
}

/** Grants live on these: another hash here is another plan version there. */
const pinned: Readonly<Record<Kind, string>> = {
  gcp: "sha256:1151b3e4e1460fa1bd5c8eccdb609d933b384fed48db744915639a2914137061",
  azure: "sha256:9bfdb7968f0ace638aa1ff6d498a8a22eaabacbf6b598ce964a47f30d82b743d",
  github: "sha256:4c16defecb29c3f7e4dc814f8b13c6febee6c072f72800c03378a185986becd8",
  oidc: "sha256:958ad2ee35e9030dafa0a05a67dbf6df77ff0039820d239fdc5465c5655032c2",
};

describe.each(kinds)("a plan of kind %s", (kind) => {
  test("has the hash that it always had", () => expect(hashOf(kind)).toBe(pinned[kind]));

  test("is its canonical text, and nothing of it is changed or kept between two renderings", () => {
    const plan = planOf(kind);
    expect(plan.text).toBe(canonicalJson(plan.data as unknown as Json));
    expect(plan.hash).toBe(sha256(plan.text));
    expect(JSON.parse(plan.text)).toEqual(plan.data);
    const input = frozen(inputOf(kind));
    expect(renderPlan(input)).toEqual(renderPlan(input));
  });

  test.each<[string, Change]>([
    ["reason and ticket", { request: { reason: "Other words", ticket: "OPS-1" } }],
    ["narrowed is a note", { request: { narrowed: true } }],
    ["the workflow repository's name", { workflow: { repository: "acme/renamed" } }],
    ["approval rules and limits", { role: { approvals: 3, max_duration: 60, tickets: ["OPS"], break_glass: true } }],
    ["order of events", { role: { events: ["schedule", "push", "workflow_dispatch", "push"] } }],
  ])("does not cover %s", (_, change) => expect(hashOf(kind, change)).toBe(hashOf(kind)));

  const other: readonly (readonly [string, Change])[] = [
    ["C55 access repository", { access: { repository_id: repositoryId(12) } }],
    ["C55 target", { target: "other" }],
    ["C55 role name", { request: { roleName: "reader" } }],
    ["last_issue_before_end", { role: { last_issue_before_end: 900 } }],
    ["duration", { request: { duration: 1800 } }],
    ["start", { request: { start: new Date("2026-11-24T09:00:00Z") } }],
    ["runs", { request: { runs: 2 } }],
    ["inputs", { request: { dispatch: { inputs: { bucket: "other" } } } }],
    ["workflow repository", { workflow: { repository_id: repositoryId(21) } }],
    ["C57 workflow blob", { workflow: { blob: objectId("e".repeat(40)) } }],
    ["workflow file", { binding: { file: ".github/workflows/x.yml" } }],
    ["workflow ref", { binding: { ref: "refs/heads/dev" } }],
    ["environment", { binding: { environment: "staging" } }],
    ["sha", { binding: { sha: "f".repeat(40) } }],
    ["actor", { binding: { actor: "any" } }],
    ["events", { role: { events: ["push"] } }],
    ["runners", { role: { runners: ["self-hosted"] } }],
  ];
  test.each(other)("covers %s", (_, change) => expect(hashOf(kind, change)).not.toBe(hashOf(kind)));
  test("covers each of them differently", () => {
    expect(new Set([{}, ...other.map(([, change]) => change)].map((c) => hashOf(kind, c))).size).toBe(other.length + 1);
  });

  test.each<[string, string, Change]>([
    ["C49 a workflow of another owner", "workflow_of_another_owner", { workflow: { owner_id: ownerId(2) } }],
    ["C55 a role name that could share a subject", "subject_too_long", { request: { roleName: "a:b" } }],
    ["C55 a target name that could share a subject", "subject_too_long", { target: "a:b" }],
    ["text that has no one spelling", "not_canonical", { request: { dispatch: { inputs: { a: "\ud800" } } } }],
    ["no whole number of runs", "not_canonical", { request: { runs: 1.5 } }],
  ])("is refused for %s", (_, code, change) => expect(codeOf(kind, change)).toBe(code));
});

test("C55 no two kinds share a subject or a hash under one target and role name", () => {
  const plans = [
    awsPlanOf({ target: "prod", request: { roleName: "deployer" } }),
    ...kinds.map((kind) => planOf(kind, { target: "prod" })),
  ];
  expect(plans.map(({ data }) => data.subject)).toEqual(
    ["aws", ...kinds].map((kind) => `repository:10:${kind}:prod:deployer`),
  );
  expect(new Set(plans.map(({ hash }) => hash)).size).toBe(plans.length);
});

test("whatever text a role holds, there is a plan that can be shown or a reason why not, and nothing throws", () => {
  const text = fc.string({ unit: "binary", maxLength: 30 });
  const texts = fc.array(text, { maxLength: 3 });
  fc.assert(
    fc.property(text, texts, (one, many) => {
      const rule = { resource: one, permissions: many };
      const changes: { readonly [K in Kind]: Change<K> } = {
        gcp: { role: { service_account: one, scopes: many, boundary: [rule], workload_identity_provider: one } },
        azure: { role: { tenant_id: one, client_id: one, resources: many } },
        github: {
          role: { permissions: { contents: "read" }, repositories: many },
          repositories: new Map(many.map((name, i) => [name.toLowerCase(), facts(i + 100, name)])),
        },
        oidc: { role: { audience: one, claims: Object.fromEntries(many.map((name) => [name, one])) } },
      };
      for (const kind of kinds) {
        const input = inputOf(kind, changes[kind]);
        const rendered = renderPlan(input);
        if (rendered.ok) JSON.parse(issueText(describePlan(rendered.plan, input.request).issue));
        else expect(rendered.message).toMatch(/\S/);
      }
    }),
    { numRuns: 100 },
  );
});
