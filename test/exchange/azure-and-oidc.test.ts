import { decodeJwt } from "jose";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { brokers } from "../../src/cloud/index.ts";
import type { Exchange } from "../../src/exchange/index.ts";
import { startIssuer as startOurs } from "../cloud/issuer.ts";
import { useStore } from "../helpers/stores.ts";
import { access } from "../recorder/world.ts";
import { tokenCanary } from "../sandbox/clouds/entra/tokens.ts";
import { type LocalEntra, startLocalEntra } from "../sandbox/clouds/index.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { ask, codeOf, startWorld, states, type World } from "./world.ts";

// The exchange with the real brokers: POST /token to what the job gets, and what is left of it behind.

const tenantId = "11111111-1111-1111-1111-11111111111a";
const clientId = "22222222-2222-2222-2222-22222222222b";
const arm = "https://management.azure.com";
const graph = "https://graph.microsoft.com";
const requestText = `version: 1
role: operator
reason: List what is there
duration: 1h
workflow: { repository: acme/infra, file: .github/workflows/delete.yml, ref: refs/heads/main, environment: production }
`;
const targetOf = (cloud: string, role: string): string => `version: 1
cloud: ${cloud}
roles:
  operator:
${role}
    max_duration: 4h
    workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main"]
`;
const azureTarget = (resources: readonly string[] = [arm], delivery = "token") =>
  targetOf(
    "azure",
    `    tenant_id: ${tenantId}\n    client_id: ${clientId}\n    delivery: ${delivery}\n    resources: [${resources.join(", ")}]`,
  );
const oidcTarget = targetOf("oidc", `    audience: https://vault.acme.example\n    claims: { team: platform }`);

const open = useStore();
let issuer: Issuer;
let ours: Awaited<ReturnType<typeof startOurs>>;
let entra: LocalEntra;
let world: World;
let exchange: Exchange;
beforeEach(async () => {
  issuer = await startIssuer();
  ours = await startOurs(() => world.time.now);
  entra = await startLocalEntra({ now: () => world.time.now, random: () => 0.5 });
});
afterEach(async () => {
  await Promise.all([issuer.close(), ours.close(), entra.close()]);
});

async function start(target: string): Promise<void> {
  world = await startWorld((await open()).db, issuer, { target, text: requestText });
  const kind = /^cloud: (\w+)$/m.exec(target)?.[1];
  const subject = `repository:${access.id}:${kind}:aws-prod:operator`;
  const federatedCredentials = [{ issuer: ours.url, subject, audience: "api://AzureADTokenExchange" }];
  entra.configure({ tenantId, clientId, federatedCredentials, subscriptions: [] });
  const keys = { signAssertion: ours.sign };
  exchange = world.restart({ keys, brokers: brokers({ azureEndpoint: entra.url }) });
}
const job = (params: Readonly<Record<string, string>> = {}, claims: Readonly<Record<string, unknown>> = {}) =>
  ask({ exchange, issuer }, claims, params);
const issued = () => world.github.entries().filter(({ type }) => type === "issued");
const uses = async () => (await world.db.selectFrom("grant_use").selectAll().execute()).length;

