import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundaryOversize, gcpBoundaryOptions, gcpNarrowing } from "../../src/plan/gcp-requests.ts";
import { renderPlan } from "../../src/plan/index.ts";
import type { GcpPlanData } from "../../src/plan/types.ts";
import { type Change, codeOf, directGcp, inputOf, planOf, roles } from "./kinds.ts";

const bucket = (name: string): string => `//storage.googleapis.com/projects/_/buckets/${name}`;
const viewer = "inRole:roles/storage.objectViewer";
const creator = "inRole:roles/storage.objectCreator";
type Boundary = NonNullable<GcpPlanData["boundary"]>;
const bounded = (boundary: Boundary): Change<"gcp"> => ({ request: { boundary, narrowed: true } });
/** One rule whose options have `length` characters. */
const boundaryOf = (length: number): Boundary => {
  const rule = (name: string) => [{ resource: bucket(name), permissions: [viewer] }];
  return rule("b".repeat(length - JSON.stringify(gcpBoundaryOptions(rule(""))).length));
};

describe("the gcp plan", () => {
  test("resolves the role of the design", () => {
    expect(planOf("gcp").data).toMatchObject({
      plan_version: 1,
      kind: "gcp",
      subject: "repository:10:gcp:gcp-prod:deployer",
      workload_identity_provider: roles.gcp.workload_identity_provider,
      service_account: "deployer@acme-prod.iam.gserviceaccount.com",
      scopes: ["https://www.googleapis.com/auth/cloud-platform"],
      boundary: null,
      max_session: 3600,
    });
  });

  test("without a service account is direct federation, said as null", () => {
    expect(directGcp().data.service_account).toBeNull();
    expect(directGcp().hash).not.toBe(planOf("gcp").hash);
  });

  test.each<[string, Change<"gcp">]>([
    [
      "provider",
      { role: { workload_identity_provider: "projects/1/locations/global/workloadIdentityPools/p/providers/q" } },
    ],
    ["service account", { role: { service_account: "other@acme-prod.iam.gserviceaccount.com" } }],
    ["scopes", { role: { scopes: ["https://www.googleapis.com/auth/devstorage.read_only"] } }],
    ["max_session", { role: { max_session: 900 } }],
    ["a boundary", bounded([{ resource: bucket("a"), permissions: [viewer] }])],
    ["its bucket", bounded([{ resource: bucket("b"), permissions: [viewer] }])],
    ["its permissions", bounded([{ resource: bucket("a"), permissions: [creator] }])],
  ])("its hash covers %s", (_, change) => expect(planOf("gcp", change).hash).not.toBe(planOf("gcp").hash));

  test("its hash does not depend on order or repetition of scopes, rules and permissions", () => {
    const scope = fc
      .constantFrom("cloud-platform", "bigquery", "devstorage.read_only")
      .map((s) => `https://www.googleapis.com/auth/${s}`);
    const rule = fc.record({
      resource: fc.constantFrom("a", "b", "c").map(bucket),
      permissions: fc.array(fc.constantFrom(viewer, creator), { minLength: 1, maxLength: 3 }),
    });
    const twice = <T>(values: readonly T[]): T[] => [...values, ...values].toReversed();
    fc.assert(
      fc.property(
        fc.array(scope, { minLength: 1, maxLength: 4 }),
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        (scopes, boundary) => {
          const again = twice(boundary).map(({ resource, permissions }) => ({
            resource,
            permissions: twice(permissions),
          }));
          const one = planOf("gcp", { role: { scopes }, ...bounded(boundary) });
          const two = planOf("gcp", { role: { scopes: twice(scopes) }, ...bounded(again) });
          expect(two.hash).toBe(one.hash);
          expect(two.data).toEqual(one.data);
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each<[string, string, Change<"gcp">]>([
    ["no scopes, of which Google would make its own choice", "nothing_allowed", { role: { scopes: [] } }],
    ["an empty boundary, which is not none", "nothing_allowed", bounded([])],
    ["a rule without permissions", "nothing_allowed", bounded([{ resource: bucket("a"), permissions: [] }])],
    [
      "eleven rules",
      "boundary_too_long",
      bounded(Array.from({ length: 11 }, (_, i) => ({ resource: bucket(`b${i}`), permissions: [viewer] }))),
    ],
    ["one character too many", "boundary_too_long", bounded(boundaryOf(2049))],
  ])("is refused for %s", (_, code, change) => expect(codeOf("gcp", change)).toBe(code));

  test("is bounded where the role is, also if nothing of it came with the request", () => {
    const boundary = [{ resource: bucket("a"), permissions: [viewer] }];
    const input = inputOf("gcp", { role: { boundary } });
    const { boundary: _, ...request } = input.request;
    const rendered = renderPlan({ ...input, request });
    expect(rendered).toMatchObject({ ok: true, plan: { data: { boundary } } });
  });

  test("takes ten rules, eleven of which two are the same, and 2048 characters", () => {
    const rules = Array.from({ length: 10 }, (_, i) => ({ resource: bucket(`b${i}`), permissions: [viewer] }));
    expect(codeOf("gcp", bounded(rules))).toBe("ok");
    expect(codeOf("gcp", bounded([...rules, ...rules.slice(0, 1)]))).toBe("ok");
    expect(codeOf("gcp", bounded(boundaryOf(2048)))).toBe("ok");
  });

  test("says by how much a boundary is too long and which entry is longest", () => {
    expect(boundaryOversize({ boundary: boundaryOf(2055) })).toMatch(
      /^The boundary is 7 characters over the 2048 .* longest entry is \/\/storage\S+b \(\d+ characters\)\.$/,
    );
    expect(boundaryOversize({ boundary: null })).toBeUndefined();
  });

  test("what is counted is what is sent", () => {
    const boundary = boundaryOf(2048);
    expect(gcpNarrowing("t", boundary).options).toHaveLength(2048);
    expect(JSON.parse(gcpNarrowing("t", boundary).options)).toEqual(gcpBoundaryOptions(boundary));
  });
});
