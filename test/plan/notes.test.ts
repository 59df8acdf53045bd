import { describe, expect, test } from "vitest";
import { type Change, directGcp, type Kind, kinds, planOf } from "./kinds.ts";

// describe.test.ts has the same for aws.

const codes = <K extends Kind>(kind: K, change: Change<K>): string[] =>
  planOf(kind, change).risks.map((risk) => risk.code);
const texts = <K extends Kind>(kind: K, change: Change<K> = {}): readonly string[] => {
  const { risks, notLimited } = planOf(kind, change);
  return [...risks.map((risk) => risk.text), ...notLimited];
};
const boundary = [
  { resource: "//storage.googleapis.com/projects/_/buckets/a", permissions: ["inRole:roles/storage.objectViewer"] },
];
const storage = ["https://www.googleapis.com/auth/devstorage.read_only"];
const narrow = { request: { narrowed: true } };

describe("risk notes", () => {
  test.each<[string[], Change<"gcp">]>([
    [[], { ...narrow, role: { scopes: storage } }],
    [["not_narrowed"], { role: { scopes: storage } }],
    [["broad_scope"], narrow],
    [["boundary_storage_only"], { role: { scopes: storage }, request: { narrowed: true, boundary } }],
    [["long_session"], { ...narrow, role: { scopes: storage, max_session: 3601 } }],
    [["any_actor"], { ...narrow, role: { scopes: storage }, binding: { actor: "any" } }],
    [["self_hosted_runners"], { ...narrow, role: { scopes: storage, runners: ["self-hosted"] } }],
  ])("of gcp: %j", (expected, change) => expect(codes("gcp", change)).toEqual(expected));

  test.each<[string[], Change<"azure">]>([
    [["not_narrowed", "session_tail"], {}],
    [["not_narrowed"], { role: { last_issue_before_end: 5400 } }],
    [["not_narrowed", "assertion_delivered", "session_tail"], { role: { delivery: "assertion" } }],
    // A day at Microsoft Graph: no ordinary last_issue_before_end moves that inside.
    [
      ["not_narrowed", "assertion_delivered", "session_tail"],
      { role: { delivery: "assertion", last_issue_before_end: 5700 } },
    ],
    [["not_narrowed", "any_actor", "session_tail"], { binding: { actor: "any" } }],
  ])("of azure: %j", (expected, change) => expect(codes("azure", change)).toEqual(expected));

  test.each<[string[], Change<"github">]>([
    [[], { ...narrow, role: { permissions: { contents: "read" }, last_issue_before_end: 3600 } }],
    [["session_tail"], { ...narrow, role: { permissions: { contents: "read" } } }],
    [["not_narrowed"], { role: { permissions: { contents: "read" }, last_issue_before_end: 3600 } }],
    [["write_permission"], { ...narrow, role: { permissions: { issues: "write" }, last_issue_before_end: 3600 } }],
    [["write_permission", "contents_write"], { ...narrow, role: { last_issue_before_end: 3600 } }],
    [
      ["self_hosted_runners"],
      {
        ...narrow,
        role: { permissions: { contents: "read" }, last_issue_before_end: 3600, runners: ["self-hosted"] },
      },
    ],
  ])("of github: %j", (expected, change) => expect(codes("github", change)).toEqual(expected));

  test.each<[string[], Change<"oidc">]>([
    [["not_narrowed"], {}],
    [["not_narrowed"], narrow],
    [["not_narrowed", "any_actor"], { binding: { actor: "any" } }],
  ])("of oidc: %j", (expected, change) => expect(codes("oidc", change)).toEqual(expected));
});

test.each(kinds)("every sentence about %s is one, plain and whole", (kind) => {
  const role = { runners: ["self-hosted" as const], last_issue_before_end: 60 };
  for (const text of texts(kind, { role, binding: { actor: "any" } })) expect(text).toMatch(/^[^\n]+\.$/);
  expect(planOf(kind).notLimited.length).toBeGreaterThanOrEqual(4);
});

describe("what is not limited", () => {
  const said = <K extends Kind>(kind: K, change: Change<K> = {}): string => planOf(kind, change).notLimited.join(" ");

  test("of gcp: what IAM allows everywhere, and a boundary changes that for Cloud Storage only", () => {
    expect(said("gcp")).toContain("all that its scopes and IAM allow, at every API of Google");
    expect(said("gcp", { request: { boundary } })).toContain("at every other API of Google the token can do all");
    expect(said("gcp")).toContain("disabling the service account");
    expect(said("gcp")).toContain("some seconds after the grant");
    const direct = directGcp().notLimited.join(" ");
    expect(direct).toContain("disabling the workload identity pool");
    expect(direct).not.toContain("some seconds after the grant");
  });

  test("of azure: nothing is narrowed, the subscription limits nothing, tokens stay", () => {
    expect(said("azure")).toContain("Azure does not narrow tokens");
    expect(said("azure")).toContain("the application's roles in others count as well");
    expect(said("azure")).toContain("cannot be revoked");
    expect(said("azure")).not.toContain("assertion");
    const handed = said("azure", { role: { delivery: "assertion" } });
    expect(handed).toContain("every resource that the application can reach");
    expect(handed).toContain("up to 24 hours");
  });

  test("of github: no narrower than a repository, and what was written stays", () => {
    expect(said("github")).toContain("no branch, path or single issue");
    expect(said("github")).toContain("Commits, tags, releases");
  });

  test("of oidc: the relying party decides, also for how long", () => {
    expect(said("oidc")).toContain("https://vault.acme.example alone decides");
    expect(said("oidc")).toContain("long after the end of the grant");
  });
});
