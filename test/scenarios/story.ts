import { randomUUID } from "node:crypto";
import { type Logger, pino } from "pino";
import { openCatalogue } from "../../src/action-catalogue/index.ts";
import type { CloudKind } from "../../src/access-repo/types.ts";
import type { Actor } from "../../src/approval/types.ts";
import { CountersignError } from "../../src/base/errors.ts";
import {
  cancelRevokedRun,
  dispatchRun,
  type GrantDeps,
  reconcileAfterReview,
  reconcileComments,
  reconcileHead,
  reconcileIssue,
  reconcileNotices,
  sweepGrants,
} from "../../src/grant/index.ts";
import type { Entry } from "../../src/ledger/index.ts";
import { reconcileComment, reconcilePullRequest } from "../../src/pull-request/index.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import type { Db } from "../../src/store/index.ts";
import { type TestClock, testClock } from "../helpers/clock.ts";
import { ledgerKeys } from "../recorder/world.ts";
import { type Company, found } from "./company.ts";
import { type Edit, edited, type Tree } from "./model/git.ts";
import { ModelGitHub } from "./model/github.ts";
import type { PullRequest, Repository } from "./model/repository.ts";

const kinds = new Set<CloudKind>(["aws", "gcp", "azure", "github", "oidc"]);
const actions = openCatalogue();
const log: Logger = pino({ level: process.env["STORY_LOG"] ?? "silent" });
/** How often a job that has to wait is tried; then only a later event or the sweep wakes it. */
const patience = 6;

/** What a branch is made of, beside its files. */
export interface Push {
  readonly author?: Actor | null;
  readonly committer?: Actor | null | "web-flow";
  readonly coauthors?: readonly (Actor | null)[];
}

/**
 * The rooms that decide, on a database and a model of GitHub, and people who do things there. Time moves with every deed, so
 * that no two of them are in one second.
 */
export class Story {
  readonly clock: TestClock = testClock();
  readonly github = new ModelGitHub(() => this.clock.now());
  readonly pulls = new Map<string, { repo: Repository; pull: PullRequest; paths: readonly string[] }>();
  readonly home: Repository;
  /** The moment before entries are written, within their transaction. */
  onEntries: ((entries: readonly Entry[]) => void) | undefined;
  readonly #deps: GrantDeps;
  readonly #jobs = new Set<string>();
  readonly #later = new Map<string, Date>();

  private constructor(db: Db, deps: (story: Story) => GrantDeps, company: Company) {
    this.home = found(this.github, company);
    this.#deps = deps(this);
    this.db = db;
  }
  readonly db: Db;

  /** A company with one access repo, enrolled. */
  static async begin(db: Db, company: Company = {}): Promise<Story> {
    const catalogue = await actions;
    const story = new Story(
      db,
      (self) => {
        const keys = ledgerKeys();
        const { github, clock } = self;
        const written = createRecorder({ db, github, keys, clock, log, newId: randomUUID });
        const recorder: typeof written = {
          ...written,
          append: async (trx, repository, entries, by) => {
            self.onEntries?.(entries);
            await written.append(trx, repository, entries, by);
          },
        };
        return {
          db,
          github,
          clock,
          log,
          kinds,
          actions: catalogue,
          config: {
            publicUrl: "https://countersign.example",
            webUrl: "https://github.example",
            frozen: company.operatorFrozen ?? [],
          },
          enqueue: async (key, runAt) => self.#enqueue(key, runAt),
          recorder,
          ledgerKey: () => ({ kid: keys.ledger.kid, publicKey: keys.ledger.publicKey }),
          issuerUrl: "https://countersign.example",
          accessRepos: [...github.repositories.values()]
            .filter((repo) => repo.fullName.endsWith("/access"))
            .map(({ fullName, id }) => ({ fullName, repositoryId: id })),
          newId: randomUUID,
        };
      },
      company,
    );
    for (const { repositoryId } of story.#deps.accessRepos) story.#jobs.add(`access-repo:${repositoryId}`);
    await story.settle();
    const { state } = await db
      .selectFrom("enrolment")
      .select("state")
      .where("repository_id", "=", String(story.home.id))
      .executeTakeFirstOrThrow();
    // Where nothing can ever be granted, that nothing was proves nothing.
    if (state !== "active") throw new Error("the policy of this story is not valid");
    return story;
  }

  #enqueue(key: string, runAt?: Date): void {
    if (runAt && runAt > this.clock.now()) this.#later.set(key, runAt);
    else this.#jobs.add(key);
  }

  /** Does what was asked for, until nothing is. What has to wait is tried again a few times. */
  async settle(): Promise<void> {
    const tries = new Map<string, number>();
    for (;;) {
      for (const hint of this.github.hints) this.#jobs.add(hint);
      this.github.hints.clear();
      const [key] = this.#jobs;
      if (key === undefined) return;
      this.#jobs.delete(key);
      try {
        await this.#run(key);
      } catch (error) {
        if (!(error instanceof CountersignError)) throw error;
        const tried = (tries.get(key) ?? 0) + 1;
        tries.set(key, tried);
        this.clock.advance(1);
        if (tried < patience) this.#jobs.add(key);
        else this.waiting.set(key, `${error.code}: ${error.message}`);
      }
    }
  }
  /** Jobs that gave up for now, and why. */
  readonly waiting = new Map<string, string>();

  async #run(key: string): Promise<void> {
    this.waiting.delete(key);
    const [kind = "", first = "", second = ""] = key.split(":");
    if (kind === "access-repo") return reconcileHead(this.#deps, Number(first));
    if (kind === "pull-request") return reconcilePullRequest(this.#deps, Number(first), Number(second));
    if (kind === "comments")
      return reconcileComments({ ...this.#deps, endCredentials: async () => {} }, Number(first), Number(second));
    if (kind === "cancel") return cancelRevokedRun(this.#deps, first);
    if (kind === "notice") return reconcileNotices(this.#deps, Number(first));
    if (kind === "comment") return reconcileComment(this.#deps, Number(first), Number(second));
    if (kind === "issue") return reconcileIssue(this.#deps, Number(first), Number(second));
    if (kind === "after-review") return reconcileAfterReview(this.#deps, Number(first), Number(second));
    if (kind === "dispatch") return dispatchRun(this.#deps, first);
    if (kind === "flush") {
      const repo = [...this.github.repositories.values()].find(({ id }) => id === Number(first));
      return repo && this.#deps.recorder.flush(repo);
    }
    throw new Error(`a job of an unknown kind: ${key}`);
  }

  /** What would come without any webhook. */
  async sweep(): Promise<void> {
    await sweepGrants(this.#deps);
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
    await this.#deps.recorder.flush(repo);
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
