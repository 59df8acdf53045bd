import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planOf } from "../plan/kinds.ts";
import {
  type AzureWorld,
  groupsOf,
  plan,
  start,
  startAzure,
  subscriptions,
  tradeAsJob,
  window,
} from "./azure-world.ts";

// Every sentence under "not limited" of a plan, shown. A new one without a test fails here.
// Not shown: secrets and federated credentials that a job makes, since the local Entra makes none (docs/unverified.md).

const handed = plan({ delivery: "assertion" });
const at = (iso: string) => new Date(iso);
const audience = "api://AzureADTokenExchange";

let world: AzureWorld;
let random = 0.5;
beforeEach(async () => {
  random = 0.5;
  world = await startAzure(() => random);
});
afterEach(() => world.close());

const token = async (): Promise<string> => (await world.mint()).response.access_token;
const assertion = async (): Promise<string> => (await world.mint({ plan: handed })).response.access_token;
const list = async (bearer: string, subscription?: string) => (await world.arm(bearer, groupsOf(subscription))).status;

const shown: Readonly<Record<string, () => Promise<void>>> = {
  "Azure does not narrow tokens: the roles and permissions of application 22222222-2222-2222-2222-22222222222b decide what they can do.":
    async () => {
      const bearer = await token();
      expect(await list(bearer)).toBe(200);
      const made = await world.arm(bearer, groupsOf().replace("?", "/nobody-asked-for-this?"), "PUT");
      expect(made.status).toBe(201);
    },

  "The subscription 33333333-3333-3333-3333-33333333333c is where tools work by default; the application's roles in others count as well.":
    async () => {
      const bearer = await token();
      expect(await list(bearer, subscriptions[1])).toBe(403);
      world.configure({ subscriptions });
      expect(await list(bearer, subscriptions[1])).toBe(200);
    },

  "An assertion is good for every resource that the application can reach, as often as the job trades it until it expires.":
    async () => {
      const one = await assertion(); // the role lists Azure Resource Manager only
      for (const resource of ["https://management.azure.com", "https://vault.azure.net", "https://graph.microsoft.com"])
        expect((await tradeAsJob(world.entra, one, resource)).access_token).toBeDefined();
      world.clock.now = at("2026-11-23T09:04:59Z");
      expect((await tradeAsJob(world.entra, one, "https://vault.azure.net")).access_token).toBeDefined();
      world.clock.now = at("2026-11-23T09:05:00Z");
      expect((await tradeAsJob(world.entra, one, "https://vault.azure.net")).error_codes).toEqual([700024]);
    },

  "Who trades it may ask Microsoft Graph for continuous access evaluation, whose tokens live up to 24 hours.":
    async () => {
      const claims = JSON.stringify({ access_token: { xms_cc: { values: ["cp1"] } } });
      const day = await tradeAsJob(world.entra, await assertion(), "https://graph.microsoft.com", { claims });
      expect(day.expires_in).toBe(86_400);
    },

  "Tokens that were issued cannot be revoked: only taking away the application's roles ends what they can do, for everybody and after some minutes.":
    async () => {
      const mine = await token();
      const another = await token();
      world.configure({ federatedCredentials: [] }); // the trust is gone; what is out stays
      world.clock.now = at("2026-11-23T09:45:00Z"); // a quarter of an hour past the end of the grant
      expect(await list(mine)).toBe(200);
      world.configure({ subscriptions: [] });
      expect([await list(mine), await list(another)]).toEqual([403, 403]);
    },

  "60 to 90 minutes are Microsoft's default: a token lifetime policy of the tenant may set another life.": async () => {
    for (const [drawn, seconds] of [
      [0, 3600],
      [0.9999, 5400],
    ] as const) {
      random = drawn;
      const { response, expiresAt } = await world.mint();
      expect(response.expires_in).toBe(seconds);
      world.clock.now = new Date(+expiresAt - 1000);
      expect(await list(response.access_token)).toBe(200);
      world.clock.now = expiresAt;
      expect(await list(response.access_token)).toBe(401);
      world.clock.now = start;
    }
    // A day by policy: what is recorded is what Entra says, not what we would like.
    world.entra.failNext({ status: 200, body: '{"token_type":"Bearer","expires_in":86400,"access_token":"x"}' });
    expect((await world.mint()).expiresAt).toEqual(new Date(+start + 86_400_000));
  },

  "Secrets, credentials and role assignments that the application may make do not end with the grant.": async () => {
    const bearer = await token();
    const other = "55555555-5555-5555-5555-55555555555e";
    const subject = "repository:10:azure:other:deployer";
    const federatedCredentials = [{ issuer: world.issuer.url, subject, audience }];
    world.configure({ clientId: other, subscriptions: [], federatedCredentials });
    const assign = `/subscriptions/${subscriptions[0]}/providers/Microsoft.Authorization/roleAssignments/66666666-6666-6666-6666-666666666666?api-version=2022-04-01`;
    await world.arm(bearer, assign, "PUT", { properties: { principalId: other } });
    world.clock.now = at("2026-11-24T09:00:00Z");
    const later = { notBefore: window.notBefore, expiresAt: at("2026-11-24T10:00:00Z") };
    const others = await world.mint({ plan: { ...plan(), client_id: other, subject }, window: later });
    expect(await list(others.response.access_token)).toBe(200);
  },

  "What the job creates or changes stays after the end.": async () => {
    await world.arm(await token(), groupsOf().replace("?", "/made-by-the-job?"), "PUT");
    world.clock.now = at("2026-11-25T09:00:00Z");
    expect([...(world.entra.resourceGroups.get(subscriptions[0] ?? "") ?? [])]).toEqual(["made-by-the-job"]);
  },
};

