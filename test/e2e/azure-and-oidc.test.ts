import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tokenCanary } from "../sandbox/clouds/entra/tokens.ts";
import { executeRun } from "../sandbox/jobs.ts";
import { exchange } from "../sandbox/main-job.ts";
import { git } from "../sandbox/players.ts";
import { accessRepo, seed, targetRepo } from "../sandbox/seed.ts";
import { startWorld, type World } from "../sandbox/world.ts";

// From the pull request to what the job does with it, for azure both ways and for a relying party: the real server, the real
// SDK, the built Action, and our issuer as Entra sees it, over HTTP.

const tenantId = "11111111-1111-1111-1111-11111111111a";
const clientId = "22222222-2222-2222-2222-22222222222b";
const subscription = "33333333-3333-3333-3333-33333333333c";
const file = ".github/workflows/use.yml";
const limits = `    max_duration: 4h
    workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main"]
`;
const azure = (delivery: string) => `version: 1
cloud: azure
roles:
  operator:
    tenant_id: ${tenantId}
    client_id: ${clientId}
    subscription_id: ${subscription}
    delivery: ${delivery}
    resources: [https://management.azure.com, https://vault.azure.net]
${limits}`;
const targets = {
  "azure-token": azure("token"),
  "azure-assertion": azure("assertion"),
  vault: `version: 1
cloud: oidc
roles:
  operator:
    audience: https://vault.acme.example
    claims: { team: platform }
${limits}`,
};
type Target = keyof typeof targets;

/** What a job may do, in the words of whoever wrote it; `fetch` stands for az, Terraform and Vault's client. */
const workflow = `name: Use
on:
  workflow_dispatch:
    inputs:
      target: { required: true, type: string }
      resource: { required: false, type: string }
permissions: { id-token: write }
jobs:
  use:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - id: countersign
        uses: acme/countersign-action@v1
        with:
          url: \${{ vars.COUNTERSIGN_URL }}
          target: \${{ inputs.target }}
          resource: \${{ inputs.resource }}
          token-file: true
      - env: { TOKEN_FILE: "\${{ steps.countersign.outputs.token-file }}" }
        run: |
          node --input-type=module -e '
            import { readFileSync, statSync } from "node:fs";
            const { env } = process;
            const list = async (token) => {
              const url = env.ENTRA + "/subscriptions/${subscription}/resourcegroups?api-version=2021-04-01";
              const answer = await fetch(url, { headers: { authorization: "Bearer " + token } });
              return answer.status + " " + (await answer.json()).value?.map((group) => group.name);
            };
            const file = env.AZURE_FEDERATED_TOKEN_FILE || env.TOKEN_FILE;
            if (file) console.log("mode", (statSync(file).mode & 0o777).toString(8));
            if (env.AZURE_ACCESS_TOKEN) console.log("list", await list(env.AZURE_ACCESS_TOKEN));
            else if (env.AZURE_FEDERATED_TOKEN_FILE) {
              const trade = async (resource) => (await (await fetch(env.ENTRA + "/" + env.AZURE_TENANT_ID + "/oauth2/v2.0/token", {
                method: "POST",
                body: new URLSearchParams({
                  client_id: env.AZURE_CLIENT_ID,
                  scope: resource + "/.default",
                  grant_type: "client_credentials",
                  client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                  client_assertion: readFileSync(file, "utf8"),
                }),
              })).json()).access_token;
              console.log("list", await list(await trade("https://management.azure.com")));
              console.log("vault", typeof (await trade("https://vault.azure.net")));
            } else console.log("token", readFileSync(file, "utf8").split(".").length);
            console.log("careless", env.AZURE_ACCESS_TOKEN || readFileSync(file, "utf8"));
          '
`;

