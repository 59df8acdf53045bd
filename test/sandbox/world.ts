import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type Logger, pino } from "pino";
import { type App, startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { SandboxClock } from "./clock.ts";
import { type LocalGoogle, startLocalGoogle } from "./clouds/google/index.ts";
import { type LocalAws, type LocalEntra, startLocalAws, startLocalEntra } from "./clouds/index.ts";
import { type LocalGitHub, startLocalGitHub } from "./github/index.ts";
import { Player } from "./players.ts";
import { accessRepo, roleArn, seed as acme, targetRepo } from "./seed.ts";
import type { Seed } from "./github/index.ts";

export interface WorldOptions {
  /** An empty folder for everything that is written. */
  readonly dir: string;
  readonly databaseUrl?: string;
  readonly log?: Logger;
  readonly seed?: Seed;
  /** Environment of the server beside what the world gives it. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A local GitHub, local clouds and the production server between them, all on loopback and on one clock. */
export interface World {
  readonly clock: SandboxClock;
  readonly github: LocalGitHub;
  readonly aws: LocalAws;
  /** Without applications: a test that has azure targets makes them. */
  readonly entra: LocalEntra;
  /** Trusts nobody yet: a test that has gcp targets sets it up. */
  readonly google: LocalGoogle;
  readonly app: App;
  /** What the server was started with: a second process can be started with the same. */
  readonly env: Readonly<Record<string, string>>;
  readonly dir: string;
  player(login: string): Player;
  close(): Promise<void>;
}

/** The outside world alone, for tests that start the server as a process. */
export interface Outside extends Omit<World, "app" | "close"> {
  readonly port: number;
  close(): Promise<void>;
}

export async function startOutside(options: WorldOptions): Promise<Outside> {
  const { dir, seed = acme } = options;
  await mkdir(dir, { recursive: true });
  const clock = new SandboxClock();
  const now = () => clock.now();
  const github = await startLocalGitHub({ dir: path.join(dir, "github"), now, seed });
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const aws = await startLocalAws({ now, issuerUrl: publicUrl });
  const entra = await startLocalEntra({ now });
  const google = await startLocalGoogle({ now });
  const access = github.repository(accessRepo);
  // What `countersign setup` will print and an administrator of the account does once.
  aws.roles.configure({
    roleArn,
    trust: {
      issuer: publicUrl,
      audience: "sts.amazonaws.com",
      subject: `repository:${access.id}:aws:aws-prod:operator`,
    },
    permissions: [{ Effect: "Allow", Action: ["s3:*"], Resource: ["*"] }],
  });
  for (const bucket of ["acme-stale-logs", "acme-live-logs"]) aws.buckets.set(bucket, new Map());
  const api = new URL(github.apiUrl);
  const env: Record<string, string> = {
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: github.app.webhookSecret,
    GHE_HOST: api.host,
    GHE_PROTOCOL: "http",
    PORT: String(port),
    HOST: "127.0.0.1",
    PUBLIC_URL: publicUrl,
    ACCESS_REPOS: `${accessRepo}#${access.id}`,
    GITHUB_OIDC_ISSUER: github.issuer,
    SEALING_KEY: randomBytes(32).toString("base64"),
    CLOUD_ENDPOINT_AWS: aws.url,
    CLOUD_ENDPOINT_AZURE: entra.url,
    CLOUD_ENDPOINT_GCP: google.url,
    // The second App, in seeds that have one.
    ...(github.apps["broker"] && {
      BROKER_APP_ID: String(github.apps["broker"].id),
      BROKER_PRIVATE_KEY: github.apps["broker"].privateKey,
    }),
    LOG_LEVEL: "info",
    DATA_DIR: path.join(dir, "data"),
    ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}),
    ...options.env,
  };
  github.setWebhookUrl(`${publicUrl}/api/github/webhooks`);
  const players = new Map<string, Player>();
  return {
    clock,
    github,
    aws,
    entra,
    google,
    env,
    dir,
    port,
    player(login) {
      const user = github.users[login];
      if (!user) throw new Error(`the sandbox has no user ${login}`);
      const known =
        players.get(login) ??
        new Player({ login, ...user, apiUrl: github.apiUrl, cloneUrl: access.cloneUrl, dir: path.join(dir, "people") });
      players.set(login, known);
      return known;
    },
    async close() {
      await aws.close();
      await entra.close();
      await google.close();
      await github.close();
    },
  };
}

/** The server of `npm start`, in this process: only clock and log are given to it beside its environment. */
export async function startServer(outside: Outside, log: Logger = pino({ level: "silent" })): Promise<App> {
  const config = readConfig(outside.env);
  if (!config.ok) throw new Error(config.problems.map((p) => `${p.variable}: ${p.problem}`).join("\n"));
  return startApp(config.config, { clock: outside.clock, log });
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const outside = await startOutside(options);
  try {
    const app = await startServer(outside, options.log);
    return {
      ...outside,
      app,
      async close() {
        await app.close();
        await outside.close();
      },
    };
  } catch (error) {
    await outside.close();
    throw error;
  }
}

/** PUBLIC_URL must be known before the server listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export { accessRepo, targetRepo };
