import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { brokers } from "../../src/cloud/index.ts";
import { azureTokenRequest } from "../../src/plan/index.ts";
import { type AzureWorld, failure, plan, start, startAzure, window } from "./azure-world.ts";

const several = ["https://graph.microsoft.com", "https://management.azure.com", "https://vault.azure.net"];
const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

let world: AzureWorld;
let random = 0.5;
beforeEach(async () => {
  random = 0.5;
  world = await startAzure(() => random);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  await world.close();
});
const left = (milliseconds: number) => ({
  window: { ...window, expiresAt: new Date(start.getTime() + milliseconds) },
});
const requests = () => world.entra.log.filter(({ action }) => action === "token");

describe("delivery: token", () => {
  it("is one access token with what the job's tools ask for beside it", async () => {
    const minted = await world.mint();
    expect(minted.response).toEqual({
      access_token: expect.stringMatching(/^[\w.-]+$/) as string,
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: 4500,
      issued: "token",
      azure_resource: "https://management.azure.com",
      azure_tenant_id: plan().tenant_id,
      azure_client_id: plan().client_id,
      azure_subscription_id: plan().subscription_id,
      azure_environment: "public",
    });
    expect(minted.expiresAt).toEqual(new Date(start.getTime() + 4_500_000));
    const [call] = requests();
    expect(minted.identifiers).toEqual({
      issued: "token",
      resource: "https://management.azure.com",
      tenant_id: plan().tenant_id,
      client_id: plan().client_id,
      correlation_id: call?.correlationId,
      request_id: call?.requestId,
      unique_token_id: call?.uniqueTokenId,
    });
  });

  it("takes one request, which is the one that the plan showed, for an assertion of five minutes", async () => {
    await world.mint();
    expect(requests()).toHaveLength(1);
    const [{ form, claims } = { form: {}, claims: {} }] = requests();
    const { client_assertion: _, ...planned } = azureTokenRequest(plan(), "https://management.azure.com", "");
    expect(form).toMatchObject(planned);
    // The rest is the SDK's telemetry; `claims` would ask for tokens of a day.
    for (const name of Object.keys(form ?? {}).filter((name) => !(name in planned)))
      expect(name).toMatch(/^(?:x-client-|x-ms-lib-|client-request-id$)/);
    expect(claims).toMatchObject({
      sub: "repository:10:azure:azure-prod:deployer",
      aud: "api://AzureADTokenExchange",
      exp: start.getTime() / 1000 + 300,
    });
    expect(world.issuer.signed).toHaveLength(1);
  });

  it("says nothing of a subscription where the role names none", async () => {
    const { response } = await world.mint({ plan: { ...plan(), subscription_id: null } });
    expect(response).not.toHaveProperty("azure_subscription_id");
  });

  it.each([
    [0, 3600],
    [0.9999, 5400],
  ])(
    "lives as long as Entra draws, whatever is left of the window, one second as well (%s)",
    async (drawn, seconds) => {
      random = drawn;
      for (const other of [899, 900, 901, 3600, 43_200])
        expect((await world.mint(left(other * 1000))).expiresAt).toEqual(new Date(start.getTime() + seconds * 1000));
      const minted = await world.mint(left(1000));
      expect(minted.response.expires_in).toBe(seconds);
      expect(minted.expiresAt).toEqual(new Date(start.getTime() + seconds * 1000));
    },
  );

  it.each([0, -1, -3_600_000])("is not asked for %s ms after the window's end", async (ms) => {
    expect((await failure(world.mint, left(ms))).code).toBe("cloud_denied");
    expect([world.issuer.signed.length, requests().length]).toEqual([0, 0]);
  });
});

describe("the resource", () => {
  it.each(several)("may be %s, which the role lists", async (resource) => {
    const minted = await world.mint({ plan: plan({ resources: several }), resource });
    expect(minted.response["azure_resource"]).toBe(resource);
    expect(requests()[0]?.form?.["scope"]).toBe(`${resource}/.default`);
  });

  it("keeps a slash at its end, which is part of its name", async () => {
    await world.mint({ plan: plan({ resources: ["https://management.azure.com/"] }) });
    expect(requests()[0]?.form?.["scope"]).toBe("https://management.azure.com//.default");
  });

  it.each([
    ["another", "https://storage.azure.com"],
    ["another spelling", "https://management.azure.com/"],
    ["upper case", "https://MANAGEMENT.azure.com"],
    ["two at once", "https://management.azure.com https://vault.azure.net"],
    ["an inherited name", "constructor"],
    ["nothing, where the role has several", undefined],
  ])("is refused once more for %s", async (_, resource) => {
    const change = { plan: plan({ resources: several }), ...(resource !== undefined && { resource }) };
    expect((await failure(world.mint, change)).code).toBe("cloud_misconfigured");
    expect([world.issuer.signed.length, requests().length]).toEqual([0, 0]);
  });
});

