import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pinnedClient } from "../../src/cloud/azure/http-client.ts";
import { tokenCanary } from "../sandbox/clouds/entra/tokens.ts";
import { type AzureWorld, failure, plan, startAzure } from "./azure-world.ts";

// Before the SDK is loaded, which reads it once: the most that it may ever say, on standard error.
process.env["AZURE_LOG_LEVEL"] = "verbose";

let world: AzureWorld;
beforeEach(async () => {
  world = await startAzure();
});
afterEach(async () => {
  vi.restoreAllMocks();
  delete process.env["AZURE_LOG_LEVEL"];
  await world.close();
});

describe("C44 no token and no assertion", () => {
  it("is in anything that the SDK logs at its loudest, in an error, or among the identifiers", async () => {
    let logged = "";
    vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
      logged += String(chunk);
      return true;
    });
    const secrets: string[] = [];
    const shown: unknown[] = [];
    for (const delivery of ["token", "assertion"] as const) {
      const { response, identifiers } = await world.mint({ plan: plan({ delivery }) });
      secrets.push(response.access_token);
      shown.push(identifiers);
    }
    world.configure({ federatedCredentials: [] });
    const caught = await failure(world.mint);
    shown.push(caught.message, caught.stack, JSON.stringify(caught), String((caught.cause as Error).stack));
    secrets.push(...world.issuer.signed.map(({ jwt }) => jwt));
    const written = logged + JSON.stringify(shown);
    // The signature alone is what nobody may have; the canary is in every token of the double.
    const found = (text: string) =>
      text.includes(tokenCanary) || secrets.some((secret) => text.includes(secret.split(".")[2] ?? ""));

    expect(logged).toContain("ClientAssertionCredential"); // it did log
    expect(secrets.length).toBeGreaterThanOrEqual(6);
    expect(found(written)).toBe(false);
    for (const secret of secrets) expect(found(`${written} ${secret}`)).toBe(true); // and would have been found
  });
});

describe("the one way out of the SDK", () => {
  const form = { client_id: "c", scope: "s/.default" };
  const send = async (method: "GET" | "POST", body: string | undefined) => {
    const fetched = vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("{}"));
    const client = pinnedClient({ url: "https://table.example/t", form, signal: AbortSignal.timeout(1000) }, {});
    const request = { method, url: "http://169.254.169.254/metadata", body } as Parameters<
      typeof client.sendRequest
    >[0];
    const outcome = await client.sendRequest(request).then(
      ({ status }) => status,
      (error: Error) => error.message,
    );
    return { outcome, urls: fetched.mock.calls.map(([url]) => url) };
  };

  it("goes to the table's address, whatever the SDK came to", async () => {
    expect(await send("POST", "client_id=c&scope=s%2F.default")).toEqual({
      outcome: 200,
      urls: ["https://table.example/t"],
    });
  });

  it.each<[string, "GET" | "POST", string | undefined]>([
    ["a discovery or metadata request", "GET", undefined],
    ["no form", "POST", undefined],
    ["another scope", "POST", "client_id=c&scope=graph%2F.default"],
    ["two scopes", "POST", "client_id=c&scope=s%2F.default&scope=graph%2F.default"],
    ["another client", "POST", "client_id=d&scope=s%2F.default"],
    ["a wish for tokens of a day", "POST", "client_id=c&scope=s%2F.default&claims=%7B%7D"],
  ])("is closed for %s", async (_, method, body) => {
    const { outcome, urls } = await send(method, body);
    expect(outcome).toMatch(/only a token|not the one that was planned/);
    expect(urls).toEqual([]);
  });
});
