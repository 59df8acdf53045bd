import { describe, expect, test } from "vitest";
import { type Change, codeOf, planOf } from "./kinds.ts";

describe("the oidc plan", () => {
  test("resolves the role of the design", () => {
    expect(planOf("oidc").data).toMatchObject({
      plan_version: 1,
      kind: "oidc",
      subject: "repository:10:oidc:oidc-prod:deployer",
      audience: "https://vault.acme.example",
      claims: { team: "platform" },
    });
    expect(planOf("oidc", { role: { claims: {} } }).data.claims).toEqual({});
  });

  test.each<[string, Change<"oidc">]>([
    ["audience", { role: { audience: "https://vault.acme.example/" } }],
    ["claim names", { role: { claims: { tenant: "platform" } } }],
    ["claim values", { role: { claims: { team: "Platform" } } }],
    ["absence of claims", { role: { claims: {} } }],
  ])("its hash covers the %s", (_, change) => expect(planOf("oidc", change).hash).not.toBe(planOf("oidc").hash));

  test("its hash does not depend on the order of claims", () => {
    const [one, two] = [
      { a: "1", b: "2" },
      { b: "2", a: "1" },
    ].map((claims) => planOf("oidc", { role: { claims } }));
    expect(two?.hash).toBe(one?.hash);
    expect(JSON.stringify(two?.data.claims)).toBe(JSON.stringify(one?.data.claims));
  });

  test.each([
    "sts.amazonaws.com",
    "STS.amazonaws.com",
    "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
    "api://AzureADTokenExchange",
    "api://azureadtokenexchangeusgov",
    "https://login.microsoftonline.com/x",
    "https://github.com/acme",
    "https://token.actions.githubusercontent.com",
  ])("C61 is refused for the audience %s", (audience) => {
    expect(codeOf("oidc", { role: { audience } })).toBe("audience_reserved");
  });

  test.each([
    "sub",
    "iss",
    "AUD",
    "azp",
    "exp",
    "jti",
    "groups",
    "act",
    "https://aws.amazon.com/tags",
    "https://aws.amazon.com/roles",
    "HTTPS://AWS.amazon.com/source_identity",
  ])("C61 is refused for the claim %s", (claim) => {
    expect(codeOf("oidc", { role: { claims: { team: "x", [claim]: "y" } } })).toBe("claim_reserved");
  });

  test("is never narrowed, whatever is said of the request", () => {
    expect(planOf("oidc", { request: { narrowed: true } }).narrowed).toBe(false);
  });
});
