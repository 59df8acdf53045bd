import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CloudError, UpstreamFailure } from "../../src/cloud/index.ts";
import { EntraError } from "../sandbox/clouds/entra/types.ts";
import { type AzureWorld, failure, plan, startAzure } from "./azure-world.ts";

let world: AzureWorld;
beforeEach(async () => {
  world = await startAzure();
});
afterEach(() => world.close());
const requests = () => world.entra.log.filter(({ action }) => action === "token");
const credential = (over: object = {}) => ({
  federatedCredentials: [
    { issuer: world.issuer.url, subject: plan().subject, audience: "api://AzureADTokenExchange", ...over },
  ],
});

describe("what Entra refuses as it would", () => {
  // Through the double, which verifies: each is a mistake that an administrator can make.
  it.each<[string, () => void, string, CloudError["code"], RegExp]>([
    [
      "no credential of our issuer",
      () => world.configure(credential({ issuer: `${world.issuer.url}/` })),
      "AADSTS700211",
      "cloud_denied",
      /with the issuer.*Federated credentials/,
    ],
    [
      "another subject",
      () => world.configure(credential({ subject: `${plan().subject}s` })),
      "AADSTS700213",
      "cloud_denied",
      /with the subject.*subject repository:10:azure:azure-prod:deployer and audience api:\/\/AzureADTokenExchange;.*20.*minutes/,
    ],
    [
      "a subject in another case",
      () => world.configure(credential({ subject: plan().subject.toUpperCase() })),
      "AADSTS700213",
      "cloud_denied",
      /with the subject/,
    ],
    [
      "another audience",
      () => world.configure(credential({ audience: "api://AzureADTokenExchangeUSGov" })),
      "AADSTS700212",
      "cloud_denied",
      /with the audience/,
    ],
    ["a disabled application", () => world.configure({ disabled: true }), "AADSTS7000112", "cloud_denied", /disabled/],
    [
      "a blocked application",
      () => world.configure({ blocked: true }),
      "AADSTS53003",
      "cloud_denied",
      /Conditional Access.*address of this server/,
    ],
    [
      "an unknown resource",
      () => world.configure({ resources: [] }),
      "AADSTS500011",
      "cloud_misconfigured",
      /resource https:\/\/management\.azure\.com/,
    ],
    [
      "an application of another id",
      () => {
        world.configure({ clientId: "99999999-9999-9999-9999-999999999999" });
        world.entra.remove(plan().client_id);
      },
      "AADSTS700016",
      "cloud_misconfigured",
      /no application 22222222-2222-2222-2222-22222222222b/,
    ],
    [
      "another tenant",
      () => world.configure({ tenantId: "99999999-9999-9999-9999-999999999999" }),
      "AADSTS90002",
      "cloud_misconfigured",
      /no tenant 11111111-1111-1111-1111-11111111111a/,
    ],
    ["an issuer that does not answer", () => world.issuer.goDown(), "AADSTS501661", "cloud_unavailable", /reachable/],
  ])("%s", async (_, arrange, number, code, cure) => {
    arrange();
    const caught = await failure(world.mint);
    expect(caught).toMatchObject({ code, retryable: code === "cloud_unavailable" });
    expect(caught.message).toMatch(cure);
    expect(requests().map(({ error }) => error)).toEqual([number]);
    expect(caught.cause).toBeInstanceOf(UpstreamFailure);
    expect(caught.cause).toMatchObject({ name: number, requestId: requests()[0]?.requestId });
  });

  it("the message for a missing credential has the three values to create", async () => {
    world.configure({ federatedCredentials: [] });
    const { message } = await failure(world.mint);
    expect(message).toContain(
      `issuer ${world.issuer.url}, subject ${plan().subject} and audience api://AzureADTokenExchange;`,
    );
    expect(message).toMatch(/^[ -~]+$/);
  });

  it("a forged assertion", async () => {
    const caught = await failure(world.mint, { sign: world.issuer.forge });
    expect(caught).toMatchObject({ code: "cloud_misconfigured", cause: { name: "AADSTS50013" } });
    expect(caught.message).toContain(`${world.issuer.url}/.well-known/openid-configuration`);
  });

  it("a clock that is wrong", async () => {
    const sign: typeof world.issuer.sign = async (request) => {
      const jwt = await world.issuer.sign(request);
      world.clock.now = new Date(+world.clock.now + 300_000);
      return jwt;
    };
    const caught = await failure(world.mint, { sign });
    expect(caught).toMatchObject({ code: "cloud_misconfigured", cause: { name: "AADSTS700024" } });
    expect(caught.message).toContain("clock");
  });
});

