import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startIssuer } from "../cloud/issuer.ts";
import { type LocalEntra, startLocalEntra } from "../sandbox/clouds/index.ts";
import type { Application } from "../sandbox/clouds/entra/types.ts";

const start = new Date("2026-11-23T09:00:00Z");
const tenantId = "11111111-1111-1111-1111-111111111111";
const clientId = "22222222-2222-2222-2222-222222222222";
const subject = "repository:1:azure:azure-prod:operator";
const audience = "api://AzureADTokenExchange";
const arm = "https://management.azure.com/.default";

let now = start;
let entra: LocalEntra;
let issuer: Awaited<ReturnType<typeof startIssuer>>;
beforeEach(async () => {
  now = start;
  issuer = await startIssuer(() => now);
  entra = await startLocalEntra({ now: () => now });
  configure();
});
afterEach(async () => {
  await entra.close();
  await issuer.close();
});
const trusted = () => ({ issuer: issuer.url, subject, audience });
const configure = (change: Partial<Application> = {}) =>
  entra.configure({ tenantId, clientId, federatedCredentials: [trusted()], subscriptions: [], ...change });
const sign = () => issuer.sign({ subject, audience, lifetime: 300, extra: {} });

async function ask(over: Readonly<Record<string, string | undefined>> = {}, tenant = tenantId) {
  const all = {
    client_id: clientId,
    scope: arm,
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: over["client_assertion"] ?? (await sign()),
    ...over,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const body = new URLSearchParams(given);
  const response = await fetch(`${entra.url}/${tenant}/oauth2/v2.0/token`, { method: "POST", body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("the local Entra", () => {
  test("gives a token of 60 to 90 minutes, another each time", async () => {
    const lives = new Set<unknown>();
    for (let i = 0; i < 5; i++) {
      const { status, body } = await ask();
      expect(status).toBe(200);
      expect(body).toMatchObject({ token_type: "Bearer", access_token: expect.any(String) as string });
      expect(body["expires_in"]).toBeGreaterThanOrEqual(3600);
      expect(body["expires_in"]).toBeLessThanOrEqual(5400);
      lives.add(body["expires_in"]);
    }
    expect(lives.size).toBeGreaterThan(1);
  });

  test.each<[string, Readonly<Record<string, string | undefined>>, number]>([
    ["a missing client", { client_id: undefined }, 900144],
    ["another grant type", { grant_type: "password" }, 70003],
    ["a scope without .default", { scope: "https://management.azure.com/user_impersonation" }, 1002012],
    ["two scopes", { scope: `${arm} https://vault.azure.net/.default` }, 70011],
    ["an unknown resource", { scope: "https://nothing.example/.default" }, 500011],
    ["an unknown application", { client_id: "99999999-9999-9999-9999-999999999999" }, 700016],
    ["no JWT", { client_assertion: "x" }, 50027],
  ])("refuses %s in Entra's form", async (_, over, number) => {
    const { status, body } = await ask(over);
    expect([400, 401]).toContain(status);
    expect(body).toMatchObject({
      error: expect.stringMatching(/^[a-z_]+$/) as string,
      error_description: expect.stringMatching(
        new RegExp(
          `^AADSTS${number}: .* Trace ID: [0-9a-f-]{36} Correlation ID: [0-9a-f-]{36} Timestamp: 2026-11-23 09:00:00Z$`,
        ),
      ) as string,
      error_codes: [number],
      error_uri: `https://login.microsoftonline.com/error?code=${number}`,
    });
  });

  test("refuses an assertion after its end, before its beginning, and by another key", async () => {
    const assertion = await sign();
    now = new Date(+start + 299_000);
    expect((await ask({ client_assertion: assertion })).status).toBe(200);
    now = new Date(+start + 300_000);
    expect((await ask({ client_assertion: assertion })).body["error_codes"]).toEqual([700024]);
    now = new Date(+start - 6000); // our nbf is five seconds before iat
    expect((await ask({ client_assertion: assertion })).body["error_codes"]).toEqual([700024]);
    now = start;
    const forged = await issuer.forge({ subject, audience, lifetime: 300, extra: {} });
    expect((await ask({ client_assertion: forged })).body["error_codes"]).toEqual([50013]);
  });

  test("refuses an unsigned assertion and one with another algorithm", async () => {
    const [, payload] = (await sign()).split(".");
    for (const alg of ["none", "HS256", "PS256"]) {
      const header = Buffer.from(JSON.stringify({ alg, kid: "x" })).toString("base64url");
      expect((await ask({ client_assertion: `${header}.${payload}.AAAA` })).body["error_codes"]).toEqual([50013]);
    }
  });

  test("takes federated credentials as Entra does: at most 20, unique, 600 characters", () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => ({ ...trusted(), subject: `s${i}` }));
    expect(() => configure({ federatedCredentials: many(20) })).not.toThrow();
    expect(() => configure({ federatedCredentials: many(21) })).toThrow("at most 20");
    expect(() => configure({ federatedCredentials: [trusted(), { ...trusted(), audience: "x" }] })).toThrow("unique");
    expect(() => configure({ federatedCredentials: [{ ...trusted(), subject: "s".repeat(601) }] })).toThrow("600");
    expect(() => configure({ federatedCredentials: [{ ...trusted(), issuer: `${issuer.url} ` }] })).toThrow("600");
  });

  test("Resource Manager takes a token that it gave, for itself, before its end, within the roles", async () => {
    const subscription = "33333333-3333-3333-3333-333333333333";
    const url = `${entra.url}/subscriptions/${subscription}/resourcegroups?api-version=2021-04-01`;
    const list = async (token: unknown) => {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${String(token)}` } });
      return [answer.status, ((await answer.json()) as { error?: { code: string } }).error?.code];
    };
    const token = (await ask()).body["access_token"];
    expect(await list("made-up")).toEqual([401, "InvalidAuthenticationToken"]);
    expect(await list((await ask({ scope: "https://vault.azure.net/.default" })).body["access_token"])).toEqual([
      401,
      "InvalidAuthenticationTokenAudience",
    ]);
    expect(await list(token)).toEqual([403, "AuthorizationFailed"]);
    configure({ subscriptions: [subscription] });
    expect(await list(token)).toEqual([200, undefined]);
    now = new Date(+start + 5_400_000);
    expect(await list(token)).toEqual([401, "ExpiredAuthenticationToken"]);
  });

  test("shows an SDK what it discovers, and logs no token", async () => {
    const answer = await fetch(`${entra.url}/${tenantId}/v2.0/.well-known/openid-configuration`);
    expect(await answer.json()).toMatchObject({
      token_endpoint: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
    });
    const assertion = await sign();
    const token = String((await ask({ client_assertion: assertion })).body["access_token"]);
    const log = JSON.stringify(entra.log);
    expect(log).toContain(subject);
    expect(log).not.toContain(assertion.split(".")[2]);
    expect(log).not.toContain(token.split(".")[2]);
  });
});
