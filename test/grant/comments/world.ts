import { randomUUID } from "node:crypto";
import pino from "pino";
import type { PolicyFiles } from "../../../src/access-repo/index.ts";
import type { Actor, Snapshot } from "../../../src/approval/types.ts";
import { RetryLater } from "../../../src/base/errors.ts";
import { commitSha, ownerId, type RunId, userId } from "../../../src/base/ids.ts";
import type { GitHub, IssueComment } from "../../../src/github/types.ts";
import { type GrantDeps, reconcileComments } from "../../../src/grant/index.ts";
import type { Recorder } from "../../../src/recorder/index.ts";
import type { Db } from "../../../src/store/index.ts";
import { inputOf } from "../../approval/world.ts";
import { access } from "../../recorder/world.ts";

export const path = "requests/aws-prod/2026-11/delete-stale-logs.yml";
export const number = 7;
const person = (id: number, login: string, kind: Actor["kind"] = "user"): Actor => ({ id: userId(id), login, kind });
export const alice = person(11, "alice");
export const bob = person(12, "bob");
export const dave = person(14, "dave");
export const mallory = person(66, "mallory");
export const bot = person(99, "countersign[bot]", "bot");
const pageSize = 100;

/** One pull request as GitHub shows it, with what is said on it. Alice asked for `path` in it. */
export class Conversation
  implements
    Pick<
      GitHub,
      | "identify"
      | "bot"
      | "snapshot"
      | "commentPage"
      | "createComment"
      | "closePullRequest"
      | "policyAt"
      | "teamMember"
      | "canWrite"
      | "cancelRun"
    >
{
  readonly bot = { id: bot.id, login: bot.login, appId: 1 };
  comments: IssueComment[] = [];
  state: Snapshot["pullRequest"]["state"] = "merged";
  paths: readonly string[] = [path];
  on: "pull_request" | "issue" = "pull_request";
  policy: PolicyFiles;
  /** `org/slug` to logins. */
  teams: Record<string, readonly string[]> = { "acme/incident-commanders": ["dave"] };
  writers = new Set(["alice", "bob"]);
  readonly cancelled: number[] = [];
  pages = 0;
  /** Thrown by the next answers: the comment is there, and its answer is lost. */
  loseAnswers = 0;
  failCalls = 0;
  #ids = 1000;
  constructor(policy: PolicyFiles) {
    this.policy = policy;
  }

  say(author: Actor | null, body: string, edited = false): number {
    const id = ++this.#ids;
    this.comments.push({ id, author, body, edited, createdAt: new Date(0) });
    return id;
  }
  /** What our bot answered. */
  answers(): readonly string[] {
    return this.comments.flatMap((c) => (c.author?.id === bot.id ? [c.body] : []));
  }
  async identify(): Promise<void> {}
  async snapshot(): ReturnType<GitHub["snapshot"]> {
    if (this.failCalls-- > 0) throw new RetryLater("github_unreachable", "no");
    this.failCalls = Math.max(0, this.failCalls);
    const { snapshot } = inputOf();
    return {
      kind: "snapshot",
      snapshot: {
        ...snapshot,
        repository: { ...snapshot.repository, id: access.id, ownerId: ownerId(65), fullName: access.fullName },
        pullRequest: {
          ...snapshot.pullRequest,
          number,
          state: this.state,
          author: alice,
          mergeCommit: this.state === "merged" ? commitSha("9".padStart(40, "0")) : null,
        },
        changes: this.paths.map((one) => ({ path: one, status: "added" })),
      },
    };
  }
  async commentPage(_: unknown, __: number, after: string | null) {
    this.pages++;
    const start = after === null ? 0 : this.comments.findIndex((c) => String(c.id) === after) + 1;
    const comments = this.comments.slice(start, start + pageSize);
    const more = start + pageSize < this.comments.length;
    return { on: this.on, comments, next: more ? String(comments.at(-1)?.id) : null };
  }
  async createComment(_: unknown, __: number, body: string): Promise<number> {
    const id = this.say(bot, body);
    if (this.loseAnswers-- > 0) throw new RetryLater("github_unreachable", "the answer was lost");
    this.loseAnswers = Math.max(0, this.loseAnswers);
    return id;
  }
  async closePullRequest(): Promise<void> {
    this.state = "closed";
  }
  async policyAt(): Promise<PolicyFiles> {
    return this.policy;
  }
  async teamMember(_: unknown, org: string, slug: string, login: string): Promise<boolean> {
    return this.teams[`${org}/${slug}`]?.includes(login) ?? false;
  }
  async canWrite(_: string, { login }: Actor): Promise<boolean> {
    return this.writers.has(login);
  }
  async cancelRun(_: string, run: RunId): Promise<void> {
    this.cancelled.push(run);
  }
}

/** One server's view; several on one database are several replicas. */
export function server(
  db: Db,
  github: Conversation,
  recorder: Pick<Recorder, "append">,
  time: { now: Date },
  more: Partial<GrantDeps> = {},
) {
  const enqueued: string[] = [];
  const deps = {
    db,
    github: github as unknown as GitHub,
    recorder: recorder as GrantDeps["recorder"],
    clock: { now: () => time.now },
    log: pino({ enabled: false }),
    newId: randomUUID,
    enqueue: async (key: string) => void enqueued.push(key),
    ...more,
  } as GrantDeps;
  let ended = 0;
  const read = () => reconcileComments({ ...deps, endCredentials: async () => void ended++ }, access.id, number);
  return { deps, read, enqueued, ended: () => ended };
}
