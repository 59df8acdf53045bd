import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Entry } from "../../src/ledger/index.ts";
import { freshDatabase } from "../helpers/stores.ts";
import { checkOf, exchange } from "../sandbox/main-job.ts";
import { git } from "../sandbox/players.ts";
import { accessRepo, owner, targetRepo, workflowPath } from "../sandbox/seed.ts";
import { startWorld, type World, type WorldOptions } from "../sandbox/world.ts";
import { isMint } from "./mints.ts";

export const access = { owner, repo: "access" };
export const infra = { owner, repo: "infra" };

export interface Ask {
  readonly number: number;
  readonly head: string;
  readonly branch: string;
  readonly path: string;
}
interface RequestOptions {
  readonly bucket?: string;
  readonly dispatch?: boolean;
  readonly more?: string;
  readonly repository?: string;
  readonly role?: string;
}

export const requestText = ({
  bucket = "acme-stale-logs",
  dispatch = false,
  more = "",
  ...o
}: RequestOptions = {}): string =>
  `version: 1
role: ${o.role ?? "operator"}
reason: A reason that says why this has to be done
ticket: OPS-1
actions: ["s3:DeleteBucket"]
resources: ["arn:aws:s3:::${bucket}"]
duration: 1h
workflow:
  repository: ${o.repository ?? targetRepo}
  file: ${workflowPath}
  ref: refs/heads/main
  environment: production
${dispatch ? `dispatch:\n  inputs:\n    bucket: ${bucket}\n` : ""}${more}`;

/** People, pull requests and jobs against one running world; every test uses names of its own. */
export class Play {
  readonly world: World;
  #names = 0;
  readonly #drop: () => Promise<void>;
  private constructor(world: World, drop: () => Promise<void>) {
    this.world = world;
    this.#drop = drop;
  }
  /** On PostgreSQL: the demo and main-job.test.ts run the same server on PGlite. */
  static async start(options: Omit<WorldOptions, "dir"> = {}): Promise<Play> {
    const dir = await mkdtemp(path.join(tmpdir(), "countersign-e2e-"));
    const { url, drop } = await freshDatabase();
    const play = new Play(await startWorld({ dir, databaseUrl: url, ...options }), drop);
    await play.settle();
    return play;
  }
  /** @throws where the local GitHub answered or sent what GitHub's own description does not admit, or does not know */
  async end(): Promise<void> {
    await this.world.close();
    await this.#drop();
    await rm(this.world.dir, { recursive: true, force: true });
    const { failures, unvalidated } = this.world.github.validation;
    if (failures.length + unvalidated.length > 0) throw new Error(JSON.stringify({ failures, unvalidated }, null, 2));
  }

  async settle(): Promise<void> {
    await this.world.github.settled();
    await this.world.app.idle();
    await this.world.github.settled();
    await this.world.app.idle();
  }
  name(): string {
    return `req-${++this.#names}`;
  }
  path(name = this.name()): string {
    return `requests/aws-prod/2026-11/${name}.yml`;
  }

  /** A pull request that adds one request; settled. */
  async ask(
    o: RequestOptions & {
      by?: string;
      files?: Record<string, string | null>;
      draft?: boolean;
      message?: string;
      author?: { name: string; email: string };
      base?: string;
    } = {},
  ): Promise<Ask> {
    // Time for GitHub's limit on writes to forget the test before.
    this.world.clock.skip(20);
    const name = this.name();
    const file = this.path(name);
    const person = this.world.player(o.by ?? "alice");
    const head = await person.push(name, o.files ?? { [file]: requestText(o) }, {
      from: "origin/main",
      ...(o.message ? { message: o.message } : {}),
      ...(o.author ? { author: o.author } : {}),
    });
    const { data } = await person.api.rest.pulls.create({
      ...access,
      title: name,
      head: name,
      base: o.base ?? "main",
      draft: o.draft ?? false,
    });
    await this.settle();
    return { number: data.number, head, branch: name, path: file };
  }
  async review(
    login: string,
    ask: Pick<Ask, "number">,
    event: "APPROVE" | "REQUEST_CHANGES" = "APPROVE",
  ): Promise<number> {
    const { data } = await this.world.player(login).api.rest.pulls.createReview({
      ...access,
      pull_number: ask.number,
      event,
      body: event === "APPROVE" ? "" : "no",
    });
    await this.settle();
    return data.id;
  }
  /** Asked, approved by bob, merged by the app. */
  async grant(o: RequestOptions = {}): Promise<Ask> {
    const ask = await this.ask(o);
    await this.review("bob", ask);
    if (!(await this.merged(ask))) throw new Error(`not merged: ${(await this.check(ask.head)).summary}`);
    return ask;
  }
  async ready(ask: Pick<Ask, "number">): Promise<void> {
    await this.world.github.change.setDraft("acme/access", ask.number, false, "alice");
    await this.settle();
  }
  /** Rewrites the newest commit of a branch as another person committed it, and forces the push. */
  async amend(ask: Ask, committer: string, pusher = "alice"): Promise<string> {
    const dir = await this.world.player(pusher).clone();
    await git(dir, "checkout", "-q", "-B", ask.branch, `origin/${ask.branch}`);
    const { email } = this.world.player(committer);
    const as = ["-c", `user.name=${committer}`, "-c", `user.email=${email}`];
    await git(dir, ...as, "commit", "-q", "--amend", "-m", `amended by ${committer}`);
    await git(dir, "push", "-q", "--force", "origin", ask.branch);
    await this.settle();
    return git(dir, "rev-parse", "HEAD");
  }
  /** While `work` runs, GitHub refuses the app's merges, as a branch rule would. Whoever merges without `sha` is not the app. */
  async unmergeable<T>(work: () => Promise<T>): Promise<T> {
    const undo = this.world.github.intercept({
      before: ({ method, path: url, body }) =>
        method === "PUT" && url.endsWith("/merge") && (body as { sha?: string }).sha !== undefined
          ? Response.json({ message: "Required status check is expected." }, { status: 405 })
          : undefined,
    });
    try {
      return await work();
    } finally {
      undo();
    }
  }
  /** While `work` runs, no webhook reaches the app; then the sweep finds out. */
  async unseen<T>(work: () => Promise<T>): Promise<T> {
    const { github, app, clock } = this.world;
    github.setWebhookUrl(null);
    try {
      return await work();
    } finally {
      github.setWebhookUrl(`${app.url}/api/github/webhooks`);
      clock.skip(61);
      await this.settle();
    }
  }
  /** As root on GitHub's page, past everything. */
  async mergeByHand(ask: Pick<Ask, "number">): Promise<void> {
    await this.world
      .player("root")
      .api.rest.pulls.merge({ ...access, pull_number: ask.number, merge_method: "squash" });
    await this.settle();
  }
  async merged(ask: Pick<Ask, "number">): Promise<boolean> {
    return (await this.world.player("root").api.rest.pulls.get({ ...access, pull_number: ask.number })).data.merged;
  }
  check(head: string) {
    return checkOf(this.world, head);
  }
  /** Pushes straight to main of the access repo. */
  async pushMain(files: Record<string, string | null>, message = "direct"): Promise<string> {
    const root = this.world.player("root");
    await root.clone();
    const sha = await root.push("main", files, { from: "origin/main", message });
    await this.settle();
    return sha;
  }

