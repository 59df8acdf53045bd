import { mkdirSync } from "node:fs";
import path from "node:path";
import { completeRun, startAttempt } from "./actions.ts";
import { emitOwn } from "./checks.ts";
import { writeHooks } from "./git-http.ts";
import { setDraft } from "./merge.ts";
import { Issuer } from "./oidc.ts";
import { Validation } from "./openapi.ts";
import { removeTeamMember, setCollaborator, setTeamMember } from "./orgs.ts";
import { findPull } from "./pulls.ts";
import { installation as renderInstallation, simpleUser } from "./render.ts";
import type { Sim } from "./router.ts";
import { emptyRuleset, written } from "./rulesets.ts";
import { type Interceptor, type RequestRecord, Server } from "./server.ts";
import type { App, Permission, ProtectionSeed, Repo, RepositorySeed, Run, Seed, Team } from "./types.ts";
import { type Delivery, Webhooks } from "./webhooks.ts";
import { createWorld, type World } from "./world.ts";

export type { Delivery, Interceptor, Permission, RepositorySeed, RequestRecord, Run, Seed };

export interface LocalGitHubOptions {
  /** An empty folder for the bare repositories. */
  dir: string;
  /** One clock for everything: commits, tokens, headers. */
  now: () => Date;
  port?: number;
}
export interface LocalApp {
  readonly id: number;
  readonly slug: string;
  readonly botLogin: string;
  readonly botId: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
}
export interface LocalRepository {
  readonly id: number;
  readonly ownerId: number;
  readonly dir: string;
  readonly cloneUrl: string;
}
export type LocalGitHub = Awaited<ReturnType<typeof startLocalGitHub>>;

/** A GitHub of one machine over real bare repositories; see docs/unverified.md for what it takes on trust. */
export async function startLocalGitHub(o: LocalGitHubOptions & { seed: Seed }) {
  mkdirSync(o.dir, { recursive: true });
  writeHooks(path.resolve(o.dir));
  const world = await createWorld(path.resolve(o.dir), o.now, o.seed);
  const validation = new Validation();
  const hooks = new Webhooks(world, validation);
  const s: Sim = { world, hooks, validation, onQueued: new Set() };
  const issuer = await Issuer.create(world);
  const server = new Server(s, issuer);
  world.url = await server.listen(o.port ?? 0);
  const apps = Object.fromEntries([...world.apps.values()].map((a) => [a.slug, localApp(a)]));
  const ours = world.apps.get("countersign");
  if (!ours) throw new Error("no App countersign");
  const findRun = (id: number): Run => {
    const run = world.runs().find((r) => r.id === id);
    if (!run) throw new Error(`the sandbox has no run ${id}`);
    return run;
  };
  return {
    url: world.url,
    apiUrl: world.apiUrl,
    graphqlUrl: `${world.url}/api/graphql`,
    issuer: issuer.issuer,
    app: { ...localApp(ours), slug: "countersign" as const, botLogin: "countersign[bot]" as const },
    apps: apps as Readonly<Record<string, LocalApp>>,
    /** A view: people added later are in it. */
    get users(): Readonly<Record<string, { id: number; token: string }>> {
      return Object.fromEntries([...world.users.values()].map((u) => [u.login, { id: u.id, token: u.token }]));
    },
    repository: (fullName: string): LocalRepository => describe(world, world.repository(fullName)),
    installationId: (fullName: string, slug = "countersign"): number | undefined => {
      const app = world.apps.get(slug);
      return app && world.installationOf(app, world.repository(fullName))?.id;
    },
    setWebhookUrl: (url: string | null, slug = "countersign"): void => hooks.setUrl(slug, url),
    jobToken: (claims: Record<string, unknown> = {}): Promise<string> => issuer.jobToken(claims),
    jobTokenUrl: `${world.url}/_services/sandbox/jobtoken`,
    deliveries: hooks.deliveries as readonly Delivery[],
    redeliver: async (id: number): Promise<void> => {
      if (!hooks.redeliver(id)) throw new Error(`the sandbox has no delivery ${id}`);
      await hooks.settled();
    },
    requests: server.requests as readonly RequestRecord[],
    clearRequests: (): void => {
      server.requests.length = 0;
    },
    intercept: (h: Interceptor): (() => void) => {
      server.interceptors.add(h);
      return () => server.interceptors.delete(h);
    },
    validation: validation as {
      readonly checked: number;
      readonly unvalidated: readonly string[];
      readonly failures: readonly { what: string; errors: string }[];
      readonly endpoints: readonly string[];
      readonly webhooks: readonly string[];
    },
    settled: (): Promise<void> => hooks.settled(),
    runs: {
      all: (): readonly Run[] => world.runs(),
      /** Queued and in progress, oldest first. */
      open: (): readonly Run[] => world.runs().filter((r) => r.attempts.at(-1)?.status !== "completed"),
      onQueued: (f: (run: Run) => void): (() => void) => {
        s.onQueued.add(f);
        return () => s.onQueued.delete(f);
      },
      start: (id: number): void => startAttempt(s, findRun(id)),
      complete: (id: number, conclusion: string): void => completeRun(s, findRun(id), conclusion),
      requestTokenFor: (id: number, environment: string | null, jobWorkflowRef: string | null = null) =>
        issuer.requestTokenFor(findRun(id), environment, jobWorkflowRef),
    },
    completeRun: (id: number, conclusion: string): void => completeRun(s, findRun(id), conclusion),
    change: changes(s),
    close: async (): Promise<void> => {
      await hooks.close();
      await server.close();
      await world.close();
    },
  };
}

