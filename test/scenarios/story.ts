import { setTimeout as delay } from "node:timers/promises";
import type { Actor } from "../../src/approval/types.ts";
import { CountersignError } from "../../src/base/errors.ts";
import {
  cancelRevokedRun,
  dispatchRun,
  lookAtPush,
  reconcileAfterReview,
  reconcileComments,
  reconcileHead,
  reconcileIssue,
  reconcileNotices,
  sweepGrants,
} from "../../src/grant/index.ts";
import type { Entry } from "../../src/ledger/index.ts";
import { reconcileComment, reconcilePullRequest } from "../../src/pull-request/index.ts";
import { inboxKey, sweepKey } from "../../src/queue/index.ts";
import type { Db } from "../../src/store/index.ts";
import { type TestClock, testClock } from "../helpers/clock.ts";
import { type Company, found } from "./company.ts";
import { type Keyring, keyring } from "./model/keyring.ts";
import { ModelCloud } from "./model/cloud.ts";
import { type Edit, edited, type Tree } from "./model/git.ts";
import { ModelGitHub } from "./model/github.ts";
import type { PullRequest, Repository } from "./model/repository.ts";
import type { ModelRun } from "./model/runs.ts";
import type { Webhook } from "./deeds/webhooks.ts";
import { Server, type Surroundings } from "./server.ts";

/** How often a job that has to wait is tried; then only a later event or the sweep wakes it. */
const patience = 6;

/** What a branch is made of, beside its files. */
export interface Push {
  readonly author?: Actor | null;
  readonly committer?: Actor | null | "web-flow";
  readonly coauthors?: readonly (Actor | null)[];
}

/** What a job, or GitHub, was answered with; `nothing`: whoever was to answer died. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * A server, a database, a model of GitHub, and people who do things there. Time moves with every deed, so that no two of them are
 * in one second.
 */
export class Story {
  readonly clock: TestClock = testClock();
  readonly github = new ModelGitHub(() => this.clock.now());
  readonly cloud = new ModelCloud(() => this.clock.now());
  readonly pulls = new Map<string, { repo: Repository; pull: PullRequest; paths: readonly string[] }>();
  readonly home: Repository;
  readonly keys: Keyring = keyring();
  /** Runs that people started, by the name that the story gives them. */
  readonly runs = new Map<string, ModelRun>();
  /** What jobs got since it was looked at, and what GitHub got for its webhooks. */
  readonly answers: (Answer | "nothing")[] = [];
  /** Lines that people read of what was done for them: how a start ended, what an operator's command said. */
  readonly told: string[] = [];
  /** As it is set in the App's settings at GitHub, and in the server's environment. */
  secretAtGitHub = "a-secret-that-both-know";
  webhookSecret: Surroundings["webhookSecret"] = { current: this.secretAtGitHub };
  /** Of the job that asked last. */
  lastToken = "";
  /** What GitHub sent last. */
  lastWebhook: Webhook | undefined;
  /** The ledger key of an installation that is gone. */
  lost: ReturnType<Keyring["lose"]> | undefined;
  /** The moment before entries are written, within their transaction. */
  onEntries: ((entries: readonly Entry[]) => void) | undefined;
  /** Before a webhook is routed. */
  onRoute: (() => void) | undefined;
  readonly #company: Company;
  #server: Server | undefined;
  readonly #jobs = new Set<string>();
  readonly #later = new Map<string, Date>();
  #working: Promise<void> | undefined;

  private constructor(db: Db, company: Company) {
    this.home = found(this.github, company);
    this.#company = company;
    this.db = db;
  }
  readonly db: Db;

  /** A company with one access repo, enrolled. */
  static async begin(db: Db, company: Company = {}): Promise<Story> {
    const story = new Story(db, company);
    await story.start();
    const { state } = await db
      .selectFrom("enrolment")
      .select("state")
      .where("repository_id", "=", String(story.home.id))
      .executeTakeFirstOrThrow();
    // Where nothing can ever be granted, that nothing was proves nothing.
    if (state !== "active") throw new Error("the policy of this story is not valid");
    return story;
  }

