import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasInvisible } from "../../src/base/text.ts";
import { describePlan } from "../../src/plan/index.ts";
import { type Change, facts, inputOf, type Kind, kinds, planOf } from "./kinds.ts";

// describe.test.ts has the same for aws.

const described = <K extends Kind>(kind: K, change: Change<K> = {}) =>
  describePlan(planOf(kind, change), inputOf(kind, change).request);
const bucket = (name: string) => ({
  resource: `//storage.googleapis.com/projects/_/buckets/${name}`,
  permissions: ["inRole:roles/storage.objectViewer", "inRole:roles/storage.objectCreator"],
});
const title = <K extends Kind>(kind: K, change: Change<K>, target: string): string =>
  described(kind, { ...change, target, request: { ticket: "OPS-1", ...change.request } }).title;

describe("the title", () => {
  test("of gcp is scopes and account", () => {
    expect(title("gcp", {}, "gcp-prod")).toBe("gcp-prod/deployer 1h: cloud-platform as deployer@acme-prod (OPS-1)");
    const scopes = ["devstorage.read_only", "bigquery"].map((scope) => `https://www.googleapis.com/auth/${scope}`);
    const change = { role: { scopes, service_account: "123-compute@developer.gserviceaccount.com" } };
    expect(title("gcp", change, "gcp-prod")).toBe(
      "gcp-prod/deployer 1h: bigquery +1 as 123-compute@developer.gserviceaccount.com (OPS-1)",
    );
  });

  test("of gcp says what a boundary narrows, and that it is Storage only", () => {
    const change = { request: { boundary: [bucket("logs"), bucket("data")], narrowed: true } };
    expect(title("gcp", change, "gcp-prod")).toBe(
      "gcp-prod/deployer 1h: cloud-platform as deployer@acme-prod, in Storage only data +1 (OPS-1)",
    );
  });

  test("of azure is resources and application", () => {
    expect(title("azure", {}, "az")).toBe(
      "az/deployer 1h: https://management.azure.com as 22222222-2222-2222-2222-22222222222b (OPS-1)",
    );
    expect(title("azure", { role: { delivery: "assertion" } }, "az")).toContain(": assertion for https://management");
  });

  test("of github is permissions and repositories by the names that GitHub gives them", () => {
    const reader = { role: { permissions: { contents: "read" as const } }, request: { duration: 900 } };
    expect(title("github", reader, "hello")).toBe("hello/deployer 15m: contents: read on acme/infra (OPS-1)");
    expect(title("github", { request: { repositories: ["acme/renamed", "acme/app"] } }, "hello")).toBe(
      "hello/deployer 1h: contents: write on acme/App +1 (OPS-1)",
    );
  });

  test("of github never hides a write behind a read", () => {
    const permissions = { actions: "read", contents: "read", pull_requests: "write" } as const;
    expect(title("github", { role: { permissions } }, "hello")).toContain(": pull_requests: write +2 on ");
  });

  test("of oidc is the audience and its claims", () => {
    expect(title("oidc", {}, "vault")).toBe(
      "vault/deployer 1h: token for https://vault.acme.example with team=platform (OPS-1)",
    );
    expect(title("oidc", { role: { claims: {} } }, "vault")).toBe(
      "vault/deployer 1h: token for https://vault.acme.example (OPS-1)",
    );
  });

  test("keeps target, time and ticket where what is asked is long", () => {
    const text = title("oidc", { role: { audience: `https://${"a".repeat(200)}.example` } }, "vault");
    expect(text).toHaveLength(120);
    expect(text).toMatch(/^vault\/deployer 1h: token for https.*… \(OPS-1\)$/);
  });

  test("C62 is one line of visible characters, whatever a claim, a name or a ticket holds", () => {
    const anything = fc.string({ unit: "binary", maxLength: 60 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(anything, (text) => {
        const claims = { request: { ticket: text }, role: { claims: { team: text } } };
        const names = { repositories: new Map([["acme/infra", facts(20, text)]]) };
        for (const { title, lines } of [described("oidc", claims), described("github", names)]) {
          expect(Array.from(title).length).toBeLessThanOrEqual(120);
          for (const line of [title, ...lines]) expect(hasInvisible(line)).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("the lines", () => {
  test.each<[Kind, readonly string[]]>([
    [
      "gcp",
      [
        "Service account deployer@acme-prod.iam.gserviceaccount.com, as repository:10:gcp:gcp-prod:deployer, by projects/123/locations/global/workloadIdentityPools/countersign/providers/countersign.",
        "Not narrowed: all that the role may be asked for.",
        "Scope https://www.googleapis.com/auth/cloud-platform.",
        "A token lives at most 1h and ends with the grant.",
      ],
    ],
    [
      "azure",
      [
        "Application 22222222-2222-2222-2222-22222222222b of tenant 11111111-1111-1111-1111-11111111111a, subscription 33333333-3333-3333-3333-33333333333c, as repository:10:azure:azure-prod:deployer.",
        "Not narrowed: Azure has no way to narrow a token.",
        "A token for https://management.azure.com.",
        "A token lives 60 to 90 minutes from its issue, whatever is left, so up to 90m past the end of the grant.",
      ],
    ],
    [
      "github",
      [
        "A token of the GitHub App for github targets, for repository:10:github:github-prod:deployer.",
        "Not narrowed: all that the role may be asked for.",
        "Allows contents: write.",
        "On repository acme/infra, id 20.",
        "GitHub lets every token live 1h, and Countersign revokes it when the grant ends.",
      ],
    ],
    [
      "oidc",
      [
        "A token of this server's issuer, as repository:10:oidc:oidc-prod:deployer.",
        "Not narrowed: a request cannot narrow an OIDC token.",
        "A token for https://vault.acme.example.",
        "With the claim team=platform.",
        "A token lives at most 1h and ends with the grant; how long a session lives that it opens is for the relying party to decide.",
      ],
    ],
  ])("of %s say everything that is resolved", (kind, expected) => {
    const { lines } = described(kind);
    expect(lines).toEqual(expect.arrayContaining([...expected]));
    expect(lines).toContain("Good for one run attempt.");
  });

  test("of a narrowed gcp request name each rule, and say nothing of not narrowed", () => {
    const { lines } = described("gcp", { request: { boundary: [bucket("logs")], narrowed: true } });
    expect(lines).toContain(
      "In Cloud Storage only inRole:roles/storage.objectCreator, inRole:roles/storage.objectViewer on //storage.googleapis.com/projects/_/buckets/logs.",
    );
    expect(lines.join("\n")).not.toContain("Not narrowed");
  });

  test("of an assertion say that it is handed out", () => {
    const { lines } = described("azure", { role: { delivery: "assertion" } });
    expect(lines).toContain("The assertion itself is handed to the job.");
  });

  test("cut nothing off that is asked", () => {
    const names = Array.from({ length: 100 }, (_, i) => `acme/${"r".repeat(90)}${i}`);
    const repositories = new Map(names.map((name, i) => [name, facts(1000 + i, name)]));
    const text = described("github", { repositories, request: { repositories: names } }).lines.join("\n");
    for (const name of names) expect(text).toContain(`${name}, id`);
  });

  test.each(kinds)("of %s are sentences that end", (kind) => {
    for (const line of described(kind, { request: { dispatch: { inputs: {} } } }).lines.slice(1)) {
      expect(line).toMatch(/^[A-Z].*\.$/);
    }
  });
});
