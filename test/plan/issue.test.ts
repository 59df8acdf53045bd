import { describe, expect, test } from "vitest";
import type { Json } from "../../src/base/canonical-json.ts";
import { describePlan, issueText } from "../../src/plan/index.ts";
import { type Change, directGcp, facts, inputOf, type Kind, planOf, roles } from "./kinds.ts";

const issue = <K extends Kind>(kind: K, change: Change<K> = {}): Json =>
  describePlan(planOf(kind, change), inputOf(kind, change).request).issue;
const start: Change = { request: { start: new Date("2026-11-24T09:00:00Z") } };
const boundary = [
  { resource: "//storage.googleapis.com/projects/_/buckets/a", permissions: ["inRole:roles/storage.objectViewer"] },
];
const provider = roles.gcp.workload_identity_provider;
const sts = "https://sts.googleapis.com/v1/token";
const narrowing = {
  post: sts,
  form: {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    subject_token: "<token of the call before>",
    options: {
      accessBoundary: {
        accessBoundaryRules: [
          { availableResource: boundary[0]?.resource, availablePermissions: boundary[0]?.permissions },
        ],
      },
    },
  },
};

describe("what is issued for gcp", () => {
  test("is bought through the service account, with the role's scopes there and a lifetime always", () => {
    expect(issue("gcp", { role: { scopes: ["https://www.googleapis.com/auth/bigquery"] } })).toEqual({
      assertion: {
        iss: "<this server's issuer>",
        sub: "repository:10:gcp:gcp-prod:deployer",
        aud: `https://iam.googleapis.com/${provider}`,
        exp: "<a few minutes after its issue>",
      },
      requests: [
        {
          post: sts,
          form: {
            grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
            audience: `//iam.googleapis.com/${provider}`,
            scope: "https://www.googleapis.com/auth/cloud-platform",
            requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
            subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
            subject_token: "<assertion>",
          },
        },
        {
          post: "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/deployer@acme-prod.iam.gserviceaccount.com:generateAccessToken",
          body: {
            scope: ["https://www.googleapis.com/auth/bigquery"],
            lifetime: "<seconds to the end of the grant, at most 3600>s",
          },
        },
      ],
    });
  });

  test("without a service account has the role's scopes at once, and ends by the assertion", () => {
    const scopes = ["b", "a"].map((scope) => `https://www.googleapis.com/auth/${scope}`);
    const plan = directGcp({ role: { scopes, max_session: 7200 } });
    expect(describePlan(plan, inputOf("gcp").request).issue).toMatchObject({
      assertion: { exp: "<1h after its issue, at the latest at the end of the grant>" },
      requests: [{ form: { scope: "https://www.googleapis.com/auth/a https://www.googleapis.com/auth/b" } }],
    });
  });

  test("is narrowed last, by a call of its own that carries the boundary whole", () => {
    expect(issue("gcp", { request: { boundary } })).toMatchObject({ requests: [{}, {}, narrowing] });
  });
});

describe("what is issued for azure", () => {
  const form = (resource: string) => ({
    client_id: roles.azure.client_id,
    scope: `${resource}/.default`,
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: "<assertion>",
  });
  const post = `https://login.microsoftonline.com/${roles.azure.tenant_id}/oauth2/v2.0/token`;
  const ids = {
    tenant_id: roles.azure.tenant_id,
    client_id: roles.azure.client_id,
    subscription_id: roles.azure.subscription_id,
  };
  const assertion = {
    iss: "<this server's issuer>",
    sub: "repository:10:azure:azure-prod:deployer",
    aud: "api://AzureADTokenExchange",
  };
  const resources = ["https://management.azure.com", "https://vault.azure.net"];

  test("is a token for one of the resources", () => {
    expect(issue("azure", { role: { resources } })).toEqual({
      ...ids,
      delivery: "token",
      assertion: { ...assertion, exp: "<a few minutes after its issue>" },
      one_request_of: resources.map((resource) => ({ post, form: form(resource) })),
    });
  });

  test("or the assertion itself, with which the job makes the requests", () => {
    expect(issue("azure", { role: { resources, delivery: "assertion" } })).toEqual({
      ...ids,
      delivery: "assertion",
      assertion: { ...assertion, exp: "<5m after its issue, at the latest at the end of the grant>" },
      requests_of_the_job: resources.map((resource) => ({ post, form: form(resource) })),
    });
  });
});

test("what is issued for github is the body by ids, with today's names beside it for readers", () => {
  const permissions = { issues: "write", contents: "read" } as const;
  expect(issue("github", { request: { repositories: ["acme/renamed", "acme/app"], permissions } })).toEqual({
    requests: [
      {
        post: "/app/installations/<installation of the App for github targets>/access_tokens",
        body: { permissions: { contents: "read", issues: "write" }, repository_ids: [20, 30] },
      },
    ],
    repositories: [
      { id: 20, name: "acme/infra" },
      { id: 30, name: "acme/App" },
    ],
  });
});

describe("what is issued for oidc", () => {
  test("is the token's claims", () => {
    expect(issue("oidc", { request: { duration: 900 } })).toEqual({
      iss: "<this server's issuer>",
      sub: "repository:10:oidc:oidc-prod:deployer",
      aud: "https://vault.acme.example",
      exp: "<15m after its issue, at the latest at the end of the grant>",
      iat: "<its issue>",
      nbf: "<5s before its issue>",
      jti: "<new for every token>",
      team: "platform",
    });
  });

  test("names the end where it is known", () => {
    expect(issue("oidc", start)).toMatchObject({ exp: "<1h after its issue, at the latest at 2026-11-24T10:00:00Z>" });
    expect(issue("azure", { ...start, role: { delivery: "assertion" } })).toMatchObject({
      assertion: { exp: "<5m after its issue, at the latest at 2026-11-24T10:00:00Z>" },
    });
  });
});

describe("the text of it", () => {
  test("is JSON again, indented", () => {
    const shown = issue("gcp", { request: { boundary } });
    expect(JSON.parse(issueText(shown))).toEqual(shown);
    expect(issueText(shown).split("\n").length).toBeGreaterThan(20);
  });

  test("C62 hides nothing: look-alikes, bidi and line separators are escapes", () => {
    const team = "pl\u0430tform \u202e\u2028\ud83d\ude00\u007f";
    const text = issueText(issue("oidc", { role: { claims: { team } } }));
    expect(text).toMatch(/^[\n -~]+$/);
    expect(text).toContain("pl\\u0430tform \\u202e\\u2028\\ud83d\\ude00\\u007f");
    expect(JSON.parse(text)).toMatchObject({ team });
    const names = { repositories: new Map([["acme/infra", facts(20, "acme/\u0456nfra")]]) };
    expect(issueText(issue("github", names))).toContain("acme/\\u0456nfra");
  });
});