describe("an azure grant", () => {
  test("gives the job a token of Entra, and the ledger what names it", async () => {
    await start(azureTarget());
    const answer = await job();
    expect(answer).toMatchObject({
      status: 200,
      body: { token_type: "Bearer", expires_in: 4500, kind: "azure", issued: "token", azure_resource: arm },
    });
    const [call] = entra.log;
    expect(issued()).toMatchObject([
      {
        kind: "azure",
        subject: `repository:${access.id}:azure:aws-prod:operator`,
        identifiers: { issued: "token", resource: arm, unique_token_id: call?.uniqueTokenId },
        expires_at: "2026-11-23T11:15:00Z", // the grant ends at 10:30
      },
    ]);
  });

  test("with delivery: assertion gives a fresh assertion, which the ledger tells from a token, with its tail", async () => {
    await start(azureTarget([arm], "assertion"));
    const { body } = await job();
    expect(body).toMatchObject({ token_type: "N_A", expires_in: 300, issued: "assertion" });
    const { jti } = decodeJwt(String(body["access_token"]));
    expect(issued()).toMatchObject([
      {
        identifiers: {
          issued: "assertion",
          assertion_id: jti,
          tokens_until: "2026-11-23T11:35:00Z",
          graph_tokens_until: "2026-11-24T10:05:00Z",
        },
        expires_at: "2026-11-23T10:05:00Z",
      },
    ]);
  });

  test("a resource that is none of the role's is invalid_target, before a use is counted or Entra is asked", async () => {
    await start(azureTarget());
    for (const resource of [graph, `${arm}/`]) {
      const answer = await job({ resource });
      expect(answer).toMatchObject({ status: 400, body: { error: "invalid_target" } });
    }
    expect([await uses(), (await states(world.db)).length, entra.log.length]).toEqual([0, 0, 0]);
  });

  test("C50 which of several resources is never chosen for the job; it is told to say, and then gets that one", async () => {
    await start(azureTarget([arm, graph]));
    const answer = await job();
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_target" } });
    expect(codeOf(answer)).toBe("resource_required");
    expect([await uses(), entra.log.length]).toEqual([0, 0]);
    expect((await job({ resource: graph })).body).toMatchObject({ azure_resource: graph });
    expect((await job({ resource: arm })).body).toMatchObject({ azure_resource: arm });
    expect(await uses()).toBe(1); // one run attempt, however many resources
  });

  test("C44 a stranger is told nothing of resources", async () => {
    await start(azureTarget([arm, graph]));
    const workflow_ref = "acme/infra/.github/workflows/other.yml@refs/heads/main";
    expect(codeOf(await job({}, { workflow_ref, job_workflow_ref: workflow_ref }))).toBe("access_denied");
    expect(codeOf(await job({ resource: "https://x.example" }, { workflow_ref }))).toBe("access_denied");
  });

  test("what Entra refuses reaches the job as our words, and the operator with the number and the id in Entra's log", async () => {
    await start(azureTarget());
    entra.configure({ tenantId, clientId, federatedCredentials: [], subscriptions: [] });
    const { status, body } = await job();
    expect(status).toBe(403);
    expect(body).toMatchObject({ error: "cloud_refused" });
    expect(body["error_description"]).toContain(`subject repository:${access.id}:azure:aws-prod:operator`);
    const [{ requestId } = { requestId: "" }] = entra.log;
    expect(world.log).toContainEqual(
      expect.objectContaining({
        cause: expect.objectContaining({
          code: "cloud_denied",
          upstream: { name: "AADSTS700211", message: "invalid_client", status: 401, request_id: requestId },
        }) as object,
      }),
    );
    expect(await states(world.db)).toEqual(["dropped"]);
  });

  test("an Entra that does not answer now is for the next try", async () => {
    await start(azureTarget());
    entra.failNext({ status: 503, body: "" });
    expect((await job()).status).toBe(503);
    expect((await job()).status).toBe(200);
  });
});

describe("an oidc grant", () => {
  test("gives the job a token of ours that ends with the grant, and takes no resource", async () => {
    await start(oidcTarget);
    expect(await job({ resource: arm })).toMatchObject({ status: 400, body: { error: "invalid_target" } });
    const { body } = await job();
    expect(body).toMatchObject({ kind: "oidc", token_type: "N_A", expires_in: 1800 });
    expect(decodeJwt(String(body["access_token"]))).toMatchObject({
      aud: "https://vault.acme.example",
      team: "platform",
    });
    expect(issued()).toMatchObject([{ kind: "oidc", expires_at: "2026-11-23T10:30:00Z" }]);
  });

  test("C61 our own assertion at /token is refused, as is one for another audience", async () => {
    await start(oidcTarget);
    const { body } = await job();
    const form = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      subject_token: String(body["access_token"]),
    });
    const answer = await exchange.token(form, { correlationId: "c", remote: "r" });
    expect(answer.status).toBe(400);
    expect(codeOf(answer)).toBe("token_issuer");
  });
});

describe("C44 nothing that is written", () => {
  async function everything(): Promise<string> {
    const tables = await sql<{ name: string }>`select table_name as name from information_schema.tables
      where table_schema = current_schema()`.execute(world.db);
    const rows = await Promise.all(
      tables.rows.map(({ name }) => sql`select * from ${sql.table(name)}`.execute(world.db)),
    );
    return JSON.stringify([rows.map((result) => result.rows), world.github.entries(), world.log, entra.log]);
  }

  test.each([
    ["an azure token", azureTarget()],
    ["an azure assertion", azureTarget([arm], "assertion")],
    ["an oidc token", oidcTarget],
  ])("holds %s, after a success, a refusal and a failure", async (_, target) => {
    await start(target);
    const answers = [await job(), await job({ resource: "https://x.example" })];
    entra.configure({ tenantId, clientId, federatedCredentials: [], subscriptions: [] });
    answers.push(await job());
    const secrets = [String(answers[0]?.body["access_token"]), ...ours.signed.map(({ jwt }) => jwt)];
    expect(secrets[0]).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const found = (text: string) =>
      text.includes(tokenCanary) ||
      /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/.test(text) ||
      secrets.some((secret) => text.includes(secret.split(".")[2] ?? ""));
    const written = await everything();
    expect(written).toContain('"issued"');
    expect(found(written)).toBe(false);
    expect(found(JSON.stringify(answers.filter(({ status }) => status !== 200)))).toBe(false);

    // The search finds what it is to find: planted in a row, in the log and as a lone signature.
    for (const secret of secrets) expect(found(secret.slice(secret.lastIndexOf(".") + 1))).toBe(true);
    await world.db
      .updateTable("exchange")
      .set({ correlation_id: secrets[0] ?? "" })
      .execute();
    expect(found(await everything())).toBe(true);
  });
});
