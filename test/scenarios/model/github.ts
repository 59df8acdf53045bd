import type { Actor, Snapshot } from "../../../src/approval/types.ts";
import { RetryLater } from "../../../src/base/errors.ts";
import {
  type CommitSha,
  type OwnerId,
  ownerId,
  pullRequestId,
  type RepositoryId,
  repositoryId,
  type RunId,
  userId,
} from "../../../src/base/ids.ts";
import type { GitHub, NewPullRequest, RepoRef } from "../../../src/github/types.ts";
import { FakeLedger } from "../../recorder/world.ts";
import { blobId, changes, type Commit, edited, type Tree } from "./git.ts";
import { type OthersCheck, type PullRequest, policyOf, Repository, type Said, treeFile } from "./repository.ts";
import { Runs } from "./runs.ts";
import { branchCommit, opinions, pushesOf } from "./views.ts";

let ids = 1000;
/** Unlike those of any other model: stories may share a database. */
const nextId = (): number => ++ids;

/**
 * GitHub as a small model in memory: what `GitHub` (src/github/types.ts) answers, and what people do there. It is for many
 * short stories; what HTTP, GraphQL and git add is tried on the local GitHub (test/sandbox, test/e2e). Whatever a story does
 * leaves hints, as webhooks do; whoever plays a story may lose them.
 */
export class ModelGitHub implements GitHub {
  readonly repositories = new Map<RepositoryId, Repository>();
  readonly owners = new Map<string, OwnerId>();
  readonly people = new Map<string, Actor>();
  /** `org/slug` -> logins that are `active`. */
  readonly teams = new Map<string, Set<string>>();
  readonly secretTeams = new Set<string>();
  readonly ledgers = new Map<RepositoryId, FakeLedger>();
  readonly runs = new Runs(nextId);
  /** Jobs that webhooks would ask for. */
  readonly hints = new Set<string>();
  /** False: as a GitHub Enterprise Server from before 2026-02-19, whose answer to a dispatch is empty. */
  namesRuns = true;
  readonly bot = { id: userId(9000), login: "countersign[bot]", appId: 42 };
  /** Before each call of the server: what happens just then. */
  before: ((method: string) => void) | undefined;
  /** After what `dispatch` or `putLedgerFile` asked for is done, and before the answer: what happens just then. */
  after: ((method: "dispatch" | "putLedgerFile", inputs?: Readonly<Record<string, string>>) => void) | undefined;
  /** GitHub's clock minus the server's, in seconds, as the `Date` of its newest answer has it; null: it never answered. */
  skew: number | null = 0;
  /** Why GitHub refuses merges now, as a rule of the branch would. */
  mergeRefused: { readonly status: 405 | 409; readonly message: string } | undefined;
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  // What people and their world are.

