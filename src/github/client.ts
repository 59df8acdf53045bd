import { Octokit } from "@octokit/rest";
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import { RetryLater } from "../base/errors.ts";
import type { RepoRef } from "./types.ts";
import { WriteBudget, type WriteKind } from "./budget.ts";
import { httpFailure, NotVisible, translate } from "./errors.ts";
import { Kept } from "./kept.ts";
import { Refusals } from "./refusals.ts";
import { limitedFor, RateLimits, type Resource, secondaryBeside } from "./rate-limits.ts";
import { type Scope, scopes } from "./scopes.ts";
import { AskedTeams } from "./teams.ts";

/** The App's own Octokit (signed by its private key), as Probot makes it. Only for /app and for installation tokens. */
export interface AppOctokit {
  request: Octokit["request"];
}
export interface ClientOptions {
  readonly app: AppOctokit;
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
}
interface Token {
  readonly value: string;
  readonly expiresAt: number;
  readonly installation: number;
  readonly repositoryId: number;
}
/** Which repository: by id where we know it, by name where a file of people names it. */
export type Repository = RepoRef | { readonly fullName: string; readonly id?: undefined };

export const nameOf = (repo: Repository): { owner: string; repo: string } => {
  const [owner, name, ...rest] = repo.fullName.split("/");
  if (!owner || !name || rest.length > 0) throw new TypeError(`not a repository name: ${repo.fullName}`);
  return { owner, repo: name };
};

export interface CallOptions {
  readonly write?: WriteKind;
  /** Statuses that are answers: such errors come out as Octokit throws them. */
  readonly expected?: readonly number[];
  /** May use what is kept of a rate limit for the ledger and for saying that we wait. */
  readonly urgent?: boolean;
  /** Whose primary limit it counts against; `core`, where nothing else is said. */
  readonly resource?: Resource;
}
/** One way to call GitHub about one repository: the App's (`Client`), or a person's (`personCaller`), to whom scopes mean nothing. */
export interface Caller {
  readonly graphqlUrl: string;
  /** Errors come out translated, see errors.ts. */
  call<T>(
    repo: Repository,
    scope: Scope,
    what: string,
    call: (octokit: Octokit, name: { owner: string; repo: string }) => Promise<T>,
    options?: CallOptions,
  ): Promise<T>;
}

/** GitHub Enterprise Server: REST under /api/v3, GraphQL at /api/graphql. */
export const graphqlOf = (apiUrl: string): string => `${apiUrl.replace(/\/api\/v3$/, "/api")}/graphql`;

/** An Octokit of one token that says nothing by itself. */
export function quietOctokit(auth: string, baseUrl: string): Octokit {
  const octokit = new Octokit({ auth, baseUrl, userAgent: "countersign", log: quiet });
  octokit.hook.before("request", (request) => {
    // A call that hangs holds a lease: bound it. Redirects would carry the token along.
    request.request.signal ??= AbortSignal.timeout(10_000);
    request.request.redirect = "error";
    request.headers["x-github-api-version"] = "2022-11-28";
  });
  return octokit;
}

/**
 * Narrowed installation tokens and one way to call. No throttling and no retry plugin: they serialise every write, retry
 * merges that answered 409 and re-post after a 5xx (LIBRARIES traps); our own budget and the queue's back-off replace them.
 */
