import { randomBytes, randomUUID } from "node:crypto";
import path from "node:path";
import { run } from "../processes/index.ts";
import { Git, gitEnv, type Signature, ZERO } from "./git.ts";
import { keyPair } from "./key-pair.ts";
import type {
  Account,
  Actor,
  App,
  AppSeed,
  Installation,
  Owner,
  Permission,
  Protection,
  ProtectionSeed,
  Repo,
  RepositorySeed,
  Run,
  Seed,
  User,
} from "./types.ts";

/** What app.yml asks for: the union of the six scopes in DESIGN.md section 4. */
const OUR_PERMISSIONS: AppSeed["permissions"] = {
  actions: "write",
  checks: "write",
  contents: "write",
  issues: "write",
  members: "read",
  metadata: "read",
  pull_requests: "write",
};
const OUR_EVENTS = [
  "check_run",
  "check_suite",
  "issue_comment",
  "issues",
  "member",
  "membership",
  "pull_request",
  "pull_request_review",
  "push",
  "repository",
  "workflow_run",
];

/** The account that GitHub commits with; its id is GitHub's real one. */
export const WEB_FLOW: Account = { id: 19864447, login: "web-flow", type: "User" };
export const WEB_FLOW_EMAIL = "noreply@github.com";

/** State of the simulated host. Ranges of ids differ per kind and pass 2^31 where GitHub's do, so a mix-up shows. */
export class World {
  readonly dir: string;
  readonly now: () => Date;
  url = "";
  readonly users = new Map<string, User>();
  readonly owners = new Map<string, Owner>();
  readonly apps = new Map<string, App>();
  readonly installations: Installation[] = [];
  readonly repositories = new Map<string, Repo>();
  readonly retired: Repo[] = [];
  readonly tokens = new Map<string, { actor: Actor; expiresAt: Date | null }>();
  readonly #next = {
    user: 1_400_100,
    org: 52_000_300,
    team: 6_100_000,
    repository: 820_000_100,
    app: 910_200,
    installation: 71_000_500,
    issue: 2_900_000_000,
    pull: 3_100_000_000,
    review: 3_600_000_000,
    comment: 3_800_000_000,
    check: 57_000_000_000,
    suite: 49_000_000_000,
    workflow: 190_000_000,
    run: 19_500_000_000,
    activity: 24_000_000_000,
    delivery: 210_000_000_000,
    ruleset: 8_400_000,
  };

  constructor(dir: string, now: () => Date) {
    this.dir = dir;
    this.now = now;
  }

  get apiUrl(): string {
    return `${this.url}/api/v3`;
  }

  id(kind: keyof World["nextIds"]): number {
    this.#next[kind] += 7;
    return this.#next[kind];
  }
  get nextIds() {
    return this.#next;
  }

  addUser(login: string): User {
    const token = `ghp_${randomBytes(27).toString("base64url").replace(/[-_]/g, "x")}`;
    const user: User = { id: this.id("user"), login, type: "User", token };
    this.users.set(login.toLowerCase(), user);
    this.owners.set(login.toLowerCase(), {
      id: user.id,
      login,
      type: "User",
      owners: new Set(),
      members: new Set(),
      teams: new Map(),
      basePermission: "none",
      rulesets: [],
    });
    this.tokens.set(token, { actor: { kind: "user", user }, expiresAt: null });
    return user;
  }

  user(login: string): User {
    const u = this.users.get(login.toLowerCase());
    if (!u) throw new Error(`the sandbox has no user ${login}`);
    return u;
  }

  owner(login: string): Owner {
    const o = this.owners.get(login.toLowerCase());
    if (!o) throw new Error(`the sandbox has no account ${login}`);
    return o;
  }

  repository(fullName: string): Repo {
    const r = this.repositories.get(fullName.toLowerCase());
    if (!r) throw new Error(`the sandbox has no repository ${fullName}`);
    return r;
  }

  async addApp(seed: AppSeed, owner: Account): Promise<App> {
    const keys = await keyPair(`app ${seed.slug}`);
    const app: App = {
      id: this.id("app"),
      slug: seed.slug,
      owner,
      permissions: { metadata: "read", ...seed.permissions },
      events: seed.events ?? (seed.slug === "countersign" ? OUR_EVENTS : []),
      privateKey: keys.privateKey,
      publicKey: keys.publicKey,
      webhookSecret: randomBytes(20).toString("hex"),
      bot: { id: this.id("user"), login: `${seed.slug}[bot]`, type: "Bot" },
      createdAt: this.now(),
    };
    this.apps.set(app.slug, app);
    return app;
  }

  install(app: App, repo: Repo): Installation {
    let found = this.installations.find((i) => i.app === app && i.owner.id === repo.owner.id);
    if (!found) {
      found = {
        id: this.id("installation"),
        app,
        owner: repo.owner,
        repositories: new Set(),
        selection: "selected",
        suspendedAt: null,
        createdAt: this.now(),
      };
      this.installations.push(found);
    }
    found.repositories.add(repo.id);
    return found;
  }

  installationOf(app: App, repo: Repo): Installation | undefined {
    return this.installations.find((i) => i.app === app && i.repositories.has(repo.id));
  }

  async addRepository(seed: RepositorySeed): Promise<Repo> {
    const owner = this.owner(seed.owner);
    const id = this.id("repository");
    const dir = path.join(this.dir, `${id}.git`);
    await initBare(dir, path.join(this.dir, "hooks"));
    const repo: Repo = {
      id,
      owner,
      name: seed.name,
      isPrivate: seed.private ?? false,
      allowSquash: true,
      actions: { approve: false, write: false },
      subject: null,
      rulesets: [],
      defaultBranch: "main",
      git: new Git(dir),
      collaborators: new Map(Object.entries(seed.collaborators ?? {}).map(([k, v]) => [k.toLowerCase(), v])),
      teams: new Map(Object.entries(seed.teams ?? {})),
      protections: new Map(Object.entries(seed.protection ?? {}).map(([b, p]) => [b, this.protection(p)])),
      issues: new Map(),
      checkRuns: [],
      suites: new Map(),
      activity: [],
      runs: [],
      workflows: new Map(),
      signed: new Set(),
      createdAt: this.now(),
      pushedAt: this.now(),
      lock: Promise.resolve(),
    };
    this.repositories.set(`${owner.login}/${seed.name}`.toLowerCase(), repo);
    if (seed.files) {
      const changes = await Promise.all(
        Object.entries(seed.files).map(async ([file, text]) => ({
          path: file,
          mode: "100644",
          oid: await repo.git.writeBlob(text),
        })),
      );
      const tree = await repo.git.writeTree(null, changes);
      const root: Signature = { name: "root", email: "root@acme.example", date: this.now() };
      const commit = await repo.git.commitTree({
        tree,
        parents: [],
        message: "Initial commit\n",
        author: root,
        committer: root,
      });
      await repo.git.updateRef("refs/heads/main", commit, ZERO);
    }
    const slugs = seed.installed === true ? ["countersign"] : seed.installed || [];
    for (const slug of slugs) {
      const app = this.apps.get(slug);
      if (!app) throw new Error(`the sandbox has no App ${slug}`);
      this.install(app, repo);
    }
    return repo;
  }

  protection(p: ProtectionSeed): Protection {
    return {
      requiredChecks: (p.requiredChecks ?? []).map((c) => ({
        context: c.context,
        appId: c.app === undefined ? null : (this.apps.get(c.app)?.id ?? -1),
      })),
      requiredApprovals: p.requiredApprovals ?? 0,
      requirePulls: p.requirePulls ?? (p.requiredApprovals ?? 0) > 0,
      dismissStaleReviews: p.dismissStaleReviews ?? false,
      requireLastPushApproval: p.requireLastPushApproval ?? false,
      strict: p.strict ?? false,
      enforceAdmins: p.enforceAdmins ?? true,
      allowForcePushes: p.allowForcePushes ?? false,
    };
  }

  runs(): Run[] {
    return [...this.repositories.values()].flatMap((r) => r.runs).sort((a, b) => a.id - b.id);
  }

  /** Who git would say made this: the account's no-reply address, as GitHub's own editor uses. */
  signature(a: Account): Signature {
    return { name: a.login, email: `${a.id}+${a.login}@users.noreply.github.com`, date: this.now() };
  }
  webFlow(): Signature {
    return { name: "GitHub", email: WEB_FLOW_EMAIL, date: this.now() };
  }

  /** The account that GitHub attributes an address to, bots included. Unknown addresses belong to nobody. */
  accountByEmail(email: string): Account | null {
    if (email === WEB_FLOW_EMAIL) return WEB_FLOW;
    const lower = email.toLowerCase();
    const noreply = /^(?:(\d+)\+)?([^@]+)@users\.noreply\.github\.com$/.exec(lower);
    const login = noreply?.[2] ?? /^([^@]+)@acme\.example$/.exec(lower)?.[1];
    if (login === undefined) return null;
    const bot = [...this.apps.values()].find((a) => a.bot.login === login)?.bot;
    const found = this.users.get(login) ?? bot ?? null;
    if (found && noreply?.[1] !== undefined && Number(noreply[1]) !== found.id) return null;
    return found;
  }

  async close(): Promise<void> {
    await Promise.all([...this.repositories.values(), ...this.retired].map((r) => r.git.close()));
  }
}

