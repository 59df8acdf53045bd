import { type Logger, pino } from "pino";
import { jsonSchemas } from "./access-repo/index.ts";
import { type AdminHandlers, keyHandlers } from "./admin/index.ts";
import { openAdmin } from "./admin-socket.ts";
import { type Clock, systemClock } from "./base/clock.ts";
import type { Config } from "./config.ts";
import { codes } from "./exchange/index.ts";
import { acceptLedger, acceptPolicy, flushKey, liveGrants, revokeByOperator } from "./grant/index.ts";
import { createHttp, listen } from "./http/index.ts";
import { discovery, keyAdmin } from "./issuer/index.ts";
import { accessRepoKey } from "./pull-request/index.ts";
import { describeError } from "./queue/index.ts";
import { readiness } from "./readiness.ts";
import { ledgersByKey } from "./recorder/index.ts";
import { openRooms } from "./rooms.ts";
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

/** The rooms behind their doors: HTTP, the operators' socket and the queue. @throws CountersignError where it cannot start */
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
  const rooms = await openRooms(config, db, clock, log);
  const { sealer, keys, github, recorder, queue, grantDeps, exchange, asks, inbox, flush } = rooms;
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
    keys: keyAdmin({ db, sealer }, clock, ledgersByKey),
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
  for (const repo of config.accessRepos) await queue.enqueue(accessRepoKey(repo.repositoryId));
  await queue.start();
  return {
    url: server.url,
    ledgerPublicKey: keys.ledger.publicKey,
    adminSocket: admin?.path ?? null,
    idle: () => queue.idle(),
    async flush() {
      for (const repo of config.accessRepos) await flush(repo.repositoryId);
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