let dir: string;
let world: World;
let log = "";
const secrets: string[] = [];
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "countersign-e2e-"));
  const repositories = seed.repositories.map((repository) => {
    if (repository.name === "access") {
      const files = Object.fromEntries(Object.entries(targets).map(([name, text]) => [`targets/${name}.yml`, text]));
      return { ...repository, files: { ...repository.files, ...files } };
    }
    if (repository.name === "infra") return { ...repository, files: { ...repository.files, [file]: workflow } };
    return repository;
  });
  const write = (line: string) => void (log += line);
  world = await startWorld({ dir, seed: { ...seed, repositories }, log: pino({ level: "trace" }, { write }) });
  await settle();
  const { id } = world.github.repository(accessRepo);
  const trusted = (target: string) => ({
    issuer: world.app.url,
    subject: `repository:${id}:azure:${target}:operator`,
    audience: "api://AzureADTokenExchange",
  });
  world.entra.configure({
    tenantId,
    clientId,
    federatedCredentials: [trusted("azure-token"), trusted("azure-assertion")],
    subscriptions: [subscription],
  });
  world.entra.resourceGroups.set(subscription, new Set(["rg-prod"]));
});
afterAll(async () => {
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

async function settle(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await world.github.settled();
    await world.app.idle();
  }
}

/** Asked by alice, approved by bob, merged and dispatched by the app; the run that waits for a runner. */
async function granted(target: Target, resource = "") {
  world.clock.skip(20);
  const requestPath = `requests/${target}/use.yml`;
  const alice = world.player("alice");
  const access = { owner: "acme", repo: "access" };
  const inputs = resource === "" ? `target: ${target}` : `target: ${target}, resource: ${resource}`;
  await alice.push(
    target,
    {
      [requestPath]: `version: 1
role: operator
reason: See what is there
duration: 1h
workflow: { repository: ${targetRepo}, file: ${file}, ref: refs/heads/main, environment: production }
dispatch: { inputs: { ${inputs} } }
`,
    },
    { from: "origin/main", message: "Ask" },
  );
  const { data } = await alice.api.rest.pulls.create({ ...access, title: target, head: target, base: "main" });
  await settle();
  await world.player("bob").api.rest.pulls.createReview({ ...access, pull_number: data.number, event: "APPROVE" });
  await settle();
  const run = world.github.runs.open().at(-1);
  if (!run) throw new Error(`${target} was not granted`);
  return run;
}

async function ledger(): Promise<string> {
  await world.app.flush();
  const { dir: repository } = world.github.repository(accessRepo);
  return git(repository, "log", "-p", "--format=", "countersign-ledger");
}

const jobs = () => path.join(dir, "jobs");
const work = (run: Awaited<ReturnType<typeof granted>>) =>
  executeRun(
    {
      github: world.github,
      appUrl: world.app.url,
      awsUrl: world.aws.url,
      dir: jobs(),
      env: { ENTRA: world.entra.url },
    },
    run,
  );
/** The same run asks once more, and we see the answer. */
const again = async (run: { readonly id: number }, params: Record<string, string>) =>
  exchange(world, await world.github.jobToken({ aud: world.app.url, run_id: String(run.id) }), params);

test("an azure token: the job lists resource groups with it, and it outlives the grant, as the plan says", async () => {
  const run = await granted("azure-token", "https://management.azure.com");
  const result = await work(run);
  expect(result.log).toContain("list 200 rg-prod");
  expect(result.log).toContain("careless ***");
  expect(result.conclusion).toBe("success");

  const none = await again(run, { audience: "azure-token" });
  expect(none.body).toMatchObject({ error: "invalid_target" });
  expect(String(none.body["error_uri"])).toMatch(/#resource_required$/);
  // Entra draws each token's life: one that will be seen to outlive the grant.
  let lives = 0;
  while (lives < 3900) {
    const { body } = await again(run, { audience: "azure-token", resource: "https://management.azure.com" });
    secrets.push(String(body["access_token"]));
    lives = Number(body["expires_in"]);
    expect(lives).toBeGreaterThanOrEqual(3599);
  }
  world.clock.skip(3600);
  const after = await again(run, { audience: "azure-token", resource: "https://management.azure.com" });
  expect(after.body).toMatchObject({ error: "grant_expired" });
  const url = `${world.entra.url}/subscriptions/${subscription}/resourcegroups?api-version=2021-04-01`;
  const list = await fetch(url, { headers: { authorization: `Bearer ${secrets.at(-1)}` } });
  expect(list.status).toBe(200);
});

test("an azure assertion: the job's own tools trade it, for whatever the application can reach", async () => {
  const run = await granted("azure-assertion");
  const result = await work(run);
  expect(result.log).toContain("mode 600");
  expect(result.log).toContain("list 200 rg-prod");
  expect(result.log).toContain("vault string");
  expect(result.log).toContain("careless ***");
  expect(result.conclusion).toBe("success");
  const { body } = await again(run, { audience: "azure-assertion" });
  expect(body).toMatchObject({ issued: "assertion", expires_in: 300 });
  secrets.push(String(body["access_token"]));
  expect(await ledger()).toContain('"issued":"assertion"');
});

test("a token of ours for a relying party, which checks it with our key set", async () => {
  const run = await granted("vault");
  const result = await work(run);
  expect(result.log).toContain("mode 600");
  expect(result.log).toContain("token 3");
  expect(result.log).toContain("careless ***");
  expect(result.conclusion).toBe("success");
  const { body } = await again(run, { audience: "vault" });
  secrets.push(String(body["access_token"]));
  const keys = createRemoteJWKSet(new URL(`${world.app.url}/.well-known/jwks.json`));
  const { payload } = await jwtVerify(String(body["access_token"]), keys, {
    issuer: world.app.url,
    audience: "https://vault.acme.example",
    currentDate: world.clock.now(),
  });
  expect(payload).toMatchObject({ team: "platform" });
});

test("C44 no token and no assertion is in a log, the database, the ledger, a repository, or left on the runner", async () => {
  const files = (await readdir(jobs(), { recursive: true })).filter((name) => name.endsWith(".jwt"));
  expect(files).toEqual([]); // deleted by the post step; they were there, as `mode 600` says
  expect(secrets.length).toBeGreaterThanOrEqual(3);
  const patterns = [tokenCanary, ...secrets.map((secret) => secret.split(".")[2] ?? "")];
  const found = async (where: string): Promise<string[]> => {
    const all = await Promise.all(
      patterns.map((pattern) =>
        promisify(execFile)("grep", ["-rlaF", "-e", pattern, where]).then(
          ({ stdout }) => stdout.trim().split("\n"),
          () => [],
        ),
      ),
    );
    return all.flat();
  };
  await writeFile(path.join(dir, "server.log"), log);
  await writeFile(path.join(dir, "ledger"), await ledger());
  expect(log).toContain("released");
  for (const part of ["server.log", "ledger", "data", "github"]) expect(await found(path.join(dir, part))).toEqual([]);
  // Any JWT at all, GitHub's own among them.
  expect(log).not.toMatch(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/);
  for (const secret of secrets) {
    await writeFile(path.join(dir, "ledger"), `x${secret}x`);
    expect(await found(path.join(dir, "ledger"))).not.toEqual([]);
  }
});

test("every answer and webhook of the local GitHub fits GitHub's own description", () => {
  expect(world.github.validation.failures).toEqual([]);
  expect(world.github.validation.unvalidated).toEqual([]);
});
