import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { openCatalogue } from "./action-catalogue/index.ts";
import { appOctokit } from "./app-octokit.ts";
import type { Clock, Pause } from "./base/clock.ts";
import { brokers } from "./cloud/index.ts";
import type { Config } from "./config.ts";
import { doctorAtStart } from "./doctor-at-start.ts";
import {
  createAsks,
  createExchange,
  createKeySet,
  createLiveHead,
  createPolicies,
  createRoleChecks,
  importedEntries,
} from "./exchange/index.ts";
import { createGitHub, createResolver, createTokenApp } from "./github/index.ts";
import type { GrantDeps } from "./grant/index.ts";
import { openKeys, sealer } from "./issuer/index.ts";
import { readEnrolment } from "./pull-request/index.ts";
import { createInbox, createQueue } from "./queue/index.ts";
import { createRecorder } from "./recorder/index.ts";
import { routeHint } from "./route-hint.ts";
import { jobRunner } from "./run-job.ts";
import type { Db } from "./store/index.ts";

const pause: Pause = (milliseconds) => delay(milliseconds);

/**
 * Every room below `http/` on one migrated database, each given what it needs of the others; nothing listens and no job runs yet.
 * @throws CountersignError where the keys cannot be opened
 */
export async function openRooms(config: Config, db: Db, clock: Clock, log: Logger) {
  const seal = sealer(
    Buffer.from(config.sealingKey.current.reveal()),
    config.sealingKey.previous && Buffer.from(config.sealingKey.previous.reveal()),
  );
  const { webUrl, apiUrl, oidcIssuer } = config.github;
  const ours = [config.publicUrl, config.issuerUrl, webUrl, apiUrl, oidcIssuer];
  const keys = await openKeys({
    db,
    sealer: seal,
    clock,
    issuerUrl: config.issuerUrl,
    ours,
  });
  const github = createGitHub({
    app: await appOctokit(config, config.app, log),
    apiUrl,
    clock,
    log,
  });
  const recorder = createRecorder({
    db,
    github,
    keys,
    clock,
    pause,
    log,
    newId: randomUUID,
    onImport: importedEntries(oidcIssuer),
  });
  const accessRepos = config.accessRepos.map((r) => ({
    fullName: `${r.owner}/${r.name}`,
    repositoryId: r.repositoryId,
  }));
  const queue = createQueue({ db, clock, log, sweepEverySeconds: 60, handlers: (key) => runJob(key) });
  const tokenApp =
    config.broker && createTokenApp({ app: await appOctokit(config, config.broker, log), apiUrl, clock });
  const accessRepoIds = new Set<number>(accessRepos.map((r) => r.repositoryId));
  const repositories = tokenApp && createResolver(tokenApp, accessRepoIds, clock);
  const { aws, azure, gcp } = config.cloudEndpoints;
  const cloud = brokers({
    ...(tokenApp && { github: { app: tokenApp, accessRepos: accessRepoIds } }),
    ...(aws && { awsStsEndpoint: aws }),
    ...(azure && { azureEndpoint: azure }),
    ...(gcp && { gcpEndpoint: gcp }),
  });
  const grantDeps: GrantDeps = {
    db,
    github,
    clock,
    log,
    kinds: new Set(cloud.keys()),
    ...(repositories && { repositories }),
    actions: await openCatalogue(),
    config: { publicUrl: config.publicUrl, webUrl, frozen: config.frozen, ours },
    enqueue: (key, runAt) => queue.enqueue(key, runAt),
    recorder,
    ledgerKey: () => ({ kid: keys.ledger.kid, publicKey: keys.ledger.publicKey }),
    issuerUrl: config.issuerUrl,
    accessRepos,
    newId: randomUUID,
  };
  const jobs = {
    pause,
    keySet: createKeySet(oidcIssuer, fetch),
    policies: createPolicies(github),
    liveHead: createLiveHead(github),
    config: {
      publicUrl: config.publicUrl,
      oidcIssuer,
      webUrl,
      frozen: config.frozen,
    },
  };
  const exchange = createExchange({
    ...jobs,
    db,
    github,
    recorder,
    keys,
    sealer: seal,
    brokers: cloud,
    ...(repositories && { repositories }),
    clock,
    log,
    newId: randomUUID,
    enqueue: (key) => queue.enqueue(key),
  });
  const roleChecks = createRoleChecks({
    db,
    github,
    recorder,
    keys,
    brokers: cloud,
    policies: jobs.policies,
    clock,
    log,
    newId: randomUUID,
    config: { frozen: config.frozen, issuerUrl: config.issuerUrl },
    enqueue: (key, runAt) => queue.enqueue(key, runAt),
  });
  const asks = createAsks({ ...grantDeps, ...jobs, enqueue: (key, runAt, trx) => queue.enqueue(key, runAt, trx) });
  const inbox = createInbox({
    db,
    clock,
    log,
    enqueue: (key, runAt, trx) => queue.enqueue(key, runAt, trx),
    route: (hint, trx) => routeHint(hint, trx, accessRepoIds, botId(github)),
  });
  const flush = async (id: number): Promise<void> => {
    const enrolment = await readEnrolment(db, id);
    if (enrolment?.state === "active") await recorder.flush(enrolment);
  };
  const doctor = (fullName: string): Promise<void> => doctorAtStart({ github, log, webUrl }, fullName);
  const runJob = jobRunner({ grantDeps, exchange, roleChecks, asks, inbox, flush, doctor });
  return { sealer: seal, keys, github, recorder, queue, grantDeps, exchange, asks, inbox, flush };
}

/** Our own account's id; null until we have asked GitHub who we are. */
function botId(github: { readonly bot: { readonly id: number } }): number | null {
  try {
    return github.bot.id;
  } catch {
    return null;
  }
}
