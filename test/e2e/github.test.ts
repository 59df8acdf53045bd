import { createHash } from "node:crypto";
import { Octokit } from "@octokit/rest";
import { Pool } from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase } from "../helpers/stores.ts";
import type { Seed } from "../sandbox/github/index.ts";
import { exchange } from "../sandbox/main-job.ts";
import { seed as acme, targetRepo, workflowPath } from "../sandbox/seed.ts";
import { startServer } from "../sandbox/world.ts";
import { Play } from "./play.ts";

// A target of kind github from the pull request to the end of its token, with the production server.

const target = `version: 1
cloud: github
description: Repositories of acme
roles:
  editor:
    permissions: { contents: write, issues: write }
    repositories: [acme/infra, acme/website]
    max_duration: 4h
    workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main"]
    environments: [production]
  forger:
    permissions: { contents: write }
    repositories: [acme/infra, acme/access]
    max_duration: 4h
    workflows: ["acme/infra/.github/workflows/*.yml@refs/heads/main"]
    environments: [production]
`;
const requestText = (more = "repositories: [acme/website]\npermissions: { contents: write }\n"): string => `version: 1
role: editor
reason: Mend the website that nobody else can mend
duration: 30m
workflow: { repository: ${targetRepo}, file: ${workflowPath}, ref: refs/heads/main, environment: production }
${more}`;
const seed: Seed = {
  ...acme,
  apps: [{ slug: "broker", permissions: { contents: "write", issues: "write" } }],
  repositories: acme.repositories.map((r) => ({
    ...r,
    // As no operator should: on the access repo as well.
    installed: ["countersign", "broker"],
    ...(r.name === "access" && { files: { ...r.files, "targets/github-prod.yml": target } }),
  })),
};
const website = { owner: "acme", repo: "website" };

let play: Play;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let log = "";
const tokens: string[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  const sink = { write: (line: string) => void (log += line) };
  play = await Play.start({ seed, databaseUrl: database.url, log: pino({ level: "trace" }, sink) });
});
afterAll(async () => {
  await play.end();
  await database.drop();
});

const ask = async (text = requestText()) => {
  const name = play.name();
  const path = `requests/github-prod/2026-11/${name}.yml`;
  const pull = await play.ask({ files: { [path]: text } });
  return { ...pull, path };
};
const grant = async (text?: string) => {
  const asked = await ask(text);
  await play.review("bob", asked);
  if (!(await play.merged(asked))) throw new Error((await play.check(asked.head)).summary);
  return asked;
};
/** The job's exchange: the token, or the code of the refusal. */
const use = async (path: string): Promise<{ token: string; body: Record<string, unknown> }> => {
  const { body } = await exchange(play.world, await play.token(), { audience: "github-prod", request: path });
  const token = typeof body["access_token"] === "string" ? body["access_token"] : "";
  if (token) tokens.push(token);
  return { token, body };
};
const codeOf = (body: Record<string, unknown>): string => String(body["error_uri"]).split("#")[1] ?? "";
/** 200 where the token opens the file, 401 where it is no token any more. */
const opens = (token: string, repo = website): Promise<number> =>
  new Octokit({
    auth: token,
    baseUrl: play.world.github.apiUrl,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  }).rest.repos
    .getContent({ ...repo, path: "README.md", ref: "main" })
    .then(
      ({ status }) => status,
      (error: { status: number }) => error.status,
    );