export async function createWorld(dir: string, now: () => Date, seed: Seed): Promise<World> {
  const world = new World(dir, now);
  for (const login of seed.users) world.addUser(login);
  for (const org of seed.orgs) {
    const teams = new Map(
      Object.entries(org.teams ?? {}).map(([slug, t]) => {
        const team = isNames(t) ? { members: t } : t;
        const entries: [string, "active" | "pending"][] = isNames(team.members)
          ? team.members.map((m) => [m, "active"])
          : Object.entries(team.members);
        const members = new Map(
          entries.map(([login, state]) => [login.toLowerCase(), { state, role: "member" as const }]),
        );
        return [
          slug,
          {
            id: world.id("team"),
            slug,
            parent: "parent" in team ? (team.parent ?? null) : null,
            members,
            secret: false,
          },
        ];
      }),
    );
    const inTeams = [...teams.values()].flatMap((t) =>
      [...t.members].filter(([, m]) => m.state === "active").map(([login]) => login),
    );
    const owners = (org.owners ?? []).map((l) => l.toLowerCase());
    world.owners.set(org.login.toLowerCase(), {
      id: world.id("org"),
      login: org.login,
      type: "Organization",
      owners: new Set(owners),
      members: new Set([...owners, ...(org.members ?? []).map((l) => l.toLowerCase()), ...inTeams]),
      teams,
      basePermission: org.basePermission ?? "read",
      rulesets: [],
    });
  }
  const first = seed.orgs[0]?.login ?? seed.users[0];
  if (first === undefined) throw new Error("a sandbox needs an organization or a user");
  const apps = [...(seed.apps ?? [])];
  if (!apps.some((a) => a.slug === "countersign")) apps.unshift({ slug: "countersign", permissions: OUR_PERMISSIONS });
  await Promise.all(apps.map((a) => world.addApp(a, world.owner(first))));
  await Promise.all(seed.repositories.map((r) => world.addRepository(r)));
  return world;
}

function isNames(t: unknown): t is readonly string[] {
  return Array.isArray(t);
}

async function initBare(dir: string, hooks: string): Promise<void> {
  const args = ["init", "-q", "--bare", "-b", "main", dir];
  const { code } = await run({ command: "git", args, env: gitEnv(path.dirname(dir)) });
  if (code !== 0) throw new Error(`git init: ${code}`);
  const { appendFileSync } = await import("node:fs");
  // refs/pull/* can be fetched and never pushed; the hook refuses what branch protection refuses.
  appendFileSync(
    path.join(dir, "config"),
    `[http]\n\treceivepack = true\n[receive]\n\thideRefs = refs/pull\n\tautogc = false\n[uploadpack]\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n[core]\n\thooksPath = ${hooks}\n`,
  );
}

export function newGuid(): string {
  return randomUUID();
}

export const ROLE_ORDER: readonly (Permission | "none")[] = ["none", "read", "triage", "write", "maintain", "admin"];
