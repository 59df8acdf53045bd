import { execFile } from "node:child_process";
import { createHmac, createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Octokit } from "@octokit/rest";
import { SignJWT } from "jose";
import { expect } from "vitest";
import { type LocalGitHub, type Seed, startLocalGitHub } from "../sandbox/github/index.ts";

export const ACCESS = { owner: "acme", repo: "access" } as const;
export const WORKFLOW = `name: delete bucket
on:
  workflow_dispatch:
    inputs:
      bucket: { required: true }
      mode: { type: choice, options: [soft, hard], default: soft }
jobs:
  run:
    runs-on: ubuntu-latest
    environment: production
    permissions: { id-token: write }
    steps: []
`;

const SEED: Seed = {
  users: ["alice", "bob", "carol", "mallory", "root"],
  orgs: [
    {
      login: "acme",
      owners: ["root"],
      members: ["carol"],
      teams: {
        sre: ["alice", "bob"],
        security: { members: { carol: "active", mallory: "pending" } },
        leads: { members: ["bob"], parent: "security" },
      },
    },
    { login: "evil", owners: ["mallory"] },
  ],
  apps: [
    {
      slug: "countersign",
      permissions: {
        actions: "write",
        checks: "write",
        contents: "write",
        issues: "write",
        members: "read",
        pull_requests: "write",
      },
    },
    { slug: "broker", permissions: { contents: "write", checks: "write" } },
  ],
  repositories: [
    {
      owner: "acme",
      name: "access",
      installed: ["countersign", "broker"],
      teams: { sre: "write", security: "read" },
      files: { "README.md": "hello\n", ".github/workflows/delete.yml": WORKFLOW },
    },
    { owner: "acme", name: "secret", private: true, installed: true, teams: { sre: "write" }, files: { a: "1\n" } },
    { owner: "acme", name: "elsewhere", private: true, files: { a: "1\n" } },
  ],
};

export interface Hook {
  readonly headers: IncomingHttpHeaders;
  readonly payload: Record<string, unknown>;
  /** Does the signature fit our secret? */
  readonly signed: boolean;
}

export interface Sandbox {
  /** What our App was sent, in the order of arrival. */
  readonly hooks: readonly Hook[];
  /** The status that the App's webhook endpoint answers with. */
  answer: number;
  readonly gh: LocalGitHub;
  readonly dir: string;
  readonly clock: { now: Date };
  as(login: string): Octokit;
  anonymous: Octokit;
  jwt(slug?: string, seconds?: number): Promise<Octokit>;
  app(slug?: string, body?: Record<string, unknown>): Promise<Octokit>;
  git(...args: string[]): Promise<string>;
  clone(login: string | null, name?: string): Promise<string>;
  close(): Promise<void>;
}

export const status = async (call: Promise<{ status: number }>): Promise<number> => {
  try {
    return (await call).status;
  } catch (e) {
    return (e as { status: number }).status;
  }
};

export async function sandbox(): Promise<Sandbox> {
  const dir = mkdtempSync(path.join(tmpdir(), "sandbox-github-"));
  const clock = { now: new Date("2026-11-23T10:00:00Z") };
  const gh = await startLocalGitHub({ dir: path.join(dir, "repos"), now: () => clock.now, seed: SEED });
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const client = (auth?: string) => new Octokit({ baseUrl: gh.apiUrl, log: silent, ...(auth ? { auth } : {}) });
  const jwt = async (slug = "countersign", seconds = 540) => {
    const app = gh.apps[slug];
    if (!app) throw new Error(slug);
    const now = Math.floor(clock.now.getTime() / 1000);
    const token = await new SignJWT({ iss: String(app.id), iat: now - 30, exp: now + seconds })
      .setProtectedHeader({ alg: "RS256" })
      .sign(createPrivateKey(app.privateKey));
    return new Octokit({ baseUrl: gh.apiUrl, log: silent, authStrategy: () => bearer(token) });
  };
  const env = {
    PATH: process.env["PATH"],
    HOME: dir,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
  };
  const git = async (...args: string[]) =>
    (await promisify(execFile)("git", ["-c", "user.name=x", "-c", "user.email=x@y.z", ...args], { env })).stdout;
  let clones = 0;
  const hooks: Hook[] = [];
  const sink = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (c: Buffer) => chunks.push(c));
    req.on("end", () => {
      const raw = Buffer.concat(chunks);
      const mac = createHmac("sha256", gh.app.webhookSecret).update(raw).digest("hex");
      hooks.push({
        headers: req.headers,
        payload: JSON.parse(raw.toString("utf8")) as Record<string, unknown>,
        signed: req.headers["x-hub-signature-256"] === `sha256=${mac}`,
      });
      res.writeHead(self.answer).end("seen");
    });
  });
  await new Promise<void>((done) => sink.listen(0, "127.0.0.1", done));
  const address = sink.address();
  gh.setWebhookUrl(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hooks`);
  const self: Sandbox = {
    hooks,
    answer: 202,
    gh,
    dir,
    clock,
    as: (login) => client(gh.users[login]?.token ?? login),
    anonymous: client(),
    jwt,
    app: async (slug = "countersign", body = {}) => {
      const id = gh.installationId("acme/access", slug) ?? 0;
      const o = await jwt(slug);
      const minted = await o.request("POST /app/installations/{installation_id}/access_tokens", {
        installation_id: id,
        ...body,
      });
      return client(minted.data.token);
    },
    git,
    clone: async (login, name = "acme/access") => {
      const to = path.join(dir, `clone-${clones++}`);
      const url = new URL(gh.repository(name).cloneUrl);
      if (login !== null) {
        url.username = "x";
        url.password = gh.users[login]?.token ?? login;
      }
      await git("clone", "-q", url.href, to);
      return to;
    },
    close: async () => {
      await gh.settled();
      expect(gh.validation.failures).toEqual([]);
      expect(gh.validation.unvalidated).toEqual([]);
      await gh.close();
      await new Promise<void>((done) => {
        sink.close(() => done());
        sink.closeAllConnections();
      });
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return self;
}

function bearer(token: string) {
  return {
    hook: (
      request: (route: unknown, parameters: unknown) => unknown,
      route: { headers: Record<string, string> },
      parameters?: unknown,
    ) => {
      route.headers["authorization"] = `bearer ${token}`;
      return request(route, parameters);
    },
  };
}

/** A branch with one file, and its pull request by that person. */
export async function ask(s: Sandbox, login = "alice", branch = "req", file = `requests/${branch}.yml`) {
  const o = s.as(login);
  const base = (await o.rest.git.getRef({ ...ACCESS, ref: "heads/main" })).data.object.sha;
  await o.rest.git.createRef({ ...ACCESS, ref: `refs/heads/${branch}`, sha: base });
  await put(o, branch, file, "a: 1\n");
  return (await o.rest.pulls.create({ ...ACCESS, head: branch, base: "main", title: `ask ${branch}` })).data;
}

export async function put(o: Octokit, branch: string, file: string, text: string, sha?: string) {
  const content = Buffer.from(text).toString("base64");
  return o.rest.repos.createOrUpdateFileContents({
    ...ACCESS,
    path: file,
    message: `write ${file}`,
    content,
    branch,
    ...(sha === undefined ? {} : { sha }),
  });
}
