import { expect, test } from "vitest";
import { parseParams } from "../../src/exchange/params.ts";

const base = {
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  subject_token: "t",
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
};
const form = (over: Readonly<Record<string, string>> = {}): URLSearchParams =>
  new URLSearchParams({ ...base, ...over });

const accessToken = "urn:ietf:params:oauth:token-type:access_token";
const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";

test("the least that a job must send", () => {
  expect(parseParams(form())).toEqual({ subjectToken: "t" });
  expect(parseParams(form({ subject_token_type: "urn:ietf:params:oauth:token-type:id_token" }))).toEqual({
    subjectToken: "t",
  });
});

test("audience is a target, or a target of an access repo whose name has no case", () => {
  expect(parseParams(form({ audience: "aws-prod" }))).toMatchObject({ target: "aws-prod" });
  expect(parseParams(form({ audience: "Acme/Access/aws-prod" }))).toMatchObject({
    accessRepository: "acme/access",
    target: "aws-prod",
  });
});

test.each(["https://management.azure.com", "https://management.azure.com/", "api://app"])(
  "resource may be %s",
  (resource) => {
    expect(parseParams(form({ resource }))).toEqual({ subjectToken: "t", resource });
  },
);

test("an empty parameter is an absent one, an unknown one is ignored", () => {
  expect(parseParams(form({ audience: "", client_id: "x" }))).toEqual({ subjectToken: "t" });
});

test("what clients of Google say besides: the type of token, and their scopes", () => {
  const scopes = Array.from({ length: 20 }, (_, n) => `${cloudPlatform}.${n}`);
  expect(parseParams(form({ requested_token_type: accessToken, scope: scopes.join(" ") }))).toEqual({
    subjectToken: "t",
    accessToken: true,
    scopes,
  });
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  ["no grant_type", { grant_type: "" }, "invalid_request"],
  ["another grant_type", { grant_type: "client_credentials" }, "unsupported_grant_type"],
  ["no subject_token", { subject_token: "" }, "invalid_request"],
  ["another subject_token_type", { subject_token_type: "urn:ietf:params:oauth:token-type:saml2" }, "invalid_request"],
  ["no subject_token_type", { subject_token_type: "" }, "invalid_request"],
  ["an actor_token", { actor_token: "x" }, "invalid_request"],
  ["an actor_token_type", { actor_token_type: "x" }, "invalid_request"],
  ["options", { options: "{}" }, "invalid_request"],
  ["another requested_token_type", { requested_token_type: `${accessToken}_x` }, "invalid_request"],
  ["a scope of another", { scope: "admin" }, "invalid_scope"],
  ["a scope of another beside one of Google", { scope: `${cloudPlatform} admin` }, "invalid_scope"],
  [
    "a scope that only begins like one of Google",
    { scope: "https://www.googleapis.com.evil.example/auth/x" },
    "invalid_scope",
  ],
  ["two spaces between scopes", { scope: `${cloudPlatform}  ${cloudPlatform}` }, "invalid_scope"],
  ["scopes between lines", { scope: `${cloudPlatform}\n${cloudPlatform}` }, "invalid_scope"],
  ["twenty-one scopes", { scope: Array.from({ length: 21 }, () => cloudPlatform).join(" ") }, "invalid_scope"],
  ["an audience of four parts", { audience: "a/b/c/d" }, "invalid_target"],
  ["an audience with a line break", { audience: "aws-prod\n" }, "invalid_target"],
  ["a request elsewhere", { request: "targets/aws-prod.yml" }, "invalid_target"],
  ["a request that climbs", { request: "requests/aws-prod/../x.yml" }, "invalid_target"],
  ["a role that is no name", { role: "a:b" }, "invalid_target"],
  ["a resource that is no https URI", { resource: "http://x" }, "invalid_target"],
  ["a resource with a blank", { resource: "https://a.example https://b.example" }, "invalid_target"],
])("%s is refused", (_, over, code) => {
  expect(() => parseParams(form(over))).toThrow(expect.objectContaining({ code }));
});

test.each(["grant_type", "subject_token", "subject_token_type", "request", "role"])("%s twice is refused", (name) => {
  const twice = form({ request: "requests/aws-prod/x.yml", role: "operator" });
  twice.append(name, "x");
  expect(() => parseParams(twice)).toThrow(expect.objectContaining({ code: "invalid_request" }));
});

test("audience twice is refused", () => {
  const twice = form({ audience: "aws-prod" });
  twice.append("audience", "aws-dev");
  expect(() => parseParams(twice)).toThrow(expect.objectContaining({ code: "invalid_target" }));
});
