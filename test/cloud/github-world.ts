import { createPrivateKey } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Octokit } from "@octokit/rest";
import { SignJWT } from "jose";
import { ownerId, type RepositoryId, repositoryId } from "../../src/base/ids.ts";
import { brokers, type CheckInput, type Minted, type MintInput } from "../../src/cloud/index.ts";
import { createResolver, createTokenApp, type ResolveRepositories, type TokenApp } from "../../src/github/index.ts";
import type { PlanDataOf } from "../../src/plan/types.ts";
import { type Change, facts, planOf, roles } from "../plan/kinds.ts";
import { type LocalGitHub, type Seed, startLocalGitHub } from "../sandbox/github/index.ts";
import { context, start, window } from "./azure-world.ts";

const seed: Seed = {
  users: ["root"],
  orgs: [
    { login: "acme", owners: ["root"] },
    { login: "evil", owners: ["root"] },
  ],
  apps: [
    { slug: "countersign", permissions: { contents: "write", checks: "write" } },
    { slug: "broker", permissions: { contents: "write", issues: "write", pull_requests: "read" } },
  ],
  repositories: [
    { owner: "acme", name: "access", files: { a: "1\n" }, installed: ["countersign", "broker"] },
    { owner: "acme", name: "infra", files: { a: "1\n" }, installed: ["countersign", "broker"] },
    { owner: "acme", name: "app", private: true, files: { a: "1\n" }, installed: ["broker"] },
    { owner: "acme", name: "elsewhere", private: true, files: { a: "1\n" }, installed: ["countersign"] },
    { owner: "evil", name: "infra", files: { a: "1\n" }, installed: ["broker"] },
  ],
};

export interface GithubWorld {
  readonly github: LocalGitHub;
  readonly app: TokenApp;
  readonly resolve: ResolveRepositories;
  readonly clock: { now: Date };
  id(name: string): RepositoryId;
  /** A plan for repositories of acme as they are now. */
  plan(names?: readonly string[], change?: Change<"github">): PlanDataOf<"github">;
  mint(change?: Partial<MintInput>): Promise<Minted>;
  revoke(token: string): Promise<void>;
  /** A role for these repositories, tried. */
  check(names: readonly string[], permissions?: CheckInput<"github">["role"]["permissions"]): Promise<void>;
  /** Acts with a token. */
  as(token: string): Octokit;
}

/** The local GitHub, which takes a second to start: shared by tests until one changes what is there. */
export async function startGithub(): Promise<{ github: LocalGitHub; clock: { now: Date }; close(): Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), "countersign-github-"));
  const clock = { now: start };
  const github = await startLocalGitHub({ dir, now: () => clock.now, seed });
  return {
    github,
    clock,
    async close() {
      await github.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A server's second App on it, which remembers nothing yet. */
export async function startGithubWorld(at: Awaited<ReturnType<typeof startGithub>>): Promise<GithubWorld> {
  const { github, clock } = at;
  const { apiUrl } = github;
  const octokit = (auth?: string): Octokit =>
    new Octokit({ auth, baseUrl: apiUrl, log: { debug() {}, info() {}, warn() {}, error() {} } });
  const app = createTokenApp({ app: await signed(octokit(), github, clock), apiUrl, clock: { now: () => clock.now } });
  const id = (name: string) => repositoryId(github.repository(name).id);
  const accessRepos = new Set<number>([id("acme/access")]);
  const broker = brokers({ github: { app, accessRepos } }).get("github");
  if (!broker?.revoke) throw new Error("no broker");
  const owner = ownerId(github.repository("acme/infra").ownerId);
  const plan: GithubWorld["plan"] = (names = ["acme/infra"], change = {}) =>
    planOf("github", {
      access: { repository_id: id("acme/access"), owner_id: owner },
      workflow: { repository_id: id("acme/infra"), owner_id: owner, repository: "acme/infra" },
      repositories: new Map(names.map((name) => [name, facts(id(name), name, { owner_id: owner })])),
      ...change,
      request: { repositories: [...names], ...change.request },
    }).data;
  return {
    github,
    app,
    clock,
    id,
    plan,
    resolve: createResolver(app, accessRepos, { now: () => clock.now }),
    mint: (change = {}) =>
      broker.mint({
        plan: plan(),
        window,
        now: clock.now,
        context,
        sign: () => Promise.reject(new Error("no assertion is for GitHub")),
        signal: AbortSignal.timeout(60_000),
        ...change,
      }),
    check: (names, permissions = { contents: "write" }) =>
      broker.check?.({
        role: { ...roles.github, repositories: [...names], permissions },
        subject: `repository:${id("acme/access")}:github:github-prod:deployer`,
        access: { id: id("acme/access"), ownerId: owner },
        check: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        sign: () => Promise.reject(new Error("no assertion is for GitHub")),
        signal: AbortSignal.timeout(60_000),
      }) ?? Promise.reject(new Error("no check")),
    revoke: (token) => broker.revoke?.(token) ?? Promise.reject(new Error("no revoke")),
    as: octokit,
  };
}

/** An Octokit whose every request carries a fresh assertion of the App, as Probot's does. */
async function signed(octokit: Octokit, github: LocalGitHub, clock: { now: Date }): Promise<Octokit> {
  const app = github.apps["broker"];
  if (!app) throw new Error("no App");
  const key = createPrivateKey(app.privateKey);
  octokit.hook.before("request", async (request) => {
    const iat = Math.floor(clock.now.getTime() / 1000) - 30;
    const jwt = new SignJWT({ iss: String(app.id), iat, exp: iat + 300 }).setProtectedHeader({ alg: "RS256" });
    request.headers.authorization = `bearer ${await jwt.sign(key)}`;
  });
  return octokit;
}
