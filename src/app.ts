import { randomUUID } from "node:crypto";
import { type Logger, pino } from "pino";
import { Probot, ProbotOctokit } from "probot";
import { jsonSchemas } from "./access-repo/index.ts";
import { openCatalogue } from "./action-catalogue/index.ts";
import { type AdminHandlers, keyHandlers } from "./admin/index.ts";
import { openAdmin } from "./admin-socket.ts";
import { type Clock, systemClock } from "./base/clock.ts";
import { brokers } from "./cloud/index.ts";
import type { AppCredentials, Config } from "./config.ts";
import { doctorAtStart, doctorKey } from "./doctor-at-start.ts";
import {
  codes,
  createAsks,
  createExchange,
  createKeySet,
  createLiveHead,
  createPolicies,
  createRoleChecks,
  importedEntries,
} from "./exchange/index.ts";
import { createGitHub, createResolver, createTokenApp } from "./github/index.ts";
import {
  acceptLedger,
  acceptPolicy,
  cancelRevokedRun,
  dispatchRun,
  flushKey,
  type GrantDeps,
  liveGrants,
  lookAtPush,
  reconcileAfterReview,
  reconcileComments,
  reconcileHead,
  reconcileIssue,
  reconcileNotices,
  revokeByOperator,
  sweepGrants,
} from "./grant/index.ts";
import { createHttp, listen } from "./http/index.ts";
import { discovery, keyAdmin, openKeys, sealer } from "./issuer/index.ts";
import {
  accessRepoKey,
  readEnrolment,
  reconcileComment,
  orSayWaiting,
  reconcilePullRequest,
} from "./pull-request/index.ts";
import { createInbox, createQueue, describeError, inboxKey, sweepKey } from "./queue/index.ts";
import { readiness } from "./readiness.ts";
import { createRecorder, ledgersByKey } from "./recorder/index.ts";
import { routeHint } from "./route-hint.ts";
import { forgetLeases, migrate, openStore } from "./store/index.ts";

/** A running server. */
export interface App {
  /** Where it listens. */
  readonly url: string;
  /** The key that signs the ledger, base64url SPKI: what auditors are given by another way than the ledger itself. */
  readonly ledgerPublicKey: string;
  /** Where an operator's commands reach it; null where there can be no socket. */
  readonly adminSocket: string | null;
  /** Resolves when nothing is due and nothing runs. */
  idle(): Promise<void>;
  /** Writes what waits for the ledger now. */
  flush(): Promise<void>;
  /** Stops listening, waits for what runs, closes the store. */
  close(): Promise<void>;
}

