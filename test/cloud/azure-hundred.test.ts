import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AzureWorld, context, plan, startAzure } from "./azure-world.ts";

let world: AzureWorld;
beforeEach(async () => {
  world = await startAzure();
});
afterEach(() => world.close());

describe("a hundred at once", () => {
  const tenant = plan().tenant_id;
  const client = (n: number) => `22222222-2222-2222-2222-${String(n).padStart(12, "0")}`;

  it("get a token each, of their own application, and none gets another's", async () => {
    for (let n = 0; n < 10; n++)
      world.configure({
        clientId: client(n),
        federatedCredentials: [
          {
            issuer: world.issuer.url,
            subject: `repository:10:azure:t${n}:deployer`,
            audience: "api://AzureADTokenExchange",
          },
        ],
      });
    const grants = Array.from({ length: 100 }, (_, i) => {
      const n = i % 10;
      return { ...plan(), client_id: client(n), subject: `repository:10:azure:t${n}:deployer` };
    });
    const minted = await Promise.all(
      grants.map((each, i) => world.mint({ plan: each, context: { ...context, grant: `grant-${i}` } })),
    );
    const tokens = minted.map(({ response }) => response.access_token);
    expect(new Set(tokens).size).toBe(100);
    for (const [i, token] of tokens.entries()) {
      const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as object;
      expect(claims).toMatchObject({ appid: grants[i]?.client_id, tid: tenant });
      expect(minted[i]?.identifiers).toMatchObject({ client_id: grants[i]?.client_id });
    }
    // One request each: nothing came out of a cache, where the SDK keeps tokens by scope.
    const asked = world.entra.log.filter(({ action }) => action === "token");
    expect(asked).toHaveLength(100);
    expect(new Set(asked.map(({ claims }) => claims?.["jti"])).size).toBe(100);
    expect(new Set(minted.map(({ identifiers }) => identifiers["correlation_id"])).size).toBe(100);
  });

  it("of one grant get a token each as well, and as many assertions", async () => {
    const handed = plan({ delivery: "assertion" });
    const minted = await Promise.all(
      Array.from({ length: 100 }, (_, i) => world.mint(i % 2 === 0 ? {} : { plan: handed })),
    );
    expect(new Set(minted.map(({ response }) => response.access_token)).size).toBe(100);
    expect(new Set(minted.map(({ response }) => response["issued"])).size).toBe(2);
  });
});
