import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { accountResource, bucketResource } from "../sandbox/clouds/google/index.ts";
import { misfit } from "../sandbox/clouds/google/published.ts";
import {
  account,
  boundary,
  type GoogleWorld,
  pool,
  principal,
  provider,
  scope,
  startGoogleWorld,
} from "./google-world.ts";

// The double itself: what it must refuse, so that a broker which passes it is not passed by everything.

let world: GoogleWorld;
beforeEach(async () => {
  world = await startGoogleWorld();
});
afterEach(() => world.close());

type Claims = Readonly<Record<string, unknown>>;
const outcome = async (answer: ReturnType<GoogleWorld["exchange"]>): Promise<string> => {
  const { status, body } = await answer;
  return status === 200 ? "ok" : `${status} ${String(body["error"])}`;
};
const withToken = async (options: Parameters<GoogleWorld["token"]>[0]) =>
  outcome(world.exchange({ subject_token: await world.token(options) }));
const seconds = () => Math.floor(world.now().getTime() / 1000);
const grant = "400 invalid_grant";
const request = "400 invalid_request";

describe("sts.token takes an assertion", () => {
  test("and answers as the discovery document has it", async () => {
    const { status, body } = await world.exchange();
    expect(status).toBe(200);
    expect(misfit("ExchangeTokenResponse", body)).toBeUndefined();
    expect(body).toMatchObject({
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: 298,
    });
  });

  test.each<[string, Claims, string]>([
    ["the audience without https:", { aud: `//iam.googleapis.com/${provider}` }, "ok"],
    ["another provider's audience", { aud: `https://iam.googleapis.com/${provider}-2` }, grant],
    ["AWS's audience", { aud: "sts.amazonaws.com" }, grant],
    ["no audience", { aud: undefined }, grant],
    ["another issuer", { iss: "https://other.example" }, grant],
    ["no issue time", { iat: undefined }, grant],
    ["no end", { exp: undefined }, grant],
    ["no subject", { sub: undefined }, request],
    ["a subject of 127 bytes", { sub: "s".repeat(127) }, "ok"],
    ["a subject of 128 bytes", { sub: "s".repeat(128) }, request],
    ["a subject of 127 characters and more bytes", { sub: "\u00e9".repeat(127) }, request],
  ])("with %s: %s", async (_, claims, expected) => {
    expect(await withToken({ claims })).toBe(expected);
  });

  test.each<[string, { iat: number; exp: number }, string]>([
    ["issued 60 s from now", { iat: 60, exp: 300 }, "ok"],
    ["issued 61 s from now", { iat: 61, exp: 300 }, grant],
    ["that ended 60 s ago", { iat: -300, exp: -60 }, grant],
    ["of 48 hours less a second", { iat: 0, exp: 172_799 }, "ok"],
    ["of 48 hours", { iat: 0, exp: 172_800 }, grant],
  ])("%s: %s", async (_, { iat, exp }, expected) => {
    expect(await withToken({ claims: { iat: seconds() + iat, exp: seconds() + exp } })).toBe(expected);
  });

  test.each<[string, Parameters<GoogleWorld["token"]>[0], string]>([
    ["ES256", { alg: "ES256" }, "ok"],
    ["an unknown key id", { header: { kid: "other" } }, grant],
    ["no key id", { header: { kid: undefined } }, request],
    ["a forged signature", { forged: true }, grant],
  ])("with %s: %s", async (_, options, expected) => {
    expect(await withToken(options)).toBe(expected);
  });

  test.each<[number, number | undefined]>([
    [2, undefined],
    [3, 1],
    [30, 28],
    [3600, 3598],
    [7200, 3599],
  ])("of %i s for a token of %s s", async (life, expected) => {
    const { body } = await world.exchange({
      subject_token: await world.token({ claims: { iat: seconds(), exp: seconds() + life } }),
    });
    expect(body["expires_in"]).toBe(expected);
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["another grant type", { grant_type: "client_credentials" }, "400 unsupported_grant_type"],
    ["another requested type", { requested_token_type: "urn:x" }, request],
    ["another subject token type", { subject_token_type: "urn:x" }, request],
    ["an unknown member", { lifetime: "900s" }, request],
    ["no scope", { scope: "" }, request],
    ["an unknown scope", { scope: "https://www.googleapis.com/auth/moon" }, "400 invalid_scope"],
    ["the audience as the assertion has it", { audience: `https://iam.googleapis.com/${provider}` }, request],
    ["an unknown provider", { audience: `//iam.googleapis.com/${pool}/providers/x` }, "400 invalid_target"],
    ["no JWT", { subject_token: "x" }, request],
    ["a boundary in the first call", { options: JSON.stringify({ accessBoundary: {} }) }, request],
  ])("not with %s: %s", async (_, over, expected) => {
    expect(await outcome(world.exchange(over))).toBe(expected);
  });

  test("not with an Authorization header", async () => {
    expect(await outcome(world.exchange({}, { authorization: "Bearer x" }))).toBe(request);
  });

  test("only where the attribute condition holds", async () => {
    const only = (condition: string) =>
      world.google.configure.provider({ name: provider, issuer: world.issuer, condition });
    only('assertion.sub.startsWith("repository:10:gcp:") && assertion.sub == "repository:10:gcp:gcp-prod:deployer"');
    expect(await withToken({})).toBe("ok");
    only('assertion.sub.startsWith("repository:11:")');
    expect(await withToken({})).toBe("400 unauthorized_client");
    expect(() => only("true")).toThrow("does not know");
  });
});

