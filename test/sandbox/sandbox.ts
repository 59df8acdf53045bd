import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { accessRepo, startWorld, targetRepo } from "./world.ts";

const usage = `npm run sandbox [-- --json]

Starts the local world of the demo and stays until Ctrl-C: play every role with curl, git or Octokit.
No runner takes the jobs: you are the runner. Ask jobToken for a job's OIDC token and POST it to <app>/token.
You are the operator as well: the commands of a running server take dataDir as --data-dir, audit verify ledgerPublicKey as --key.
  --json          one JSON object on the first line of standard output
  DATABASE_URL    use this PostgreSQL instead of the embedded database
`;

const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const dir = await mkdtemp(path.join(tmpdir(), "countersign-sandbox-"));
const databaseUrl = process.env.DATABASE_URL;
const world = await startWorld({
  dir,
  log: pino({ level: process.env.LOG_LEVEL ?? "warn" }, pino.destination(2)),
  ...(databaseUrl ? { databaseUrl } : {}),
});
// Everything below takes requests: enrolment is done.
await world.app.idle();

const { github, aws, app } = world;
const users = Object.fromEntries(Object.entries(github.users).map(([login, user]) => [login, user.token]));
const about = {
  github: github.apiUrl,
  app: app.url,
  clouds: aws.url,
  users,
  accessRepo,
  targetRepo,
  git: github.repository(accessRepo).cloneUrl,
  jobToken: github.jobTokenUrl,
  ledgerPublicKey: app.ledgerPublicKey,
  dataDir: world.env["DATA_DIR"] ?? "",
  ...(databaseUrl ? { databaseUrl } : {}),
};
if (values.json) process.stdout.write(`${JSON.stringify(about)}\n`);
else {
  const lines = Object.entries(about).map(([key, value]) =>
    typeof value === "string"
      ? `  ${key.padEnd(15)} ${value}`
      : `  ${key}\n${Object.entries(value)
          .map(([login, token]) => `    ${login.padEnd(9)} ${token}`)
          .join("\n")}`,
  );
  process.stdout.write(`The local world is up. Ctrl-C ends it.\n\n${lines.join("\n")}\n`);
}

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void world
    .close()
    .then(() => rm(dir, { recursive: true, force: true }))
    .finally(() => process.exit(0));
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