export class Client implements Caller {
  readonly budget: WriteBudget;
  readonly limits: RateLimits;
  readonly kept = new Kept();
  readonly teams = new AskedTeams();
  readonly permissions: Refusals;
  readonly graphqlUrl: string;
  readonly #options: ClientOptions;
  readonly #tokens = new Map<string, Promise<Token>>();
  readonly #installations = new Map<string, Promise<number>>();
  #skew: number | null = null;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.budget = new WriteBudget(options.clock);
    this.permissions = new Refusals(options.clock);
    this.limits = new RateLimits(options.clock);
    this.graphqlUrl = graphqlOf(options.apiUrl);
  }

  /** GitHub's clock minus ours in seconds, of the newest answer. */
  skewSeconds(): number | null {
    return this.#skew;
  }

  /** Installation of our App on a repository. @throws NotVisible where it is not installed. */
  installation(fullName: string): Promise<number> {
    return remember(this.#installations, fullName.toLowerCase(), async () => {
      const repo = nameOf({ fullName });
      const { data } = await this.asApp(
        (app) => app.request("GET /repos/{owner}/{repo}/installation", repo),
        "installation",
      );
      if (data.suspended_at)
        throw new NotVisible("installation_suspended", `The App's installation on ${fullName} is suspended.`);
      return Number(data.id);
    });
  }

  /** Calls with the App's own signature. */
  async asApp<T>(call: (app: AppOctokit) => Promise<T>, what: string): Promise<T> {
    this.limits.pass("app", what);
    try {
      return await call(this.#options.app);
    } catch (error) {
      const failure = httpFailure(error);
      if (failure) this.limits.note("app", failure.status, failure.headers, failure.message);
      throw translate(error, what);
    }
  }

  /** The numeric id of a repository that a name points to now, as the App may see it. */
  async repositoryId(repo: Repository, scope: Scope): Promise<number> {
    return (await this.#token(repo, scope)).repositoryId;
  }

  /**
   * Calls with a token for one repository and one scope. Errors come out translated, except those that `expected` names by
   * status: they are answers. A write is counted before it is sent. `urgent`: may take the last of the rate limit.
   * @throws RetryLater also where GitHub asked this installation to wait: then nothing is sent.
   */
  async call<T>(
    repo: Repository,
    scope: Scope,
    what: string,
    call: (octokit: Octokit, name: { owner: string; repo: string }) => Promise<T>,
    options: CallOptions = {},
  ): Promise<T> {
    const urgent = options.urgent ?? scope === "ledger";
    const known = await this.#installations.get(repo.fullName.toLowerCase());
    // Before a token is asked for: who waits mints none either.
    if (known !== undefined) this.limits.pass(known, what, urgent, options.resource);
    const token = await this.#token(repo, scope);
    this.limits.pass(token.installation, what, urgent, options.resource);
    if (options.write) this.budget.spend(token.installation, options.write);
    try {
      return await call(this.#octokit(token), nameOf(repo));
    } catch (error) {
      const failure = httpFailure(error);
      const status = failure?.status;
      if (failure) this.limits.note(token.installation, failure.status, failure.headers, failure.message);
      if (status !== undefined && options.expected?.includes(status)) throw error;
      if (status === 401) this.#forget(repo, scope); // revoked or expired early: ask for a new one next time
      if (
        status === 404 ||
        (failure?.status === 403 && limitedFor(403, failure.headers, failure.message) === undefined)
      )
        this.#forget(repo, scope); // permission changed: never answer from a stale cache (C45)
      throw translate(error, what);
    }
  }

  /** Seconds until the ledger of this repository may be written; 0: now. */
  async ledgerWait(repo: Repository): Promise<number> {
    const known = await this.#installations.get(repo.fullName.toLowerCase());
    const limited = known === undefined ? 0 : this.limits.wait(known, true);
    if (limited > 0) return limited;
    const { installation } = await this.#token(repo, "ledger");
    return Math.max(this.budget.wait(installation, "ledger"), this.limits.wait(installation, true));
  }

  #octokit({ value, installation }: Token): Octokit {
    const octokit = quietOctokit(value, this.#options.apiUrl);
    octokit.hook.after("request", (response) => {
      this.#noteDate(response.headers.date);
      this.limits.note(installation, response.status, response.headers, secondaryBeside(response.data));
    });
    return octokit;
  }

  #noteDate(date: string | undefined): void {
    const theirs = date === undefined ? Number.NaN : Date.parse(date);
    if (Number.isFinite(theirs)) this.#skew = Math.round((theirs - this.#options.clock.now().getTime()) / 1000);
  }

  #key(repo: Repository, scope: Scope): string {
    return `${scope} ${repo.id ?? repo.fullName.toLowerCase()}`;
  }
  #forget(repo: Repository, scope: Scope): void {
    this.#tokens.delete(this.#key(repo, scope));
    this.#installations.delete(repo.fullName.toLowerCase());
  }

  async #token(repo: Repository, scope: Scope): Promise<Token> {
    const key = this.#key(repo, scope);
    const token = await remember(this.#tokens, key, () => this.#mint(repo, scope));
    // Five minutes early: GitHub's clock decides, not ours.
    if (token.expiresAt - this.#options.clock.now().getTime() > 5 * 60_000) return token;
    this.#tokens.delete(key);
    return remember(this.#tokens, key, () => this.#mint(repo, scope));
  }

  async #mint(repo: Repository, scope: Scope): Promise<Token> {
    const installation = await this.installation(repo.fullName);
    const { data } = await this.asApp(
      (app) =>
        app.request("POST /app/installations/{installation_id}/access_tokens", {
          installation_id: installation,
          permissions: { ...scopes[scope] },
          ...(repo.id === undefined ? { repositories: [nameOf(repo).repo] } : { repository_ids: [repo.id] }),
        }),
      `token for ${scope}`,
    );
    const [only, ...more] = data.repositories ?? [];
    if (!only || more.length > 0) {
      throw new RetryLater("github_token", "GitHub did not narrow an installation token to one repository.");
    }
    if (repo.id !== undefined && only.id !== repo.id) {
      throw new NotVisible("repository_replaced", `${repo.fullName} is another repository now.`);
    }
    return { value: data.token, expiresAt: Date.parse(data.expires_at), installation, repositoryId: Number(only.id) };
  }
}

/** Single flight: concurrent callers share one attempt; a failure is not remembered. */
async function remember<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known) return known;
  const attempt = make();
  cache.set(key, attempt);
  try {
    return await attempt;
  } catch (error) {
    if (cache.get(key) === attempt) cache.delete(key);
    throw error;
  }
}

const ignore = (): void => {};
// Octokit logs deprecations and request errors with their URL by itself; what is worth telling we log with a correlation id.
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
