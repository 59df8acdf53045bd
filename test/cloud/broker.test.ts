import { expect, test } from "vitest";
import { brokerOf } from "../../src/cloud/broker.ts";
import { CloudError, type Minted, type MintInput } from "../../src/cloud/index.ts";
import { kinds, planOf } from "../plan/kinds.ts";
import { planOf as awsPlanOf } from "../plan/world.ts";

const minted: Minted = {
  response: { access_token: "secret", issued_token_type: "urn:x", token_type: "N_A", expires_in: 1 },
  identifiers: {},
  expiresAt: new Date(0),
};
const input = (plan: MintInput["plan"]): MintInput => ({
  plan,
  window: { notBefore: new Date(0), expiresAt: new Date(1000) },
  now: new Date(0),
  context: {
    grant: "g",
    exchange: "e",
    accessRepositoryId: 10,
    pullRequest: 1,
    requesterId: 2,
    runId: 3,
    runAttempt: 1,
  },
  sign: () => Promise.reject(new Error("signed")),
  signal: AbortSignal.timeout(1000),
});

test("C55 a broker mints for plans of its own kind, and for no other", async () => {
  const seen: string[] = [];
  const broker = brokerOf("oidc", ({ plan }) => {
    seen.push(plan.audience);
    return Promise.resolve(minted);
  });
  expect(await broker.mint(input(planOf("oidc").data))).toBe(minted);
  for (const plan of [awsPlanOf(), ...kinds.filter((kind) => kind !== "oidc").map((kind) => planOf(kind))]) {
    const refused = await broker.mint(input(plan.data)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CloudError);
    expect(refused).toMatchObject({ code: "cloud_misconfigured", retryable: false });
  }
  expect(seen).toEqual(["https://vault.acme.example"]);
});