describe("delivery: assertion", () => {
  const handed = plan({ delivery: "assertion" });

  it("is a fresh assertion of five minutes after a trial, with its tail in answer and identifiers", async () => {
    const minted = await world.mint({ plan: handed });
    const [trial, given] = world.issuer.signed;
    expect(minted.response).toEqual({
      access_token: given?.jwt,
      issued_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_type: "N_A",
      expires_in: 300,
      issued: "assertion",
      azure_tenant_id: handed.tenant_id,
      azure_client_id: handed.client_id,
      azure_subscription_id: handed.subscription_id,
      azure_environment: "public",
      azure_authority_host: "https://login.microsoftonline.com",
      tokens_until: "2026-11-23T10:35:00Z",
      graph_tokens_until: "2026-11-24T09:05:00Z",
    });
    expect(minted.identifiers).toEqual({
      issued: "assertion",
      assertion_id: uuid,
      tenant_id: handed.tenant_id,
      client_id: handed.client_id,
      tokens_until: "2026-11-23T10:35:00Z",
      graph_tokens_until: "2026-11-24T09:05:00Z",
      trial_correlation_id: requests()[0]?.correlationId,
    });
    expect(minted.expiresAt).toEqual(new Date("2026-11-23T09:05:00Z"));
    // The one that was tried stays here.
    expect(requests()).toHaveLength(1);
    expect(requests()[0]?.claims?.["jti"]).not.toBe(minted.identifiers["assertion_id"]);
    expect(JSON.stringify(minted)).not.toContain(trial?.jwt.split(".")[2]);
  });

  it.each([
    [1000, 1],
    [299_000, 299],
    [299_999, 299],
    [300_000, 300],
    [301_000, 300],
    [899_000, 300],
    [900_000, 300],
    [901_000, 300],
    [1_800_000, 300],
    [43_200_000, 300],
  ])("with %s ms of the window left lives %s s", async (ms, seconds) => {
    const minted = await world.mint({ plan: handed, ...left(ms) });
    expect(minted.response.expires_in).toBe(seconds);
    expect(+minted.expiresAt).toBeLessThanOrEqual(start.getTime() + ms);
  });

  it.each([999, 0, -1])("with %s ms left there is none, and no trial", async (ms) => {
    expect((await failure(world.mint, { plan: handed, ...left(ms) })).code).toBe("cloud_denied");
    expect([world.issuer.signed.length, requests().length]).toEqual([0, 0]);
  });

  it("ends with the window though the trial took its time", async () => {
    const slow = async (request: Parameters<typeof world.issuer.sign>[0]) => {
      const jwt = await world.issuer.sign(request);
      world.clock.now = new Date(world.clock.now.getTime() + 40_000); // of the 60 s that were left
      return jwt;
    };
    const minted = await world.mint({ plan: handed, ...left(60_000), sign: slow });
    expect(minted.expiresAt).toEqual(new Date(start.getTime() + 60_000));
    expect(minted.response.expires_in).toBe(20);
  });

  it("is not handed out where the trial took all that was left", async () => {
    const slow = async (request: Parameters<typeof world.issuer.sign>[0]) => {
      const jwt = await world.issuer.sign(request);
      world.clock.now = new Date(start.getTime() + 60_000);
      return jwt;
    };
    expect(await failure(world.mint, { plan: handed, ...left(60_000), sign: slow })).toMatchObject({
      code: "cloud_denied",
      message: "The grant's window has ended.",
    });
    expect(world.issuer.signed).toHaveLength(1);
  });

  it("fails early and in our words where the trust is not there", async () => {
    world.configure({ federatedCredentials: [] });
    const caught = await failure(world.mint, { plan: handed });
    expect(caught.code).toBe("cloud_denied");
    expect(caught.message).toContain("federated credential");
    expect(world.issuer.signed).toHaveLength(1);
  });

  it("is tried with the resource that was named, else with the first of the list", async () => {
    const all = plan({ delivery: "assertion", resources: several });
    await world.mint({ plan: all });
    await world.mint({ plan: all, resource: "https://vault.azure.net" });
    expect(requests().map(({ form }) => form?.["scope"])).toEqual([
      "https://graph.microsoft.com/.default",
      "https://vault.azure.net/.default",
    ]);
  });
});