describe("sts.token lays a boundary on a token", () => {
  const rule = {
    availableResource: bucketResource("acme-logs"),
    availablePermissions: ["inRole:roles/storage.objectViewer"],
  };
  const narrow = (token: string, rules: unknown, more: Readonly<Record<string, string>> = {}) =>
    world.exchange({
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      options: JSON.stringify({ accessBoundary: { accessBoundaryRules: rules } }),
      ...more,
    });
  const federated = async () => String((await world.exchange()).body["access_token"]);
  /** A rule that makes the whole boundary `length` characters. */
  const sized = (length: number) => {
    const of = (name: string) => [{ ...rule, availableResource: bucketResource(name) }];
    const least = JSON.stringify({ accessBoundaryRules: of("") }).length;
    return of("b".repeat(length - least));
  };

  test.each<[string, unknown, string]>([
    ["one rule", [rule], "ok"],
    ["ten rules", Array.from({ length: 10 }, () => rule), "ok"],
    ["eleven rules", Array.from({ length: 11 }, () => rule), request],
    ["no rule", [], request],
    ["2048 characters", sized(2048), "ok"],
    ["2049 characters", sized(2049), request],
    ["another service", [{ ...rule, availableResource: "//bigquery.googleapis.com/projects/p" }], request],
    ["no permission", [{ ...rule, availablePermissions: [] }], request],
    ["a permission in place of a role", [{ ...rule, availablePermissions: ["storage.objects.get"] }], request],
    ["an unknown member", [{ ...rule, availability: 1 }], request],
  ])("of %s: %s", async (_, rules, expected) => {
    expect(await outcome(narrow(await federated(), rules))).toBe(expected);
  });

  test("once, and not on what is no token", async () => {
    const { body } = await narrow(await federated(), [rule]);
    expect(await outcome(narrow(String(body["access_token"]), [rule]))).toBe(request);
    expect(await outcome(narrow("ya29.unknown", [rule]))).toBe(grant);
  });

  test("that keeps its end", async () => {
    const { body } = await narrow(await federated(), [rule]);
    world.google.bindings.push({
      resource: bucketResource("acme-logs"),
      role: boundary[0]?.permissions[0]?.slice(7) ?? "",
      member: principal,
    });
    world.google.buckets.set("acme-logs", new Map([["a", "hello"]]));
    const get = () => world.call("GET", "/storage/v1/b/acme-logs/o/a?alt=media", String(body["access_token"]));
    world.advance(299);
    expect(await get()).toEqual({ status: 200, body: "hello" });
    world.advance(1);
    expect((await get()).status).toBe(401);
  });

  test("of a federated identity only where it is set to", async () => {
    const other = await startGoogleWorld({ boundaryOnFederated: false });
    const token = String((await other.exchange()).body["access_token"]);
    const answer = await other.exchange({
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      options: JSON.stringify({ accessBoundary: { accessBoundaryRules: [rule] } }),
    });
    expect(answer.status).toBe(400);
    await other.close();
  });
});