  get server(): Server {
    if (!this.#server) throw new Error("no server was started");
    return this.#server;
  }
  /** Starts a server, the first one or another after it, with what the database and GitHub hold. */
  async start(): Promise<void> {
    const before = this.#server?.openedExchange;
    this.#server = await Server.start({
      db: this.db,
      github: this.github,
      cloud: this.cloud,
      clock: this.clock,
      keys: this.keys,
      frozen: this.#company.operatorFrozen ?? [],
      webhookSecret: this.webhookSecret,
      enqueue: (key, runAt) => this.#enqueue(key, runAt),
      onEntries: (entries) => this.onEntries?.(entries),
      onRoute: () => this.onRoute?.(),
    });
    // Whoever swept before does so after it as well.
    if (before) await this.server.exchange.refreshIndex();
    for (const { repositoryId } of this.server.deps.accessRepos) this.#jobs.add(`access-repo:${repositoryId}`);
    await this.settle();
  }
  readonly #ends: (() => void)[] = [];
  /** What is to be undone when the story is over, however it ends. */
  atEnd(undo: () => void): void {
    this.#ends.push(undo);
  }
  end(): void {
    for (const undo of this.#ends.splice(0)) undo();
  }
  /** What was to be done is forgotten with the database that it stood in. */
  forgetJobs(): void {
    this.#jobs.clear();
    this.#later.clear();
  }

  #enqueue(key: string, runAt?: Date): void {
    if (runAt && runAt > this.clock.now()) this.#later.set(key, runAt);
    else this.#jobs.add(key);
  }

  /** While an answer is waited for, what it asks for is done beside it, as the queue does. */
  async meanwhile<T>(answer: Promise<T>): Promise<T> {
    const done = answer.then(() => true);
    done.catch(() => undefined);
    while (!(await Promise.race([done, delay(20, false)]))) await this.settle();
    return answer;
  }

  /** Does what was asked for, until nothing is. What has to wait is tried again a few times. */
  async settle(): Promise<void> {
    while (this.#working) await this.#working;
    this.#working = this.#settle().finally(() => (this.#working = undefined));
    await this.#working;
  }
  async #settle(): Promise<void> {
    const tries = new Map<string, number>();
    const { server } = this;
    for (;;) {
      // Nobody takes a webhook while the server is down, and GitHub does not send it again.
      if (!server.dead) for (const hint of this.github.hints) this.#jobs.add(hint);
      this.github.hints.clear();
      const [key] = this.#jobs;
      if (key === undefined || server.dead) return;
      this.#jobs.delete(key);
      try {
        await this.#run(key);
      } catch (error) {
        if (server.dead) continue;
        if (!(error instanceof CountersignError)) throw error;
        const tried = (tries.get(key) ?? 0) + 1;
        tries.set(key, tried);
        this.clock.advance(1);
        if (tried < patience) this.#jobs.add(key);
        else this.waiting.set(key, `${error.code}: ${error.message}`);
      } finally {
        // A job ends in the database: of one that is not known to have ended another server takes care.
        if (server.dead) this.#jobs.add(key);
      }
    }
  }
  /** Jobs that gave up for now, and why. */
  readonly waiting = new Map<string, string>();

  async #run(key: string): Promise<void> {
    this.waiting.delete(key);
    const { deps, recorder, openedExchange: exchange, asks, inbox } = this.server;
    const endCredentials = async (): Promise<void> => exchange?.revokeEnded();
    const [kind = "", first = "", second = ""] = key.split(":");
    switch (kind) {
      case inboxKey:
        return inbox.drain();
      case "access-repo":
        await reconcileHead(deps, Number(first));
        await exchange?.refreshIndex();
        return endCredentials();
      case "pull-request":
        await reconcilePullRequest(deps, Number(first), Number(second));
        return exchange?.refreshIndex();
      case "comments":
        return reconcileComments({ ...deps, endCredentials }, Number(first), Number(second));
      case "cancel":
        return cancelRevokedRun(deps, first);
      case "notice":
        return reconcileNotices(deps, Number(first));
      case "comment":
        return reconcileComment(deps, Number(first), Number(second));
      case "issue":
        return reconcileIssue(deps, Number(first), Number(second));
      case "after-review":
        return reconcileAfterReview(deps, Number(first), Number(second));
      case "pushed":
        return lookAtPush(deps, Number(first), second);
      case "dispatch":
        return dispatchRun(deps, first);
      case "ask":
        return asks.open(first);
      case sweepKey:
        return this.#sweepOnce();
      case "flush": {
        const repo = [...this.github.repositories.values()].find(({ id }) => id === Number(first));
        return repo && recorder.flush(repo);
      }
      default:
        throw new Error(`a job of an unknown kind: ${key}`);
    }
  }

  async #sweepOnce(): Promise<void> {
    await sweepGrants(this.server.deps);
    await this.server.openedExchange?.sweep();
  }

  /** What would come without any webhook. */
  async sweep(): Promise<void> {
    if (this.server.dead) return;
    await this.#sweepOnce();
    for (const [key, at] of this.#later) {
      if (at > this.clock.now()) continue;
      this.#later.delete(key);
      this.#jobs.add(key);
    }
    await this.settle();
  }

  /** A commit on a branch, pushed by somebody who need not have written it. */
  push(repo: Repository, branch: string, edit: Edit | ((tree: Tree) => Tree), by: Actor | null, how: Push = {}): void {
    const { git } = repo;
    const from = git.branches.get(branch) ?? git.tip(repo.defaultBranch).sha;
    const tree = typeof edit === "function" ? edit(git.at(from).tree) : edited(git.at(from).tree, edit);
    const author = how.author === undefined ? by : how.author;
    const made = git.commit({
      parents: [from],
      tree,
      authors: [author, ...(how.coauthors ?? [])],
      committer: how.committer === undefined ? author : how.committer,
      at: this.clock.now(),
    });
    this.github.push(repo, branch, made.sha, by);
  }

  /** Entries of an access repo's ledger as an auditor reads them. */
  async ledger(repo = this.home): Promise<readonly Entry[]> {
    if (!this.server.dead) await this.server.recorder.flush(repo);
    return this.github.ledgers.get(repo.id)?.entries() ?? [];
  }
  async grantOf(path: string, repo = this.home): Promise<{ state: string; rule: string } | undefined> {
    const row = await this.db
      .selectFrom("grant")
      .innerJoin("decision", "decision.key_sha256", "grant.decision_key")
      .select(["grant.state", "decision.rule"])
      .where("grant.repository_id", "=", String(repo.id))
      .where("grant.path", "=", path)
      .executeTakeFirst();
    return row;
  }
  async quarantineOf(path: string, repo = this.home): Promise<string | undefined> {
    const row = await this.db
      .selectFrom("quarantined_request")
      .select("code")
      .where("repository_id", "=", String(repo.id))
      .where("path", "=", path)
      .executeTakeFirst();
    return row?.code;
  }
}