  /** A job of the workflow in acme/infra, started by alice, at the tip. */
  async token(claims: Record<string, unknown> = {}): Promise<string> {
    const { github, app } = this.world;
    const repo = github.repository(targetRepo);
    const sha = await git(repo.dir, "rev-parse", "main");
    const alice = github.users.alice;
    return github.jobToken({
      aud: app.url,
      repository: targetRepo,
      repository_id: String(repo.id),
      repository_owner: owner,
      repository_owner_id: String(repo.ownerId),
      workflow_ref: `${targetRepo}/${workflowPath}@refs/heads/main`,
      job_workflow_ref: `${targetRepo}/${workflowPath}@refs/heads/main`,
      workflow_sha: sha,
      job_workflow_sha: sha,
      sha,
      ref: "refs/heads/main",
      event_name: "workflow_dispatch",
      environment: "production",
      actor: "alice",
      actor_id: String(alice?.id),
      run_id: String(19_700_000_000 + ++this.#names),
      run_attempt: "1",
      runner_environment: "github-hosted",
      ...claims,
    });
  }
  /** What `/token` says to a job under one request: "released" or the error's code. Counts AWS calls to be sure. */
  async use(ask: Pick<Ask, "path">, claims: Record<string, unknown> = {}): Promise<string> {
    return this.exchange(await this.token({ run_id: this.#run(ask.path), ...claims }), { request: ask.path });
  }
  /** The same for a token as it is, with the code that error_uri points to: it says more than `error`, which RFCs limit. */
  async exchange(token: string, params: Record<string, string> = {}): Promise<string> {
    const before = this.#assumed();
    const { status, body } = await exchange(this.world, token, params);
    const minted = this.#assumed() - before;
    if (status === 200) return body.access_token && minted === 1 ? "released" : "released without AWS";
    if (body.access_token !== undefined) return "leaked";
    const code = String(body.error_uri).split("#")[1] ?? String(body.error);
    return minted === 0 ? code : `minted and ${code}`;
  }
  /** One run for each request, however often its job exchanges. */
  #run(file: string): string {
    const known = this.#runs.get(file) ?? String(19_700_000_000 + ++this.#names);
    this.#runs.set(file, known);
    return known;
  }
  readonly #runs = new Map<string, string>();
  #assumed(): number {
    return this.world.aws.log.filter(isMint).length;
  }

  /** Every entry of the ledger branch, oldest first, as an auditor reads it. */
  async ledger(): Promise<readonly Entry[]> {
    await this.world.app.flush();
    const { dir } = this.world.github.repository(accessRepo);
    const files = await git(
      dir,
      "log",
      "--reverse",
      "--diff-filter=A",
      "--name-only",
      "--format=",
      "countersign-ledger",
    );
    const entries: Entry[] = [];
    for (const file of files.split("\n").filter((f) => f !== "")) {
      const text = await git(dir, "show", `countersign-ledger:${file}`);
      entries.push(
        ...text
          .split("\n")
          .slice(1)
          .map((line) => JSON.parse(line) as Entry),
      );
    }
    return entries;
  }
  /** Why a request on main never grants, by its path. */
  async quarantined(file: string): Promise<string | undefined> {
    const found = (await this.ledger()).findLast((e) => e.type === "request_quarantined" && e.path === file);
    return found?.type === "request_quarantined" ? found.code : undefined;
  }
}