describe("not limited", () => {
  it.each(Object.entries(shown))("%s", async (_, show) => show());

  it("is exactly what the plans say", () => {
    const said = new Set(
      (["token", "assertion"] as const).flatMap((delivery) => planOf("azure", { role: { delivery } }).notLimited),
    );
    expect([...said].sort()).toEqual(Object.keys(shown).sort());
  });
});

describe("what is limited", () => {
  it("a token is for one resource", async () => {
    const { response } = await world.mint({ plan: plan({ resources: ["https://vault.azure.net"] }) });
    expect(await list(response.access_token)).toBe(401);
  });

  it("an assertion says itself until when it may matter: no token outlives that", async () => {
    random = 0.9999;
    const { response, expiresAt } = await world.mint({ plan: handed });
    world.clock.now = new Date(+expiresAt - 1000);
    const ordinary = await tradeAsJob(world.entra, response.access_token, "https://management.azure.com");
    expect(+world.clock.now + (ordinary.expires_in ?? 0) * 1000).toBeLessThanOrEqual(
      Date.parse(String(response["tokens_until"])),
    );
    const claims = JSON.stringify({ access_token: { xms_cc: { values: ["cp1"] } } });
    const day = await tradeAsJob(world.entra, response.access_token, "https://graph.microsoft.com", { claims });
    expect(+world.clock.now + (day.expires_in ?? 0) * 1000).toBeLessThanOrEqual(
      Date.parse(String(response["graph_tokens_until"])),
    );
  });

  it("C55 an assertion of another kind, target or role is not this credential's subject", async () => {
    for (const subject of [
      "repository:10:oidc:azure-prod:deployer",
      "repository:10:azure:azure-dev:deployer",
      "repository:10:azure:azure-prod:reader",
      "repository:11:azure:azure-prod:deployer",
    ]) {
      const jwt = await world.issuer.sign({ subject, audience: "https://x.example", lifetime: 60, extra: {} });
      expect((await tradeAsJob(world.entra, jwt, "https://management.azure.com")).error_codes).toEqual([700213]);
    }
  });
});