describe("where Entra is", () => {
  const answer = JSON.stringify({ token_type: "Bearer", expires_in: 4000, access_token: "token" });
  const calls: { url: string; init: RequestInit }[] = [];
  const listen = () => {
    calls.length = 0;
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      calls.push({ url, init });
      return new Response(answer, { headers: { "content-type": "application/json" } });
    });
  };
  const real = () => brokers({}).get("azure");
  const input = () => ({
    window,
    now: start,
    context: {
      grant: "g",
      exchange: "e",
      accessRepositoryId: 1,
      pullRequest: 1,
      requesterId: 1,
      runId: 1,
      runAttempt: 1,
    },
    sign: world.issuer.sign,
    signal: AbortSignal.timeout(10_000),
  });

  it.each([
    ["https://management.azure.com", "login.microsoftonline.com", "api://AzureADTokenExchange", "public"],
    [
      "https://management.usgovcloudapi.net",
      "login.microsoftonline.us",
      "api://AzureADTokenExchangeUSGov",
      "usgovernment",
    ],
    ["https://management.chinacloudapi.cn", "login.chinacloudapi.cn", "api://AzureADTokenExchangeChina", "china"],
  ])("is the table's for %s, in one request", async (resource, host, audience, environment) => {
    listen();
    const minted = await real()?.mint({ ...input(), plan: plan({ resources: [resource] }) });
    expect(calls.map(({ url }) => url)).toEqual([`https://${host}/${plan().tenant_id}/oauth2/v2.0/token`]);
    expect(world.issuer.signed[0]?.request.audience).toBe(audience);
    expect(minted?.response["azure_environment"]).toBe(environment);
    expect(calls[0]?.init).toMatchObject({ method: "POST", redirect: "error" });
  });

  it.each([
    ["AZURE_AUTHORITY_HOST", "https://evil.example"],
    ["AZURE_REGIONAL_AUTHORITY_NAME", "westus"],
    ["AZURE_REGIONAL_AUTHORITY_NAME", "AutoDiscoverRegion"],
    ["AZURE_REGIONAL_AUTHORITY_NAME", "evil.example/x"],
    ["MSAL_FORCE_REGION", "westus"],
    ["HTTPS_PROXY", "http://127.0.0.1:1"],
    ["HTTPS_PROXY", "not a url"],
    ["HTTP_PROXY", "http://127.0.0.1:1"],
    ["ALL_PROXY", "http://127.0.0.1:1"],
    ["AZURE_TENANT_ID", "99999999-9999-9999-9999-999999999999"],
    ["AZURE_CLIENT_ID", "99999999-9999-9999-9999-999999999999"],
    ["AZURE_CLIENT_SECRET", "ambient"],
    ["AZURE_FEDERATED_TOKEN_FILE", "/nonexistent"],
    ["AZURE_IDENTITY_DISABLE_MULTITENANTAUTH", "1"],
  ])("%s=%s of the machine changes nothing", async (name, value) => {
    vi.stubEnv(name, value);
    listen();
    await real()?.mint({ ...input(), plan: plan() });
    expect(calls.map(({ url }) => url)).toEqual([
      `https://login.microsoftonline.com/${plan().tenant_id}/oauth2/v2.0/token`,
    ]);
    expect(JSON.stringify(calls)).not.toContain("ambient");
    vi.unstubAllGlobals();
    // And over a socket: a proxy that is set would have had to be asked.
    expect((await world.mint()).response.token_type).toBe("Bearer");
  });

  it.each(["https://entra.evil.example", "http://127.0.0.1.evil.example", "http://user:pass@localhost"])(
    "is not overridden by %s",
    (azureEndpoint) => {
      expect(() => brokers({ azureEndpoint })).toThrow(
        expect.objectContaining({ code: "cloud_misconfigured" }) as Error,
      );
    },
  );
});
