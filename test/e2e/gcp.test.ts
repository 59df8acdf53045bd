import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/store/index.ts";
import { accountResource, bucketResource, projectResource, tokenCanary } from "../sandbox/clouds/google/index.ts";
import { executeRun } from "../sandbox/jobs.ts";
import { git } from "../sandbox/players.ts";
import { accessRepo, seed } from "../sandbox/seed.ts";
import { Play } from "./play.ts";

// A gcp target through the whole server: asked, approved, dispatched, exchanged by the built Action, used with tools that know
// nothing of Countersign; then everything that was written is searched for what must not be there.

const provider = "projects/123/locations/global/workloadIdentityPools/countersign/providers/countersign";
const account = "deployer@acme-prod.iam.gserviceaccount.com";
const target = `version: 1
cloud: gcp
description: Production project
roles:
  deployer:
    workload_identity_provider: ${provider}
    service_account: ${account}
    max_duration: 4h
    workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main"]
`;
const step = (more: string) => `      - id: countersign
        uses: acme/countersign-action@v1
        with: { url: "\${{ vars.COUNTERSIGN_URL }}", target: gcp-prod${more} }
`;
const workflow = (steps: string) => `name: Read logs
on: { workflow_dispatch: { inputs: { bucket: { required: true, type: string } } } }
permissions: { id-token: write }
jobs:
  read:
    runs-on: ubuntu-latest
    steps:
${steps}`;
/** What a workflow may do with a token: read what was approved, and try more. */
const short = workflow(`${step("")}      - env: { BUCKET: "\${{ inputs.bucket }}" }
        run: |
          ask() { curl -s -o /dev/null -w "%{http_code}" -H "Authorization: Bearer $CLOUDSDK_AUTH_ACCESS_TOKEN" "$@"; }
          echo "project $GOOGLE_CLOUD_PROJECT"
          echo "read $(ask "$GOOGLE_URL/storage/v1/b/$BUCKET/o/a")"
          echo "delete $(ask -X DELETE "$GOOGLE_URL/storage/v1/b/$BUCKET/o/a")"
          echo "neighbour $(ask "$GOOGLE_URL/storage/v1/b/acme-live/o/a")"
          echo "elsewhere $(ask "$GOOGLE_URL/v3/projects/acme-prod")"
`);
/** A job that outlives its token: Google's client library refreshes it by itself. */
const long = workflow(`${step(', credentials-file: "true"')}      - run: |
          "$NODE" --input-type=module -e '
            const { GoogleAuth } = await import(process.env.GOOGLE_AUTH_LIBRARY);
            const client = await new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/devstorage.read_only"] }).getClient();
            const read = async () => (await client.request({ url: process.env.GOOGLE_URL + "/storage/v1/b/acme-logs/o/a?alt=media" })).data;
            console.log("first", await read());
            client.setCredentials({ access_token: "expired", expiry_date: 1 });
            console.log("second", await read());
            console.log("project", await new GoogleAuth().getProjectId());
          '
      - run: stat -c %a "$GOOGLE_APPLICATION_CREDENTIALS"
`);

const request = (file: string, more = "") => `version: 1
role: deployer
reason: Read the logs of last night's outage
duration: 1h
workflow: { repository: acme/infra, file: ${file}, ref: refs/heads/main }
dispatch: { inputs: { bucket: acme-logs } }
${more}`;
const boundary = `boundary: [{ resource: "${bucketResource("acme-logs")}", permissions: ["inRole:roles/storage.objectViewer"] }]\n`;
const [shortFile, longFile] = [".github/workflows/short.yml", ".github/workflows/long.yml"];

let play: Play;
const logged: string[] = [];
beforeAll(async () => {
  const repositories = seed.repositories.map((repo) => {
    if (repo.name === "access") return { ...repo, files: { ...repo.files, "targets/gcp-prod.yml": target } };
    if (repo.name === "infra") return { ...repo, files: { ...repo.files, [shortFile]: short, [longFile]: long } };
    return repo;
  });
  const log = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
  play = await Play.start({ seed: { ...seed, repositories }, log });
  const { google, github, app } = play.world;
  const subject = `repository:${github.repository(accessRepo).id}:gcp:gcp-prod:deployer`;
  const member = `principal://iam.googleapis.com/${provider.replace(/\/providers.*/, "")}/subject/${subject}`;
  // What `countersign setup` will print and an administrator of the project does once.
  google.configure.provider({ name: provider, issuer: app.url, condition: `assertion.sub == "${subject}"` });
  google.configure.serviceAccount({ email: account });
  google.bindings.push({ resource: accountResource(account), role: "roles/iam.workloadIdentityUser", member });
  for (const bucket of ["acme-logs", "acme-live"]) {
    google.buckets.set(bucket, new Map([["a", `hello from ${bucket}`]]));
    const resource = bucketResource(bucket);
    google.bindings.push({ resource, role: "roles/storage.objectAdmin", member: `serviceAccount:${account}` });
  }
  const project = projectResource("acme-prod");
  google.bindings.push({ resource: project, role: "roles/browser", member: `serviceAccount:${account}` });
}, 120_000);
afterAll(() => play.end());

