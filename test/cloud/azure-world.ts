import { brokers, CloudError, type Minted, type MintInput } from "../../src/cloud/index.ts";
import type { PlanDataOf } from "../../src/plan/types.ts";
import { type LocalEntra, startLocalEntra } from "../sandbox/clouds/index.ts";
import type { Application } from "../sandbox/clouds/entra/types.ts";
import { type Change, planOf } from "../plan/kinds.ts";
import { startIssuer } from "./issuer.ts";

export const start = new Date("2026-11-23T09:00:00Z");
/** Half an hour is left. */
export const window = { notBefore: new Date("2026-11-23T08:30:00Z"), expiresAt: new Date("2026-11-23T09:30:00Z") };
export const context: MintInput["context"] = {
  grant: "0f8fad5b-d9cb-469f-a165-70867728950e",
  exchange: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
  accessRepositoryId: 10,
  pullRequest: 17,
  requesterId: 11,
  runId: 16_000_000_001,
  runAttempt: 2,
};
export type AzurePlan = PlanDataOf<"azure">;
export const plan = (role: Change<"azure">["role"] = {}): AzurePlan => planOf("azure", { role }).data;
export const subscriptions = ["33333333-3333-3333-3333-33333333333c", "44444444-4444-4444-4444-44444444444d"];

export type Mint = (change?: Partial<MintInput>) => Promise<Minted>;
export interface AzureWorld {
  readonly entra: LocalEntra;
  readonly issuer: Awaited<ReturnType<typeof startIssuer>>;
  /** The application of `plan()`, as its owner sets it up; what a test makes different. */
  configure(change?: Partial<Application>): Application;
  readonly mint: Mint;
  readonly clock: { now: Date };
  /** Azure Resource Manager, as a job calls it. */
  arm(token: string, path: string, method?: "GET" | "PUT", body?: object): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
}

/** Our issuer, an Entra that trusts it for the plan of `plan()`, and the broker between them. */
export async function startAzure(random?: () => number): Promise<AzureWorld> {
  const clock = { now: start };
  const issuer = await startIssuer(() => clock.now);
  const entra = await startLocalEntra({ now: () => clock.now, ...(random && { random }) });
  const broker = brokers({ azureEndpoint: entra.url }).get("azure");
  if (!broker) throw new Error("no broker");
  const { tenant_id, client_id, subject } = plan();
  const configure = (change: Partial<Application> = {}): Application => {
    const application = {
      tenantId: tenant_id,
      clientId: client_id,
      federatedCredentials: [{ issuer: issuer.url, subject, audience: "api://AzureADTokenExchange" }],
      subscriptions: [subscriptions[0] ?? ""],
      ...change,
    };
    entra.configure(application);
    return application;
  };
  configure();
  return {
    entra,
    issuer,
    configure,
    clock,
    mint: (change) =>
      broker.mint({
        plan: plan(),
        window,
        now: clock.now,
        context,
        sign: issuer.sign,
        signal: AbortSignal.timeout(10_000),
        ...change,
      }),
    async arm(token, path, method = "GET", body) {
      const response = await fetch(`${entra.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    },
    async close() {
      await entra.close();
      await issuer.close();
    },
  };
}

export const groupsOf = (subscription = subscriptions[0]): string =>
  `/subscriptions/${subscription}/resourcegroups?api-version=2021-04-01`;

export async function failure(mint: Mint, change?: Partial<MintInput>): Promise<CloudError> {
  const caught: unknown = await mint(change).catch((thrown: unknown) => thrown);
  if (!(caught instanceof CloudError)) throw new Error(`not a CloudError: ${String(caught)}`);
  return caught;
}

/** As the job's own tools do with an assertion that they were given: without us. */
export async function tradeAsJob(
  entra: LocalEntra,
  assertion: string,
  resource: string,
  more: Readonly<Record<string, string>> = {},
) {
  const { tenant_id, client_id } = plan();
  const response = await fetch(`${entra.url}/${tenant_id}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      client_id,
      scope: `${resource}/.default`,
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
      ...more,
    }),
  });
  return (await response.json()) as { access_token?: string; expires_in?: number; error_codes?: number[] };
}