test("the plan shows names and ids, the job gets a token for exactly those, and it ends with the grant within a sweep", async () => {
  const asked = await grant();
  const { summary } = await play.check(asked.head);
  expect(summary).toContain("acme/website");
  const { token, body } = await use(asked.path);
  expect(body).toMatchObject({ kind: "github", token_type: "Bearer", github_repositories: ["acme/website"] });
  expect(Number(body["expires_in"])).toBeLessThanOrEqual(1800);
  expect(await opens(token)).toBe(200);
  const job = new Octokit({
    auth: token,
    baseUrl: play.world.github.apiUrl,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  await job.rest.repos.createOrUpdateFileContents({ ...website, path: "new.md", message: "x", content: "eA==" });
  await expect(job.rest.issues.create({ ...website, title: "x" })).rejects.toMatchObject({ status: 403 });
  await expect(
    job.rest.checks.create({ ...website, name: "countersign", head_sha: "a".repeat(40) }),
  ).rejects.toMatchObject({ status: 403 });

  const entry = (await play.ledger()).find((e) => e.type === "issued" && e.path === asked.path);
  expect(entry).toMatchObject({
    kind: "github",
    identifiers: {
      repository_ids: String(play.world.github.repository("acme/website").id),
      hashed_token: createHash("sha256").update(token).digest("base64"),
    },
  });
  play.world.clock.skip(1740);
  await play.settle();
  expect(await opens(token)).toBe(200);
  play.world.clock.skip(61);
  await play.settle();
  expect(await opens(token)).toBe(401);
});

test("C59 a merged deletion of the request ends its tokens at once", async () => {
  const asked = await grant();
  const { token } = await use(asked.path);
  expect(await opens(token)).toBe(200);
  await play.pushMain({ [asked.path]: null });
  expect(await opens(token)).toBe(401);
  expect(codeOf((await use(asked.path)).body)).toBe("grant_revoked");
});

test("C56 a policy that no longer yields the plan ends its tokens at once; with the policy back the grant goes on", async () => {
  const asked = await grant(`${requestText()}runs: 3\n`);
  const { token } = await use(asked.path);
  const targetPath = "targets/github-prod.yml";
  const merge = async (text: string) => {
    const pull = await play.ask({ files: { [targetPath]: text } });
    await play.review("bob", pull);
    expect(await play.merged(pull)).toBe(true);
  };
  await merge(target.replace("description: Repositories of acme", "description: Repositories"));
  expect(await opens(token)).toBe(200);
  await merge(target.replace("[acme/infra, acme/website]", "[acme/infra]"));
  expect(await opens(token)).toBe(401);
  expect(codeOf((await use(asked.path)).body)).toBe("policy_changed");
  await merge(target);
  const again = await use(asked.path);
  expect(await opens(again.token)).toBe(200);
});

test("C58 a server that stopped meanwhile ends them when it is back, C59 and a freeze by its environment at once", async () => {
  const asked = await grant();
  const { token } = await use(asked.path);
  await play.world.app.close();
  expect(await opens(token)).toBe(200);
  const again = async (env: Record<string, string>) =>
    Object.assign(play.world, {
      app: await startServer({ ...play.world, env: { ...play.world.env, ...env }, port: 0 }),
    });
  await again({ COUNTERSIGN_FROZEN: "target:github-prod" });
  await play.settle();
  play.world.clock.skip(61);
  await play.settle();
  expect(await opens(token)).toBe(401);
  await play.world.app.close();
  await again({});
  await play.settle();
});

test("C51 an access repo is refused in the pull request, whatever the role says and the App could", async () => {
  const { check } = await refused("", "forger");
  expect(check.conclusion).toBe("failure");
  expect(JSON.stringify(check)).toContain("acme/access is an access repo: nothing is ever granted on it");
});
const refused = async (more: string, role = "editor") => {
  const asked = await ask(requestText(more).replace("role: editor", `role: ${role}`));
  return { asked, check: await play.check(asked.head) };
};

test("C51 a permission that the role does not have, or that no role can have, is refused in the pull request", async () => {
  for (const more of ["permissions: { administration: write }\n", "permissions: { pull_requests: write }\n"])
    expect((await refused(more)).check.conclusion).toBe("failure");
});

test("C07 a re-created repository of the same name is another: the grant is refused, its plan is not what was approved", async () => {
  const asked = await grant();
  await play.world.github.change.recreateRepository({
    owner: "acme",
    name: "website",
    files: { "README.md": "another\n" },
    installed: ["countersign", "broker"],
  });
  play.world.clock.skip(31);
  const { body } = await use(asked.path);
  expect(codeOf(body)).toBe("policy_changed");
  expect(body["access_token"]).toBeUndefined();
  // What asks anew gets the new one.
  expect(await opens((await use((await grant()).path)).token)).toBe(200);
});

test("an App that was uninstalled is told to the job with the cure, and to a new pull request", async () => {
  const asked = await grant();
  play.world.github.change.suspendInstallation("acme", true, "broker");
  play.world.clock.skip(31);
  const { body } = await use(asked.path);
  expect(codeOf(body)).toBe("cloud_refused");
  expect(String(body["error_description"])).toContain("suspended");
  const next = await ask();
  expect((await play.check(next.head)).conclusion).toBe("failure");
  play.world.github.change.suspendInstallation("acme", false, "broker");
  play.world.clock.skip(31);
});

test("C44 no token is in a log, a row, the ledger or a check; the search finds one that is planted", async () => {
  await use((await grant()).path);
  expect(tokens).not.toEqual([]);
  const pool = new Pool({ connectionString: database.url });
  const { rows: tables } = await pool.query<{ name: string }>(
    "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'",
  );
  const dump = async (): Promise<string> => {
    const parts = await Promise.all(
      tables.map(({ name }) => pool.query<{ t: string }>(`select t::text from ${name} t`)),
    );
    return parts.flatMap(({ rows }) => rows.map(({ t }) => t)).join("\n");
  };
  const ledger = JSON.stringify(await play.ledger());
  const dumped = await dump();
  expect(dumped).toContain("v1."); // sealed, it is there
  for (const token of tokens) {
    for (const text of [log, ledger, dumped]) expect(text.includes(token)).toBe(false);
  }
  await pool.query("update job set last_error = $1", [tokens[0]]);
  expect((await dump()).includes(tokens[0] ?? "none")).toBe(true);
  await pool.end();
});

test("without the second App no request of kind github is decided on", async () => {
  await play.world.app.close();
  const { BROKER_APP_ID: _id, BROKER_PRIVATE_KEY: _key, ...env } = play.world.env;
  Object.assign(play.world, { app: await startServer({ ...play.world, env, port: 0 }) });
  await play.settle();
  const { head } = await ask();
  const check = await play.check(head);
  expect(check.conclusion).toBe("failure");
  expect(JSON.stringify(check)).toContain("CS2031");
  await play.world.app.close();
  Object.assign(play.world, { app: await startServer({ ...play.world, port: 0 }) });
  await play.settle();
});
