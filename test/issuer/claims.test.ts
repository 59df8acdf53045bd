import { describe, expect, it } from "vitest";
import { assertionClaims, discovery } from "../../src/issuer/index.ts";

const now = new Date("2026-11-23T09:00:00.900Z");
const fixed = { issuer: "https://countersign.example/i", jti: "jti-1" };
const request = {
  subject: "repository:4242:aws:aws-prod:operator",
  audience: "sts.amazonaws.com",
  lifetime: 300,
  extra: { "https://aws.amazon.com/roles": ["arn:aws:iam::123456789012:role/x"] },
  now,
};
const claims = (
  change: Partial<typeof request> | { extra: Record<string, unknown> } = {},
): Readonly<Record<string, unknown>> => assertionClaims({ ...request, ...change }, fixed);

describe("the claims of an assertion", () => {
  it("are ours, in whole seconds, with one audience", () => {
    expect(claims()).toEqual({
      ...request.extra,
      iss: "https://countersign.example/i",
      sub: "repository:4242:aws:aws-prod:operator",
      aud: "sts.amazonaws.com",
      iat: 1795424400,
      nbf: 1795424395,
      exp: 1795424700,
      jti: "jti-1",
    });
  });

  it.each(["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "azp"])(
    "C61 %s cannot come from a broker or a target",
    (name) => {
      expect(() => claims({ extra: { [name]: "x" } })).toThrow(name);
    },
  );

  it.each(["https://aws.amazon.com/tags", "HTTPS://AWS.amazon.com/roles"])(
    "C61 %s only in an assertion for aws",
    (name) => {
      expect(() => claims({ subject: "repository:4242:gcp:prod:deploy", extra: { [name]: {} } })).toThrow(
        "aws targets",
      );
    },
  );

  it.each([
    ["a repository by name", "repository:acme/access:aws:aws-prod:operator"],
    ["a kind that does not exist", "repository:4242:root:aws-prod:operator"],
    ["a role name with a colon", "repository:4242:aws:aws-prod:operator:admin"],
    ["a kind in the target's place", "repository:4242:aws-prod:aws:operator"],
    ["another form", "target:aws-prod"],
    ["upper case", "repository:4242:aws:AWS-prod:operator"],
    ["a line end", "repository:4242:aws:aws-prod:operator\n"],
  ])("C55 a subject with %s is not signed", (_name, subject) => {
    expect(() => claims({ subject })).toThrow("subject");
  });

  it.each([0, -1, 3601, 1.5, Number.NaN])("a lifetime of %s is not signed", (lifetime) => {
    expect(() => claims({ lifetime })).toThrow("lifetime");
  });

  it("C61 an oidc assertion is for no cloud, not for GitHub and not for us, however a plan came to say so", () => {
    const oidc = (audience: string, extra: Record<string, unknown> = {}) =>
      assertionClaims(
        { ...request, subject: "repository:4242:oidc:vault:deploy", audience, extra },
        { ...fixed, ours: ["https://app.acme.example", "https://github.acme.example/api/v3"] },
      );
    expect(oidc("https://vault.acme.example", { team: "platform" })["team"]).toBe("platform");
    for (const audience of [
      "sts.amazonaws.com",
      "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
      "api://AzureADTokenExchange",
      "https://github.com/acme",
      "https://app.acme.example",
      "APP.acme.example:443",
      "https://countersign.example/",
      "https://github.acme.example/acme",
    ])
      expect(() => oidc(audience)).toThrow("the audience");
    for (const name of ["sub", "azp", "groups", "EMAIL", "https://aws.amazon.com/roles"])
      expect(() => oidc("https://vault.acme.example", { [name]: "x" })).toThrow("claim");
  });

  it("end by notAfter where that comes first, and are not signed when it has come", () => {
    const until = (iso: string) => claims({ notAfter: new Date(iso) } as object)["exp"];
    expect(until("2026-11-23T09:00:01Z")).toBe(1795424401);
    expect(until("2026-11-23T09:04:59.999Z")).toBe(1795424699);
    expect(until("2026-11-23T10:00:00Z")).toBe(1795424700);
    for (const iso of ["2026-11-23T09:00:00.999Z", "2026-11-23T08:00:00Z", "never"])
      expect(() => until(iso)).toThrow("nothing is left");
  });

  it("C36 an audience is one string, and never ourselves", () => {
    expect(() => claims({ audience: fixed.issuer })).toThrow("audience");
    expect(() => claims({ audience: "" })).toThrow("audience");
    expect(() => claims({ audience: ["a", "b"] as unknown as string })).toThrow("audience");
  });
});

describe("discovery", () => {
  it("has what the three clouds ask for", () => {
    expect(discovery("https://countersign.example/i")).toEqual({
      issuer: "https://countersign.example/i",
      jwks_uri: "https://countersign.example/i/.well-known/jwks.json",
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      claims_supported: ["iss", "sub", "aud", "iat", "nbf", "exp", "jti"],
    });
  });

  it.each(["https://x.example/", "https://x.example?a", "https://x.example/#", "https://x.example#a"])(
    "refuses %s",
    (url) => {
      expect(() => discovery(url)).toThrow(TypeError);
    },
  );
});