  person(login: string, kind: Actor["kind"] = "user"): Actor {
    const known = this.people.get(login);
    if (known) return known;
    const made: Actor = { id: userId(nextId()), login, kind };
    this.people.set(login, made);
    return made;
  }
  /** As anybody may do on his own: the account, its teams and what it wrote stay, and the old name is free. */
  rename(login: string, to: string): void {
    const account = this.people.get(login);
    if (!account || this.people.has(to)) throw new Error(`${login} cannot become ${to}`);
    this.people.delete(login);
    // Whatever shows it shows the same account, under the name of now.
    this.people.set(to, Object.assign(account, { login: to }));
    const places = [...this.teams.values(), ...[...this.repositories.values()].map((repo) => repo.writers)];
    for (const logins of places) if (logins.delete(login)) logins.add(to);
  }
  owner(login: string): OwnerId {
    const id = this.owners.get(login) ?? ownerId(nextId());
    this.owners.set(login, id);
    return id;
  }
  addRepository(fullName: string, files: Tree, id = repositoryId(nextId())): Repository {
    const repo = new Repository(id, this.owner(fullName.split("/")[0] ?? ""), fullName);
    const root = this.person("root");
    const first = repo.git.commit({ parents: [], tree: files, authors: [root], committer: root, at: this.#now() });
    repo.push(repo.defaultBranch, first.sha, root, this.#now());
    this.repositories.set(repo.id, repo);
    this.ledgers.set(repo.id, new FakeLedger());
    return repo;
  }
  named(fullName: string): Repository | undefined {
    return [...this.repositories.values()].find((r) => r.fullName.toLowerCase() === fullName.toLowerCase());
  }

  // What people do.

  push(repo: Repository, branch: string, to: CommitSha, by: Actor | null): void {
    repo.push(branch, to, by, this.#now());
    this.hints.add(`access-repo:${repo.id}`);
    for (const pull of repo.pulls.values()) if (pull.branch === branch) this.touched(repo, pull.number);
  }
  touched(repo: Repository, number: number): void {
    this.hints.add(`pull-request:${repo.id}:${number}`);
  }
  open(repo: Repository, fields: Pick<PullRequest, "author" | "title" | "draft" | "base" | "branch">): PullRequest {
    const pull: PullRequest = {
      id: pullRequestId(nextId()),
      number: ++repo.numbers,
      state: "open",
      head: repo.git.tip(fields.branch).sha,
      headRepository: repo.id,
      mergeCommit: null,
      reviews: [],
      requested: [],
      createdAt: this.#now(),
      reopenedAt: null,
      closedBy: null,
      ...fields,
    };
    repo.pulls.set(pull.number, pull);
    this.touched(repo, pull.number);
    return pull;
  }
  review(repo: Repository, pull: PullRequest, by: Actor, state: "APPROVED" | "CHANGES_REQUESTED"): number {
    const id = nextId();
    const canPush = repo.writers.has(by.login);
    pull.reviews.push({ id, author: by, state, commit: pull.head, submittedAt: this.#now(), canPush });
    this.touched(repo, pull.number);
    return id;
  }
  /** Squash, by whomever, with GitHub as committer. @returns null where it cannot be merged */
  squash(repo: Repository, pull: PullRequest, by: Actor): Commit | null {
    const tip = repo.git.tip(pull.base);
    const tree = pull.state === "open" ? repo.git.merged(tip.sha, pull.head) : null;
    if (!tree) return null;
    const at = this.#now();
    const made = repo.git.commit({ parents: [tip.sha], tree, authors: [by], committer: "web-flow", at });
    this.finish(repo, pull, made.sha, by);
    this.push(repo, pull.base, made.sha, by);
    return made;
  }
  finish(repo: Repository, pull: PullRequest, commit: CommitSha | null, by: Actor): void {
    pull.state = commit === null ? "closed" : "merged";
    pull.mergeCommit = commit;
    pull.closedBy = by;
    this.touched(repo, pull.number);
  }
  /** Another App, or a job with its token, posts a check run. */
  postCheck(repo: Repository, check: Omit<OthersCheck, "id">): void {
    repo.othersChecks.push({ id: nextId(), ...check });
  }
  say(repo: Repository, number: number, author: Actor, body: string): Said {
    const said: Said = { id: nextId(), author, body, createdAt: this.#now(), edited: false };
    const all = repo.comments.get(number) ?? [];
    repo.comments.set(number, [...all, said]);
    this.hints.add(`${repo.pulls.has(number) ? "comments" : "issue"}:${repo.id}:${number}`);
    return said;
  }

  // What the server asks.

  #at(repo: { readonly id: RepositoryId }, method: string): Repository {
    this.before?.(method);
    const found = this.repositories.get(repo.id);
    if (!found?.installed) throw new RetryLater("github_not_visible", "not visible");
    return found;
  }
  #pull(repo: RepoRef, number: number, method: string): { repository: Repository; pull: PullRequest } {
    const repository = this.#at(repo, method);
    const pull = repository.pulls.get(number);
    if (!pull) throw new RetryLater("github_not_visible", "no such pull request");
    return { repository, pull };
  }
  async repository(fullName: string) {
    this.before?.("repository");
    const found = this.named(fullName);
    if (!found?.installed) return null;
    const { id, defaultBranch } = found;
    return { id, ownerId: found.ownerId, fullName: found.fullName, defaultBranch, installationId: 1 };
  }
  async snapshot(repo: RepoRef, number: number): ReturnType<GitHub["snapshot"]> {
    const repository = this.#at(repo, "snapshot");
    const pull = repository.pulls.get(number);
    if (!pull) return null;
    const { git } = repository;
    const tip = git.tip(repository.defaultBranch);
    const base =
      pull.mergeCommit === null
        ? (git.branches.get(pull.base) ?? tip.sha)
        : (git.at(pull.mergeCommit).parents[0] ?? tip.sha);
    const found = changes(git.mergeBase(base, pull.head).tree, git.at(pull.head).tree);
    const commits = git.between(base, pull.head);
    if (found.length > 100) return { kind: "too_long", what: "more than 100 files", headSha: pull.head };
    if (commits.length > 100) return { kind: "too_long", what: "more than 100 commits", headSha: pull.head };
    const snapshot: Snapshot = {
      repository: {
        id: repository.id,
        ownerId: repository.ownerId,
        fullName: repository.fullName,
        defaultBranch: repository.defaultBranch,
      },
      tip: { sha: tip.sha, policy: policyOf(tip) },
      pullRequest: {
        id: pull.id,
        number,
        title: pull.title,
        state: pull.state,
        draft: pull.draft,
        author: pull.author,
        baseRef: pull.base,
        headRef: pull.branch,
        headSha: pull.head,
        headRepositoryId: pull.headRepository,
        mergeCommit: pull.mergeCommit,
        openedAt: pull.reopenedAt ?? pull.createdAt,
        closedBy: pull.state === "closed" ? pull.closedBy : null,
        requestedReviewers: pull.requested,
      },
      changes: found,
      commits: commits.map(({ sha, authors, committer }) => ({ sha, authors, committer })),
      pushes: pushesOf(repository, pull),
      reviews: opinions(repository, pull),
    };
    return { kind: "snapshot", snapshot };
  }
  async reviewTimes(repo: RepoRef, number: number) {
    const { pull } = this.#pull(repo, number, "reviewTimes");
    return pull.reviews.map(({ author, submittedAt }) => ({ author: author?.id ?? null, submittedAt }));
  }
  async files(repo: RepoRef, commit: CommitSha, paths: readonly string[]) {
    const { git } = this.#at(repo, "files");
    return paths.map((path) => treeFile(git.at(commit), path));
  }
  async policyAt(repo: RepoRef, commit: CommitSha) {
    return policyOf(this.#at(repo, "policyAt").git.at(commit));
  }
  async mergeBase(repo: RepoRef, base: CommitSha, head: CommitSha) {
    return this.#at(repo, "mergeBase").git.mergeBase(base, head).sha;
  }
  async tip(repo: RepoRef, branch: string) {
    return this.#at(repo, "tip").git.branches.get(branch) ?? null;
  }
  async commitsBetween(repo: RepoRef, from: CommitSha, to: CommitSha) {
    const repository = this.#at(repo, "commitsBetween");
    return repository.git.firstParents(from, to)?.map((commit) => branchCommit(repository, commit)) ?? null;
  }
  async commit(repo: RepoRef, sha: CommitSha) {
    const repository = this.#at(repo, "commit");
    return branchCommit(repository, repository.git.at(sha));
  }
  async commitPeople(repo: RepoRef, branch: string, commits: readonly CommitSha[]) {
    const { git, activity } = this.#at(repo, "commitPeople");
    return commits.map((sha) => {
      const { authors, committer } = git.at(sha);
      return {
        sha,
        author: authors[0] ?? null,
        committer: committer === "web-flow" ? null : committer,
        pusher: activity.find((row) => row.ref === branch && row.after === sha)?.actor ?? null,
      };
    });
  }
  async requestBlobs(repo: RepoRef, commit: CommitSha) {
    const { tree } = this.#at(repo, "requestBlobs").git.at(commit);
    return new Map([...tree].flatMap(([p, f]) => (p.startsWith("requests/") ? [[p, blobId(f.text)] as const] : [])));
  }
  async openPullRequests(repo: RepoRef) {
    const { pulls } = this.#at(repo, "openPullRequests");
    return [...pulls.values()].filter((pull) => pull.state === "open").map((pull) => pull.number);
  }
  async teamMember(_: RepoRef, org: string, slug: string, login: string) {
    this.before?.("teamMember");
    const team = `${org}/${slug}`.toLowerCase();
    return !this.secretTeams.has(team) && (this.teams.get(team)?.has(login) ?? false);
  }
  async teamRoster(_: RepoRef, org: string, slug: string): ReturnType<GitHub["teamRoster"]> {
    this.before?.("teamRoster");
    const team = `${org}/${slug}`.toLowerCase();
    const members = this.secretTeams.has(team) ? undefined : this.teams.get(team);
    return members ? { kind: "members", logins: [...members] } : { kind: "not_visible" };
  }
  async accountId(_: RepoRef, login: string) {
    this.before?.("accountId");
    const found = [...this.people.values()].find((one) => one.login.toLowerCase() === login.toLowerCase());
    return found?.id ?? null;
  }
  async canWrite(fullName: string, person: Actor) {
    this.before?.("canWrite");
    return this.named(fullName)?.writers.has(person.login) ?? false;
  }
  async workflowFile(fullName: string, ref: string, file: string) {
    this.before?.("workflowFile");
    const repo = this.named(fullName);
    if (!repo?.installed) return null;
    const tip = repo.git.branches.get(ref.replace("refs/heads/", ""));
    const found = tip ? treeFile(repo.git.at(tip), file) : null;
    return { repository: { id: repo.id, ownerId: repo.ownerId, fullName: repo.fullName }, file: found };
  }
  async blobAt(fullName: string, commit: CommitSha, file: string) {
    const found = this.named(fullName)?.git.commits.get(commit)?.tree.get(file);
    return found ? blobId(found.text) : null;
  }
  async run(fullName: string, id: RunId, attempt?: number) {
    const found = this.runs.view(id, attempt);
    return found?.repository.toLowerCase() === fullName.toLowerCase() ? found : null;
  }
  async workflowRuns(fullName: string, file: string, since: Date) {
    return this.runs.of(fullName, file, since);
  }
  async issueComments(repo: RepoRef, number: number) {
    return this.#at(repo, "issueComments").comments.get(number) ?? [];
  }
  async commentPage(repo: RepoRef, number: number, after: string | null) {
    const repository = this.#at(repo, "commentPage");
    const all = repository.comments.get(number) ?? [];
    const on = repository.pulls.has(number) ? ("pull_request" as const) : ("issue" as const);
    const from = after === null ? 0 : all.findIndex((one) => String(one.id) === after) + 1;
    const comments = all.slice(from, from + 100);
    return { on, comments, next: from + 100 < all.length ? String(comments.at(-1)?.id) : null };
  }
  async commentsSince(repo: RepoRef, since: Date) {
    return [...this.#at(repo, "commentsSince").comments]
      .flatMap(([number, all]) => all.map(({ id, body, createdAt }) => ({ id, number, body, updatedAt: createdAt })))
      .filter(({ updatedAt }) => updatedAt >= since)
      .sort((a, b) => a.updatedAt.getTime() - b.updatedAt.getTime())
      .slice(0, 100);
  }
  async createComment(repo: RepoRef, number: number, body: string) {
    return this.say(this.#at(repo, "createComment"), number, { ...this.bot, kind: "bot" }, body).id;
  }
  async updateComment(repo: RepoRef, id: number, body: string) {
    const said = [...this.#at(repo, "updateComment").comments.values()].flat().find((one) => one.id === id);
    if (said) Object.assign(said, { body, edited: true });
    return said !== undefined;
  }
  async createIssue(repo: RepoRef, { title, body }: { readonly title: string; readonly body: string }) {
    const repository = this.#at(repo, "createIssue");
    const number = ++repository.numbers;
    repository.issues.set(number, { number, author: { ...this.bot, kind: "bot" }, title, body, state: "open" });
    return number;
  }
  async updateIssue(repo: RepoRef, number: number, change: Parameters<GitHub["updateIssue"]>[2]) {
    Object.assign(this.#at(repo, "updateIssue").issues.get(number) ?? {}, change);
  }
  async closeIssue(repo: RepoRef, number: number) {
    Object.assign(this.#at(repo, "closeIssue").issues.get(number) ?? {}, { state: "closed" });
  }
  async closePullRequest(repo: RepoRef, number: number) {
    const { repository, pull } = this.#pull(repo, number, "closePullRequest");
    if (pull.state === "open") this.finish(repository, pull, null, { ...this.bot, kind: "bot" });
  }
  async issue(repo: RepoRef, number: number) {
    const found = this.#at(repo, "issue").issues.get(number);
    return found ? { state: found.state, author: found.author } : null;
  }
  async ourIssues(repo: RepoRef) {
    return [...this.#at(repo, "ourIssues").issues.values()].toReversed();
  }
  async putCheck(...[repo, head, externalId, content, existing]: Parameters<GitHub["putCheck"]>) {
    const { checks, othersChecks } = this.#at(repo, "putCheck");
    // GitHub lets an App change its own check runs only.
    if (othersChecks.some((check) => check.id === existing)) throw new Error("that check run is another App's");
    const id = nextId();
    const key = `${head} ${externalId}`;
    checks.set(key, { ...content, id, posted: (checks.get(key)?.posted ?? 0) + 1 });
    return { id, at: this.#now() };
  }
  async retitleCheck(repo: RepoRef) {
    this.#at(repo, "retitleCheck");
  }
  async setTitle(repo: RepoRef, number: number, title: string) {
    this.#pull(repo, number, "setTitle").pull.title = title;
    return null;
  }
  async requestReviewers(repo: RepoRef, number: number, asked: Parameters<GitHub["requestReviewers"]>[2]) {
    const { repository, pull } = this.#pull(repo, number, "requestReviewers");
    const owner = repository.fullName.split("/")[0] ?? "";
    const names = [...asked.users.map((u) => `@${u}`), ...asked.teams.map((t) => `@${owner}/${t}`)];
    pull.requested = [...new Set([...pull.requested, ...names])];
  }
  async merge(repo: RepoRef, number: number, head: CommitSha): ReturnType<GitHub["merge"]> {
    const { repository, pull } = this.#pull(repo, number, "merge");
    if (this.mergeRefused) return { kind: "refused", ...this.mergeRefused };
    if (pull.head !== head) return { kind: "refused", status: 409, message: "Head branch was modified." };
    const made = pull.draft ? null : this.squash(repository, pull, { ...this.bot, kind: "bot" });
    if (!made) return { kind: "refused", status: 405, message: "Pull Request is not mergeable" };
    return { kind: "merged", sha: made.sha };
  }
  async commitFile(repo: RepoRef, parent: CommitSha, path: string, content: string) {
    const { git } = this.#at(repo, "commitFile");
    const tree = edited(git.at(parent).tree, { [path]: content });
    const authors = [{ ...this.bot, kind: "bot" } as const];
    // An App that names neither author nor committer: GitHub signs and is the committer, as in test/sandbox/github/git-data.ts.
    return git.commit({ parents: [parent], tree, authors, committer: "web-flow", at: this.#now() }).sha;
  }
  async createBranch(repo: RepoRef, branch: string, commit: CommitSha) {
    const repository = this.#at(repo, "createBranch");
    if (repository.git.branches.has(branch)) return false;
    this.push(repository, branch, commit, { ...this.bot, kind: "bot" });
    return true;
  }
  async openPullRequest(repo: RepoRef, { branch, base, title }: NewPullRequest) {
    const repository = this.#at(repo, "openPullRequest");
    const found = [...repository.pulls.values()].find((pull) => pull.branch === branch);
    const fields = { author: { ...this.bot, kind: "bot" } as const, title, draft: false, base, branch };
    return (found ?? this.open(repository, fields)).number;
  }
  async dispatch(
    fullName: string,
    file: string,
    ref: string,
    inputs: Readonly<Record<string, string>>,
  ): ReturnType<GitHub["dispatch"]> {
    this.before?.("dispatch");
    const repo = this.named(fullName);
    if (!repo) return { kind: "refused", status: 404, message: "Not Found" };
    const headSha = repo.git.tip(ref.replace("refs/heads/", "")).sha;
    const at = { repository: fullName, file, ref, inputs, headSha, createdAt: this.#now() };
    const { id } = this.runs.start({ ...this.bot, kind: "bot" }, at);
    this.after?.("dispatch", inputs);
    return this.namesRuns ? { kind: "run", runId: id } : { kind: "accepted" };
  }
  async cancelRun(_: string, id: RunId) {
    const run = this.runs.get(id);
    if (run) run.cancelled = true;
  }
  async ledgerWait() {
    return 0;
  }
  #ledger(repo: RepoRef): FakeLedger {
    const found = this.ledgers.get(repo.id);
    if (!found) throw new Error("no ledger");
    return found;
  }
  async ledgerTip(repo: RepoRef) {
    return this.#ledger(repo).ledgerTip();
  }
  async createLedgerBranch(repo: RepoRef, path: string, content: string) {
    return this.#ledger(repo).createLedgerBranch(repo, path, content);
  }
  async putLedgerFile(repo: RepoRef, path: string, content: string) {
    const answer = await this.#ledger(repo).putLedgerFile(repo, path, content);
    this.after?.("putLedgerFile");
    return answer;
  }
  async ledgerCommits(repo: RepoRef, from: CommitSha | null, to: CommitSha) {
    return this.#ledger(repo).ledgerCommits(repo, from, to);
  }
  skewSeconds() {
    return this.skew;
  }
  async identify() {}
}