export interface AppOptions {
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** Every part of the server put together; the only place that knows all rooms. @throws CountersignError where it cannot start */
export async function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  const { clock = systemClock, log = pino({ level: config.logLevel }) } = options;
  const store = await openStore({
    ...(config.database.kind === "postgres"
      ? { databaseUrl: config.database.url.reveal() }
      : { dataDir: config.dataDir }),
    onIdleError: (error) => log.warn({ error: error.message }, "a database connection was lost"),
  });
  try {
    return await assemble(config, store, clock, log);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function assemble(
  config: Config,
  store: Awaited<ReturnType<typeof openStore>>,
  clock: Clock,
  log: Logger,
): Promise<App> {
  const { db } = store;
  await migrate(db);
  if (store.kind === "pglite") await forgetLeases(db);
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
    apiUrl: config.github.apiUrl,
    clock,
    log,
  });
  const recorder = createRecorder({
    db,
    github,
    keys,
    clock,
    log,
    newId: randomUUID,
    onImport: importedEntries(config.github.oidcIssuer),
  });
  const accessRepos = config.accessRepos.map((r) => ({
    fullName: `${r.owner}/${r.name}`,
    repositoryId: r.repositoryId,
  }));
  const queue = createQueue({ db, clock, log, sweepEverySeconds: 60, handlers: (key) => handle(key) });
  const tokenApp =
    config.broker &&
    createTokenApp({ app: await appOctokit(config, config.broker, log), apiUrl: config.github.apiUrl, clock });
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
    keySet: createKeySet(config.github.oidcIssuer, fetch),
    policies: createPolicies(github),
    liveHead: createLiveHead(github),
    config: {
      publicUrl: config.publicUrl,
      oidcIssuer: config.github.oidcIssuer,
      webUrl: config.github.webUrl,
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
    route: (hint, trx) => routeHint(hint, trx, new Set(accessRepos.map((r) => r.repositoryId)), botId(github)),
  });

  /** Taken out of ACCESS_REPOS, it is not: its jobs may be left over. */
  const isNamed = (id: string): boolean => accessRepoIds.has(Number(id));
  /** Access repos that doctor has looked at since the start. */
  const looked = new Set<number>();
  async function doctorOnce(id: number): Promise<void> {
    const enrolment = await readEnrolment(db, id);
    if (enrolment?.state !== "active" || looked.has(id)) return;
    looked.add(id);
    await doctorAtStart({ github, log, webUrl }, enrolment.fullName);
  }

  /** One job; what the key names is read live (DESIGN.md section 4, Level-triggered). */
  async function handle(key: string): Promise<void> {
    const [kind = "", first = "", second = ""] = key.split(":");
    switch (kind) {
      case inboxKey:
        return inbox.drain();
      case "access-repo":
        await reconcileHead(grantDeps, Number(first));
        // A job of its own, so that nothing waits for it.
        if (!looked.has(Number(first))) await queue.enqueue(doctorKey(Number(first)));
        await exchange.refreshIndex();
        // What the head revoked or froze, or its policy no longer yields, ends now, not with the next sweep.
        await exchange.revokeEnded();
        return roleChecks.notice(Number(first));
      case "pull-request":
        await orSayWaiting(grantDeps, Number(first), Number(second), () =>
          reconcilePullRequest(grantDeps, Number(first), Number(second)),
        );
        return exchange.refreshIndex();
      case "comments":
        await reconcileComments(
          { ...grantDeps, endCredentials: () => exchange.revokeEnded() },
          Number(first),
          Number(second),
        );
        return exchange.refreshIndex();
      case "cancel":
        return cancelRevokedRun(grantDeps, first);
      case "notice":
        return reconcileNotices(grantDeps, Number(first));
      case "comment":
        return reconcileComment(grantDeps, Number(first), Number(second));
      case "issue":
        return reconcileIssue(grantDeps, Number(first), Number(second));
      case "after-review":
        return reconcileAfterReview(grantDeps, Number(first), Number(second));
      case "pushed":
        return lookAtPush(grantDeps, Number(first), second);
      case "dispatch":
        return dispatchRun(grantDeps, first);
      case "ask":
        return asks.open(first);
      case "check-roles":
        return isNamed(first) ? roleChecks.run(Number(first)) : undefined;
      case "check-roles-again":
        return isNamed(first) ? roleChecks.again(Number(first)) : undefined;
      case "flush":
        return flush(Number(first));
      case "doctor":
        return doctorOnce(Number(first));
      case sweepKey:
        await sweepGrants(grantDeps);
        await exchange.sweep();
        await inbox.prune();
        return;
      default:
        log.error({ key }, "a job of an unknown kind was dropped");
    }
  }

  async function flush(id: number): Promise<void> {
    const enrolment = await readEnrolment(db, id);
    if (enrolment?.state === "active") await recorder.flush(enrolment);
  }

  const http = createHttp({
    log,
    webhookSecret: {
      current: config.webhookSecret.current.reveal(),
      ...(config.webhookSecret.previous ? { previous: config.webhookSecret.previous.reveal() } : {}),
    },
    receive: inbox.receive,
    trustedProxies: config.trustedProxies,
    exchange: (params, meta) => exchange.token(params, meta),
    requests: (body, meta) => asks.request(body, meta),
    discovery: () => ({ ...discovery(config.issuerUrl) }),
    jwks: () => keys.jwks(),
    schemas: { ...jsonSchemas() },
    errors: Object.entries(codes).map(([code, { status, sentence, cure }]) => ({ code, status, sentence, cure })),
    ready: () => readiness(store, github, db),
  });
  const keysByAdmin = keyHandlers({
    keys: keyAdmin({ db, sealer: seal }, clock, ledgersByKey),
    changed: keys.refresh,
    async handOver() {
      const ledgers = await recorder.handOver();
      for (const { id } of ledgers) await queue.enqueue(flushKey(id));
      return ledgers.map(({ fullName }) => fullName);
    },
  });
  const handlers: AdminHandlers = {
    ...keysByAdmin,
    grants_live: () => liveGrants(grantDeps),
    grants_revoke: async (what) => {
      const done = await revokeByOperator({ ...grantDeps, endCredentials: () => exchange.revokeEnded() }, what);
      await exchange.refreshIndex();
      return done;
    },
    policy_accept: ({ repository, digest, reason }) => acceptPolicy(grantDeps, repository, digest, reason),
    ledger_accept: ({ repository, reason }) => acceptLedger(grantDeps, repository, reason),
  };
  const admin = await openAdmin(config.dataDir, handlers, log);
  const server = await listen({ app: http, host: config.host, port: config.port }).catch(async (error: unknown) => {
    await admin?.close();
    throw error;
  });
  // What signs and what is published is read again when it is used; this is for the ledger's keys, and finds a SEALING_KEY that no
  // longer opens what another replica wrote.
  const reading = setInterval(() => {
    keys.refresh().catch((error: unknown) => log.warn({ error: describeError(error) }, "the keys were not read again"));
  }, 20_000).unref();
  for (const repo of accessRepos) await queue.enqueue(accessRepoKey(repo.repositoryId));
  await queue.start();
  return {
    url: server.url,
    ledgerPublicKey: keys.ledger.publicKey,
    adminSocket: admin?.path ?? null,
    idle: () => queue.idle(),
    async flush() {
      for (const repo of accessRepos) await flush(repo.repositoryId);
    },
    async close() {
      clearInterval(reading);
      await admin?.close();
      await server.close();
      await queue.stop();
      await store.close();
    },
  };
}

/** An App's own Octokit as Probot makes it: signed with its private key, for /app and for asking installation tokens. */
async function appOctokit(config: Config, { id, privateKey }: AppCredentials, log: Logger): Promise<ProbotOctokit> {
  // The function form: the object form of these defaults is lost (LIBRARIES section 2). Our queue does the retries.
  const Octokit = ProbotOctokit.defaults((o: { throttle?: object }) => ({
    ...o,
    retry: { enabled: false },
    throttle: { ...o.throttle, enabled: false },
  }));
  const probot = new Probot({
    appId: id,
    privateKey: privateKey.reveal(),
    secret: config.webhookSecret.current.reveal(),
    baseUrl: config.github.apiUrl,
    log: log.child({ name: "probot" }),
    Octokit,
  });
  return probot.auth();
}

/** Our own account's id; null until we have asked GitHub who we are. */
function botId(github: { readonly bot: { readonly id: number } }): number | null {
  try {
    return github.bot.id;
  } catch {
    return null;
  }
}
