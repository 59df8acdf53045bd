import { randomUUID } from "node:crypto";
import { type Logger, pino } from "pino";
import type { CloudKind, FreezeEntry } from "../../src/access-repo/types.ts";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import type { Clock } from "../../src/base/clock.ts";
import {
  type Asks,
  createAsks,
  createExchange,
  createLiveHead,
  createPolicies,
  type Exchange,
  importedEntries,
} from "../../src/exchange/index.ts";
import type { GrantDeps } from "../../src/grant/index.ts";
import { createHttp } from "../../src/http/index.ts";
import { sealer } from "../../src/issuer/index.ts";
import type { Entry } from "../../src/ledger/index.ts";
import { createInbox, type Inbox } from "../../src/queue/index.ts";
import { readiness } from "../../src/readiness.ts";
import { createRecorder, type Recorder, type RecorderDeps } from "../../src/recorder/index.ts";
import { routeHint } from "../../src/route-hint.ts";
import type { Db } from "../../src/store/index.ts";
import { pause } from "../helpers/clock.ts";
import type { ModelCloud } from "./model/cloud.ts";
import type { ModelGitHub } from "./model/github.ts";
import { modelKeySet, oidcIssuer } from "./model/oidc.ts";

const kinds = new Set<CloudKind>(["aws", "gcp", "azure", "github", "oidc"]);
const actions = openCatalogue();
const log: Logger = pino({ level: process.env["STORY_LOG"] ?? "silent" });
export const publicUrl = "https://countersign.example";
const webUrl = "https://github.example";

/** What a server is given, and what outlives it. */
export interface Surroundings {
  readonly db: Db;
  readonly github: ModelGitHub;
  readonly cloud: ModelCloud;
  readonly clock: Clock;
  /** The keys that it holds or was given. */
  readonly keys: RecorderDeps["keys"];
  readonly frozen: readonly FreezeEntry[];
  readonly webhookSecret: { readonly current: string; readonly previous?: string };
  enqueue(key: string, runAt?: Date): void;
  /** The moment before entries are written, within their transaction. */
  onEntries(entries: readonly Entry[]): void;
  /** Throws where a webhook cannot be routed just now. */
  onRoute(): void;
}

/**
 * A server: the rooms put together as `app.ts` does, on a database and a model of GitHub. It can die: then whatever it still does
 * fails, and nothing that it would have answered reaches anybody. Another one on the same surroundings goes on.
 */
export class Server {
  readonly deps: GrantDeps;
  readonly recorder: Recorder;
  /** The moment at which it died. */
  diedAt: string | undefined;
  readonly #db: Db;
  readonly #github: ModelGitHub;
  readonly #around: Surroundings;
  // Made when the first job or webhook comes: most stories have none.
  #exchange: Exchange | undefined;
  #asks: Asks | undefined;
  #inbox: Inbox | undefined;
  #http: ReturnType<typeof createHttp> | undefined;

  private constructor(around: Surroundings, catalogue: GrantDeps["actions"]) {
    const { clock, keys } = around;
    this.#around = around;
    const db = (this.#db = mortal(around.db, this));
    const github = (this.#github = reachedBy(around.github, this));
    const onImport = importedEntries(oidcIssuer);
    const recorder = createRecorder({ db, github, keys, clock, pause, log, newId: randomUUID, onImport });
    this.recorder = {
      ...recorder,
      append: async (trx, repository, entries, by) => {
        around.onEntries(entries);
        await recorder.append(trx, repository, entries, by);
      },
    };
    this.deps = {
      db,
      github,
      clock,
      log,
      kinds,
      actions: catalogue,
      config: { publicUrl, webUrl, frozen: around.frozen },
      // The queue is in the database.
      enqueue: async (key, runAt) => {
        if (this.dead) throw gone(this);
        around.enqueue(key, runAt);
      },
      recorder: this.recorder,
      ledgerKey: () => ({ kid: keys.ledger.kid, publicKey: keys.ledger.publicKey }),
      issuerUrl: publicUrl,
      accessRepos: [...around.github.repositories.values()]
        .filter((repo) => repo.fullName.endsWith("/access"))
        .map(({ fullName, id }) => ({ fullName, repositoryId: id })),
      newId: randomUUID,
    };
  }
  static async start(around: Surroundings): Promise<Server> {
    return new Server(around, await actions);
  }

  die(at: string): void {
    this.diedAt ??= at;
  }
  get dead(): boolean {
    return this.diedAt !== undefined;
  }

  /** What jobs are answered with, by `POST /token` and `POST /requests`. */
  #forJobs() {
    return {
      pause,
      keySet: modelKeySet(),
      policies: createPolicies(this.#github),
      liveHead: createLiveHead(this.#github),
      config: { publicUrl, oidcIssuer, webUrl, frozen: this.#around.frozen },
    };
  }
  get exchange(): Exchange {
    const { deps, recorder } = this;
    return (this.#exchange ??= createExchange({
      ...this.#forJobs(),
      ...deps,
      config: this.#forJobs().config,
      recorder,
      keys: { signAssertion: async () => "an assertion" },
      sealer: sealer(Buffer.alloc(32, 7)),
      brokers: new Map([["aws", reachedBy(this.#around.cloud, this)]]),
    }));
  }
  /** Undefined until a job asked. */
  get openedExchange(): Exchange | undefined {
    return this.#exchange;
  }
  get asks(): Asks {
    return (this.#asks ??= createAsks({ ...this.deps, ...this.#forJobs() }));
  }
  get inbox(): Inbox {
    const { db, clock, enqueue, accessRepos } = this.deps;
    const enrolled = new Set(accessRepos.map(({ repositoryId }) => repositoryId));
    return (this.#inbox ??= createInbox({
      db,
      clock,
      log,
      enqueue,
      route: async (hint, trx) => {
        this.#around.onRoute();
        return routeHint(hint, trx, enrolled, this.#github.bot.id);
      },
    }));
  }
  /** Its routes. */
  get http(): ReturnType<typeof createHttp> {
    const ping = async (): Promise<void> => undefined;
    return (this.#http ??= createHttp({
      log,
      webhookSecret: this.#around.webhookSecret,
      receive: (delivery) => this.inbox.receive(delivery),
      exchange: (params, meta) => this.exchange.token(params, meta),
      requests: (body, meta) => this.asks.request(body, meta),
      discovery: () => ({}),
      jwks: () => ({}),
      schemas: {},
      errors: [],
      ready: () => readiness({ ping }, this.#github, this.#db),
    }));
  }
}

const gone = (server: Server): Error => new Error(`the server died ${server.diedAt}`);

/** A database that a dead server does not reach any more. What it committed stays. */
const mortal = (db: Db, server: Server): Db =>
  db.withPlugin({
    transformQuery: ({ node }) => {
      if (server.dead) throw gone(server);
      return node;
    },
    transformResult: async ({ result }) => result,
  });

/** GitHub or a cloud, for as long as the server that asks lives. */
const reachedBy = <T extends object>(other: T, server: Server): T =>
  new Proxy(other, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (server.dead) throw gone(server);
        return Reflect.apply(value, target, args);
      };
    },
  });