describe("what Entra may answer", () => {
  const numbered = (status: number, number: number, error = "invalid_request") =>
    new EntraError(status, error, number, "canary text of Entra");
  it.each<[string, EntraError | { status: number; body: string }, CloudError["code"], RegExp]>([
    ["70021", numbered(401, 70021), "cloud_denied", /federated credential/],
    ["7002131", numbered(401, 7002131), "cloud_denied", /federated credential/],
    ["7002121", numbered(401, 7002121), "cloud_denied", /federated credential/],
    ["50012", numbered(401, 50012), "cloud_misconfigured", /signature/],
    ["700027", numbered(401, 700027), "cloud_misconfigured", /signature/],
    ["50166", numbered(400, 50166), "cloud_unavailable", /signing keys/],
    ["90061", numbered(400, 90061), "cloud_unavailable", /signing keys/],
    ["900023", numbered(400, 900023), "cloud_misconfigured", /tenant_id/],
    ["70011", numbered(400, 70011), "cloud_misconfigured", /resources in the target file/],
    ["1002012", numbered(400, 1002012), "cloud_misconfigured", /resources in the target file/],
    ["501051", numbered(400, 501051), "cloud_denied", /not assigned/],
    ["throttling by number", numbered(400, 90055), "cloud_unavailable", /again/],
    ["a loop", numbered(400, 50196), "cloud_unavailable", /again/],
    ["a transient error", numbered(400, 90033), "cloud_unavailable", /again/],
    ["throttling by status", numbered(429, 12345), "cloud_unavailable", /again/],
    ["an error of theirs", numbered(503, 12345, "temporarily_unavailable"), "cloud_unavailable", /again/],
    [
      "a number that we do not know",
      numbered(400, 12345),
      "cloud_denied",
      /AADSTS12345: https:\/\/login\.microsoftonline\.com\/error\?code=12345 /,
    ],
    ["a wish for a person", numbered(400, 50076, "interaction_required"), "cloud_denied", /AADSTS50076/],
    ["a refusal without a number", { status: 403, body: '{"error":"canary"}' }, "cloud_denied", /log/],
    ["HTML", { status: 502, body: "<html>canary</html>" }, "cloud_unavailable", /again/],
    ["nothing", { status: 200, body: "{}" }, "cloud_unavailable", /again/],
    ["null", { status: 200, body: "null" }, "cloud_unavailable", /again/],
    ["a list", { status: 200, body: "[]" }, "cloud_unavailable", /again/],
    [
      "no expiry",
      { status: 200, body: '{"token_type":"Bearer","access_token":"canary"}' },
      "cloud_unavailable",
      /again/,
    ],
    [
      "no life",
      { status: 200, body: '{"token_type":"Bearer","expires_in":0,"access_token":"canary"}' },
      "cloud_unavailable",
      /again/,
    ],
    [
      "a token of two lines",
      { status: 200, body: '{"token_type":"Bearer","expires_in":9,"access_token":"canary\\nX"}' },
      "cloud_unavailable",
      /again/,
    ],
    [
      "another token type",
      { status: 200, body: '{"token_type":"pop","expires_in":9,"access_token":"canary"}' },
      "cloud_unavailable",
      /again/,
    ],
    [
      "too much",
      { status: 200, body: `{"token_type":"Bearer","expires_in":9,"access_token":"${"canary".repeat(60_000)}"}` },
      "cloud_unavailable",
      /again/,
    ],
    [
      "a token type of another age",
      { status: 200, body: '{"token_type":"Mac","expires_in":9,"access_token":"canary"}' },
      "cloud_unavailable",
      /again/,
    ],
  ])("%s: our code and cure after one request, none of its text", async (_, fault, code, cure) => {
    world.entra.failNext(fault);
    const caught = await failure(world.mint);
    expect(caught.code).toBe(code);
    expect(caught.message).toMatch(cure);
    expect(requests()).toHaveLength(1);
    const cause = caught.cause as Error;
    const assertion = world.issuer.signed[0]?.jwt ?? "";
    for (const shown of [caught.message, caught.stack, cause.message, cause.stack, JSON.stringify([caught, cause])]) {
      expect(shown).not.toContain("canary text");
      expect(shown).not.toContain("<html>");
      expect(shown).not.toContain(assertion.split(".")[2]);
    }
    // Nor does anything hang on the errors that a careless logger would print.
    expect(cause.cause).toBeUndefined();
  });

  it("nothing at all: unavailable at the caller's deadline, though the SDK has no ear for it", async () => {
    world.entra.failNext("silence");
    expect(await failure(world.mint, { signal: AbortSignal.timeout(120) })).toMatchObject({
      code: "cloud_unavailable",
    });
  });

  it("no Entra at all: unavailable", async () => {
    const { mint } = world;
    await world.entra.close();
    expect((await failure(mint)).code).toBe("cloud_unavailable");
  });

  it("is not asked for a grant that was called off before", async () => {
    expect((await failure(world.mint, { signal: AbortSignal.abort() })).code).toBe("cloud_unavailable");
    expect(requests()).toEqual([]);
  });
});