/** Asked by alice, approved by bob, started by the app, executed with the built Action. */
async function job(file: string, more = "") {
  const name = play.name();
  const asked = await play.ask({ files: { [`requests/gcp-prod/${name}.yml`]: request(file, more) } });
  const check = await play.check(asked.head);
  await play.review("bob", asked);
  const [run] = play.world.github.runs.open();
  if (!run) throw new Error(`no run was started: ${(await play.check(asked.head)).summary}`);
  const { github, app, aws, google, dir } = play.world;
  const env = {
    GOOGLE_URL: google.url,
    GOOGLE_AUTH_LIBRARY: import.meta.resolve("google-auth-library"),
    NODE: process.execPath,
    NO_GCE_CHECK: "true",
  };
  const result = await executeRun({ github, appUrl: app.url, awsUrl: aws.url, dir: path.join(dir, "jobs"), env }, run);
  return { check, result, path: `requests/gcp-prod/${name}.yml` };
}
const issued = async (of: string) =>
  (await play.ledger()).filter((entry) => entry.type === "issued" && entry.path === of);

test("a job reads the bucket that was approved, may not delete nor read its neighbour, and the plan had said what else it may", async () => {
  const { check, result, path: file } = await job(shortFile, boundary);
  expect(check.summary).toContain("acme-logs");
  expect(check.summary).toContain("A boundary is for Cloud Storage only");
  expect(result.conclusion).toBe("success");
  for (const line of ["project acme-prod", "read 200", "delete 403", "neighbour 403", "elsewhere 200"])
    expect(result.log).toContain(line);
  expect(result.log).not.toContain(tokenCanary);

  const [entry, ...more] = await issued(file);
  expect(more).toEqual([]);
  expect(entry).toMatchObject({
    kind: "gcp",
    target: "gcp-prod",
    identifiers: {
      principal: expect.stringMatching(/^principal:\/\/iam\.googleapis\.com\/.*:gcp:gcp-prod:deployer$/) as string,
      service_account: account,
      user_agent: expect.stringMatching(/^countersign grant\/[0-9a-f-]{36} exchange\/[0-9a-f-]{36}$/) as string,
    },
  });
  const agents = new Set(
    play.world.google.log
      .filter(({ userAgent }) => userAgent?.startsWith("countersign"))
      .map(({ userAgent }) => userAgent),
  );
  if (entry?.type !== "issued") throw new Error("no entry");
  expect(agents).toContain(entry.identifiers["user_agent"]);
  expect(agents).toContain(`countersign grant/${entry.grant} exchange/${entry.exchange}`);
}, 120_000);

test("a long job's client library renews its token by ordinary exchanges, with Node's google-auth-library", async () => {
  const { result, path: file } = await job(longFile);
  expect(result.log).toContain("first hello from acme-logs");
  expect(result.log).toContain("second hello from acme-logs");
  expect(result.log).toContain("project acme-prod");
  expect(result.log).toContain("600");
  expect(result.conclusion).toBe("success");
  expect(result.log).not.toContain(tokenCanary);
  // One by the Action, two by the library, under the one use of the one run.
  expect(await issued(file)).toHaveLength(3);
  const left = await promisify(execFile)("find", [path.join(play.world.dir, "jobs"), "-name", "countersign-gcp-*"]);
  expect(left.stdout).toBe("");
}, 120_000);

test("a library whose grant has ended is told so", async () => {
  const asked = await play.ask({
    files: { "requests/gcp-prod/ended.yml": request(longFile).replace(/^dispatch.*\n/m, "") },
  });
  await play.review("bob", asked);
  const claims = {
    workflow_ref: `acme/infra/${longFile}@refs/heads/main`,
    job_workflow_ref: `acme/infra/${longFile}@refs/heads/main`,
    environment: null,
  };
  const library = {
    audience: "gcp-prod",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    scope: "https://www.googleapis.com/auth/cloud-platform",
  };
  const ask = async () => {
    const body = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: await play.token({ ...claims, run_id: "19800000001" }),
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      ...library,
    });
    const answer = await fetch(`${play.world.app.url}/token`, { method: "POST", body });
    return (await answer.json()) as Readonly<Record<string, unknown>>;
  };
  expect(await ask()).toMatchObject({
    token_type: "Bearer",
    issued_token_type: library.requested_token_type,
    scope: library.scope,
    kind: "gcp",
    gcp_project: "acme-prod",
  });
  play.world.clock.skip(3601);
  expect(await ask()).toMatchObject({ error: "grant_expired" });
}, 120_000);

test("C44 C47 neither a token nor an assertion is in anything that the server wrote", async () => {
  const { dir, env } = play.world;
  const store = await openStore({ databaseUrl: env["DATABASE_URL"] ?? "" });
  const tables = await sql<{ name: string }>`
    select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`.execute(store.db);
  const rows: string[] = [];
  for (const { name } of tables.rows) {
    const all = await sql<{ row: string }>`select row_to_json(t)::text as row from ${sql.raw(name)} t`.execute(
      store.db,
    );
    rows.push(...all.rows.map(({ row }) => row));
  }
  await store.close();
  const ledger = await git(play.world.github.repository(accessRepo).dir, "log", "-p", "--all");
  const written = { log: logged.join(""), database: rows.join("\n"), git: ledger };
  // The issuer's and ledger's public keys, and digests, are no tokens; a JWT is, of whomever.
  const secret = new RegExp(`${tokenCanary}|ya29\\.|eyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}`);
  for (const text of Object.values(written)) {
    expect(text.length).toBeGreaterThan(1000);
    expect(secret.exec(text)?.[0]).toBeUndefined();
  }
  expect(secret.test(`${written.log} ya29.c.${tokenCanary}`)).toBe(true);
  expect(secret.test(`${written.database} ${await play.token()}`)).toBe(true);
  const planted = path.join(dir, "planted");
  await writeFile(planted, `x${tokenCanary}x`);
  expect(secret.test(await readFile(planted, "utf8"))).toBe(true);
}, 120_000);