function localApp(a: App): LocalApp {
  return {
    id: a.id,
    slug: a.slug,
    botLogin: a.bot.login,
    botId: a.bot.id,
    privateKey: a.privateKey,
    webhookSecret: a.webhookSecret,
  };
}

function describe(world: World, r: Repo): LocalRepository {
  return { id: r.id, ownerId: r.owner.id, dir: r.git.dir, cloneUrl: `${world.url}/${r.owner.login}/${r.name}.git` };
}

/** What people do on GitHub's pages, for tests to do while everything runs. */
function changes(s: Sim) {
  const { world } = s;
  const team = (org: string, slug: string): Team => {
    const found = world.owner(org).teams.get(slug);
    if (!found) throw new Error(`the sandbox has no team ${org}/${slug}`);
    return found;
  };
  const forget = (repo: Repo) => {
    world.repositories.delete(`${repo.owner.login}/${repo.name}`.toLowerCase());
    world.retired.push(repo);
    for (const i of world.installations) i.repositories.delete(repo.id);
  };
  return {
    addUser: (login: string): { id: number; token: string } => world.addUser(login),
    setCollaborator: (fullName: string, login: string, role: Permission | null): void => {
      const repo = world.repository(fullName);
      setCollaborator(s, repo, login, role, repo.owner);
    },
    setTeamMember: (org: string, slug: string, login: string, state: "active" | "pending" = "active"): void =>
      setTeamMember(s, world.owner(org), team(org, slug), login, state, world.owner(org)),
    removeTeamMember: (org: string, slug: string, login: string): void =>
      removeTeamMember(s, world.owner(org), team(org, slug), login, world.owner(org)),
    setOrgMember: (org: string, login: string, member: boolean): void => {
      const o = world.owner(org);
      const key = login.toLowerCase();
      if (member) o.members.add(key);
      else {
        o.members.delete(key);
        o.owners.delete(key);
        for (const t of o.teams.values()) t.members.delete(key);
      }
    },
    /** A ruleset as `POST /repos/{owner}/{repo}/rulesets` takes it, for one repository or for all of an organization. */
    addRuleset: (where: string, body: Record<string, unknown>): number => {
      const org = where.includes("/") ? null : world.owner(where);
      const made = written(body, emptyRuleset(world, org), String(body["name"]), world.now());
      (org ?? world.repository(where)).rulesets.push(made);
      return made.id;
    },
    changeRuleset: (fullName: string, id: number, body: Record<string, unknown>): void => {
      const { rulesets } = world.repository(fullName);
      const at = rulesets.findIndex((r) => r.id === id);
      const before = rulesets[at];
      if (!before) throw new Error(`the sandbox has no ruleset ${id}`);
      rulesets.splice(at, 1, written(body, before, before.name, world.now()));
    },
    clearRulesets: (org: string): void => void world.owner(org).rulesets.splice(0),
    setSettings: (
      fullName: string,
      o: {
        squash?: boolean;
        private?: boolean;
        approve?: boolean;
        write?: boolean;
        subject?: readonly string[] | null;
      },
    ): void => {
      const repo = world.repository(fullName);
      if (o.squash !== undefined) repo.allowSquash = o.squash;
      if (o.private !== undefined) repo.isPrivate = o.private;
      if (o.approve !== undefined) repo.actions.approve = o.approve;
      if (o.write !== undefined) repo.actions.write = o.write;
      if (o.subject !== undefined) repo.subject = o.subject;
    },
    setTeam: (
      org: string,
      slug: string,
      o: { secret?: boolean; permission?: Permission | null; of?: string },
    ): void => {
      const t = team(org, slug);
      if (o.secret !== undefined) t.secret = o.secret;
      if (o.of !== undefined && o.permission === null) world.repository(o.of).teams.delete(slug);
      else if (o.of !== undefined && o.permission) world.repository(o.of).teams.set(slug, o.permission);
    },
    setProtection: (fullName: string, branch: string, p: ProtectionSeed | null): void => {
      const repo = world.repository(fullName);
      if (p === null) repo.protections.delete(branch);
      else repo.protections.set(branch, world.protection(p));
    },
    addRepository: async (seed: RepositorySeed): Promise<LocalRepository> =>
      describe(world, await world.addRepository(seed)),
    /** Deletes a repository and makes another of the same name: same words, new id. */
    recreateRepository: async (seed: RepositorySeed): Promise<LocalRepository> => {
      forget(world.repository(`${seed.owner}/${seed.name}`));
      return describe(world, await world.addRepository(seed));
    },
    deleteRepository: (fullName: string): void => forget(world.repository(fullName)),
    /** Same id under another owner, who has not installed the App. */
    transferRepository: (fullName: string, to: string): LocalRepository => {
      const repo = world.repository(fullName);
      world.repositories.delete(fullName.toLowerCase());
      for (const i of world.installations) i.repositories.delete(repo.id);
      repo.owner = world.owner(to);
      world.repositories.set(`${to}/${repo.name}`.toLowerCase(), repo);
      return describe(world, repo);
    },
    install: (fullName: string, slug = "countersign"): void => {
      const app = world.apps.get(slug);
      if (!app) throw new Error(`the sandbox has no App ${slug}`);
      world.install(app, world.repository(fullName));
    },
    uninstall: (fullName: string, slug = "countersign"): void => {
      const repo = world.repository(fullName);
      for (const i of world.installations) if (i.app.slug === slug) i.repositories.delete(repo.id);
    },
    setSelection: (org: string, selection: "selected" | "all", slug = "countersign"): void => {
      for (const i of world.installations)
        if (i.owner === world.owner(org) && i.app.slug === slug) i.selection = selection;
    },
    suspendInstallation: (org: string, suspended = true, slug = "countersign"): void => {
      const found = world.installations.find((i) => i.owner === world.owner(org) && i.app.slug === slug);
      if (!found) throw new Error(`the sandbox has no installation of ${slug} on ${org}`);
      found.suspendedAt = suspended ? world.now() : null;
      const sender = found.owner;
      s.hooks.emitTo(found.app, "installation", null, found, sender, {
        action: suspended ? "suspend" : "unsuspend",
        installation: renderInstallation(world, found),
        sender: simpleUser(world, sender),
      });
    },
    setDraft: (fullName: string, number: number, draft: boolean, by: string): Promise<void> => {
      const repo = world.repository(fullName);
      return setDraft(s, repo, findPull(repo, String(number)), world.user(by), draft);
    },
    /** Somebody presses a button of our check run. */
    pressAction: (fullName: string, checkRunId: number, identifier: string, by: string): void => {
      const repo = world.repository(fullName);
      const run = repo.checkRuns.find((r) => r.id === checkRunId);
      if (!run) throw new Error(`the sandbox has no check run ${checkRunId}`);
      if (!run.actions.some((a) => a["identifier"] === identifier))
        throw new Error(`check run ${checkRunId} has no button ${identifier}`);
      emitOwn(s, repo, run, world.user(by), "requested_action", { requested_action: { identifier } });
    },
  };
}