describe("iamcredentials.generateAccessToken", () => {
  const generate = async (
    body: unknown,
    { bearer, email = account, project = "-" }: { bearer?: string; email?: string; project?: string } = {},
  ) => {
    const token = bearer ?? String((await world.exchange()).body["access_token"]);
    return world.call("POST", `/v1/projects/${project}/serviceAccounts/${email}:generateAccessToken`, token, body);
  };
  const status = async (answer: ReturnType<typeof generate>): Promise<string> => {
    const { status: code, body } = await answer;
    return code === 200 ? "ok" : `${code} ${(body as { error: { status: string } }).error.status}`;
  };
  const argument = "400 INVALID_ARGUMENT";

  test("answers as the discovery document has it", async () => {
    const { body } = await generate({ scope: [scope], lifetime: "900s" });
    expect(misfit("GenerateAccessTokenResponse", body)).toBeUndefined();
    expect(body).toMatchObject({ expireTime: "2026-11-23T09:15:00Z" });
  });

  test.each<[string, unknown, string]>([
    ["no lifetime, for an hour", { scope: [scope] }, "ok"],
    ["0s", { scope: [scope], lifetime: "0s" }, argument],
    ["1s", { scope: [scope], lifetime: "1s" }, "ok"],
    ["3600s", { scope: [scope], lifetime: "3600s" }, "ok"],
    ["3601s", { scope: [scope], lifetime: "3601s" }, argument],
    ["900", { scope: [scope], lifetime: "900" }, argument],
    ["no scope", { scope: [], lifetime: "900s" }, argument],
    ["an unknown scope", { scope: ["x"], lifetime: "900s" }, argument],
    ["an unknown member", { scope: [scope], audience: "x" }, argument],
    ["no object", "x", argument],
  ])("with %s: %s", async (_, body, expected) => {
    expect(await status(generate(body))).toBe(expected);
  });

  test("up to 12 hours where the organization policy names the account", async () => {
    world.google.configure.serviceAccount({ email: account, extendedLifetime: true });
    expect(await status(generate({ scope: [scope], lifetime: "43200s" }))).toBe("ok");
    expect(await status(generate({ scope: [scope], lifetime: "43201s" }))).toBe(argument);
  });

  test("for the one subject that is bound, with a scope that reaches it, and for `-` as project", async () => {
    const body = { scope: [scope], lifetime: "900s" };
    const denied = "403 PERMISSION_DENIED";
    const of = async (claims: Claims, over: Readonly<Record<string, string>> = {}) =>
      String((await world.exchange({ subject_token: await world.token({ claims }), ...over })).body["access_token"]);
    expect(await status(generate(body, { bearer: await of({ sub: "repository:10:gcp:gcp-prod:other" }) }))).toBe(
      denied,
    );
    expect(await status(generate(body, { email: "other@acme-prod.iam.gserviceaccount.com" }))).toBe(denied);
    expect(
      await status(
        generate(body, { bearer: await of({}, { scope: "https://www.googleapis.com/auth/devstorage.read_only" }) }),
      ),
    ).toBe(denied);
    expect(await status(generate(body, { project: "acme-prod" }))).toBe(argument);
    expect(await status(generate(body, { bearer: "ya29.unknown" }))).toBe("401 UNAUTHENTICATED");
    world.google.bindings[0] = { resource: accountResource(account), role: "roles/browser", member: principal };
    expect(await status(generate(body))).toBe(denied);
  });
});
