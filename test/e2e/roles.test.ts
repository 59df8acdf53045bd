import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Pool } from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyClone } from "../../src/audit/index.ts";
import type { CheckedEntry } from "../../src/ledger/types.ts";
import { freshDatabase } from "../helpers/stores.ts";
import { secretCanary } from "../sandbox/clouds/index.ts";
import { git } from "../sandbox/players.ts";
import { accessRepo, target } from "../sandbox/seed.ts";
import { access, Play } from "./play.ts";

// Roles are tried when their policy is accepted, with the production server: check run, ledger, clouds.

let play: Play;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let log = "";
beforeAll(async () => {
  database = await freshDatabase();
  const sink = { write: (line: string) => void (log += line) };
  play = await Play.start({ databaseUrl: database.url, log: pino({ level: "trace" }, sink) });
});
afterAll(async () => {
  await play.end();
  await database.drop();
});

const targetPath = "targets/aws-prod.yml";
const deployer = "arn:aws:iam::123456789012:role/countersign-deployer";
const api = () => play.world.player("bob").api.rest;
const tip = () => git(play.world.github.repository(accessRepo).dir, "rev-parse", "main");
const checksOn = async (ref: string) => (await api().checks.listForRef({ ...access, ref })).data.check_runs;
const checked = async () => (await play.ledger()).filter((e): e is CheckedEntry => e.type === "checked");
/** The tries of roles that the local AWS saw. */
const tries = () =>
  play.world.aws.log.filter(({ parameters }) => parameters?.["RoleSessionName"]?.startsWith("countersign-check-"));

test("at enrolment each role is tried, and the commit says that it can be assumed", async () => {
  const [run, ...more] = await checksOn(await tip());
  expect(more).toEqual([]);
  expect(run).toMatchObject({ name: "countersign / roles", conclusion: "success" });
  expect(run?.output.title).toBe("The role can be assumed");
  expect(await checked()).toMatchObject([{ target: "aws-prod", role: "operator", outcome: "ok", commit: await tip() }]);
  expect(tries()).toMatchObject([{ allowed: true, parameters: { DurationSeconds: "900" } }]);
});

test("C31 a policy pull request that changes a role_arn: its merge commit says what is missing, under a name of its own", async () => {
  const changed = target.replace("role/countersign-operator", "role/countersign-deployer");
  const ask = await play.ask({ files: { [targetPath]: changed } });
  await play.review("bob", ask);
  expect(await play.merged(ask)).toBe(true);
  const merge = (await api().pulls.get({ ...access, pull_number: ask.number })).data.merge_commit_sha ?? "";
  const runs = await checksOn(merge);
  expect(runs.map((run) => `${run.name} ${run.conclusion}`)).toEqual(["countersign / roles failure"]);
  expect(runs[0]?.output.title).toBe("1 of 1 role cannot be assumed: aws-prod/operator");
  for (const part of [deployer, "sts:TagSession", "npx countersign setup aws-prod --role operator --issuer-url"])
    expect(runs[0]?.output.summary).toContain(part);
  expect((await checked()).at(-1)).toMatchObject({ outcome: "missing", code: "cloud_denied", commit: merge });
  // The pull request's own check is what it was, and a request is not stopped by what AWS lacks.
  expect(await play.check(ask.head)).toMatchObject({ conclusion: "success" });
  expect((await play.check((await play.ask()).head)).conclusion).toBe("action_required");

  // An administrator mends it and presses the button.
  play.world.aws.roles.configure({
    roleArn: deployer,
    trust: {
      issuer: play.world.app.url,
      audience: "sts.amazonaws.com",
      subject: `repository:${play.world.github.repository(accessRepo).id}:aws:aws-prod:operator`,
      roleAuthorizedByIdp: true,
    },
    permissions: [{ Effect: "Allow", Action: ["s3:*"], Resource: ["*"] }],
  });
  play.world.clock.skip(61);
  await api().checks.rerequestRun({ ...access, check_run_id: Number(runs[0]?.id) });
  await play.settle();
  const after = await checksOn(merge);
  expect(after.map((run) => `${run.name} ${run.conclusion}`)).toEqual(["countersign / roles success"]);
  expect((await checked()).map((e) => e.outcome)).toEqual(["ok", "missing", "ok"]);
  expect(tries()).toHaveLength(3);
});

test("C44 nothing of it is in a log, a row or the ledger, and the ledger verifies", async () => {
  const pool = new Pool({ connectionString: database.url });
  const { rows: tables } = await pool.query<{ name: string }>(
    "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'",
  );
  const parts = await Promise.all(tables.map(({ name }) => pool.query<{ t: string }>(`select t::text from ${name} t`)));
  await pool.end();
  const rows = parts.flatMap((part) => part.rows.map(({ t }) => t)).join("\n");
  const ledger = JSON.stringify(await play.ledger());
  expect(log).toContain("role tried");
  for (const { accessKeyId } of tries()) expect(log + rows + ledger).not.toContain(accessKeyId ?? "none");
  for (const text of [log, rows, ledger]) {
    expect(text.includes(secretCanary)).toBe(false);
    expect(/eyJ[\w-]+\.eyJ/.test(text)).toBe(false);
  }
  const clone = await mkdtemp(path.join(tmpdir(), "countersign-audit-"));
  await git(clone, "clone", "--quiet", play.world.github.repository(accessRepo).dir, ".");
  const audit = await verifyClone(clone, { keys: [play.world.app.ledgerPublicKey] });
  await rm(clone, { recursive: true, force: true });
  expect([audit.ok, audit.problems]).toEqual([true, []]);
});
