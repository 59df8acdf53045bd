import { Octokit } from "@octokit/rest";
import type { z } from "zod";
import type { Clock } from "../base/clock.ts";
import { RetryLater } from "../base/errors.ts";
import type { OwnerId, RepositoryId } from "../base/ids.ts";
import type { AppOctokit } from "./client.ts";
import { httpFailure, translate } from "./errors.ts";
import { installationsAnswer, mintedAnswer, secretOf } from "./token-app-answers.ts";
import { TokenRefused } from "./token-refused.ts";

/** Where one account has installed the second App. An App has at most one installation per account. */
export type Installation = z.output<typeof installationsAnswer>[number];
export interface TokenAsk {
  readonly owner: OwnerId;
  readonly permissions: Readonly<Record<string, string>>;
  readonly repositoryIds: readonly RepositoryId[];
  readonly signal: AbortSignal;
}
/** An installation token with what GitHub says of it; what was asked decides nothing here. */
export interface InstallationToken extends z.output<typeof mintedAnswer> {
  readonly installation: number;
}
/**
 * The second App, whose tokens jobs get (DESIGN.md section 4, Least power over GitHub). Errors are RetryLater where asking
 * again may help, and TokenRefused.
 */
export interface TokenApp {
  /** Its installation for an account, by the account's id, suspended or not. @throws TokenRefused `not_installed` */
  installation(owner: OwnerId): Promise<Installation>;
  /** A token for exactly these ids. The caller compares the answer with what it asked. */
  mint(ask: TokenAsk): Promise<InstallationToken>;
  /** Like `mint`, by names without owner, and with `metadata: read` only; null: not all of them are in the installation. */
  look(installation: Installation, names: readonly string[]): Promise<InstallationToken | null>;
  /** Ends a token, with itself. Resolves once GitHub does not take it any more; one that is over already is fine. */
  revoke(token: string): Promise<void>;
}
export interface TokenAppOptions {
  /** The second App's own Octokit, as Probot makes it. */
  readonly app: AppOctokit;
  readonly apiUrl: string;
  readonly clock: Clock;
}

/** Milliseconds that the list of installations is believed. A refusal of GitHub reads it again. */
const believed = 30_000;
const perPage = 100;
/** A list that goes on for longer is not one of a private App. */
const pages = 20;
const callTimeout = 10_000;

export function createTokenApp({ app, apiUrl, clock }: TokenAppOptions): TokenApp {
  let known: { readonly until: number; readonly list: Promise<readonly Installation[]> } | undefined;

  async function readInstallations(): Promise<readonly Installation[]> {
    const all: Installation[] = [];
    for (let page = 1; page <= pages; page++) {
      const rows = await asApp("installations", async () => {
        const query = { per_page: perPage, page, request: bounded() };
        return installationsAnswer.parse((await app.request("GET /app/installations", query)).data);
      });
      all.push(...rows);
      if (rows.length < perPage) break;
    }
    return all;
  }
  function installations(): Promise<readonly Installation[]> {
    const now = clock.now().getTime();
    if (known && known.until > now) return known.list;
    const list = readInstallations();
    const entry = { until: now + believed, list };
    known = entry;
    list.catch(() => {
      if (known === entry) known = undefined;
    });
    return list;
  }
  async function installation(owner: OwnerId): Promise<Installation> {
    const found = (await installations()).find((i) => i.account === owner);
    if (!found) throw new TokenRefused("not_installed");
    return found;
  }
  /** Asks for a token. A token that GitHub gave, but not as documented, is ended at once: nobody shall hold it. */
  async function token(at: Installation, body: Readonly<Record<string, unknown>>, signal?: AbortSignal) {
    const path = "POST /app/installations/{installation_id}/access_tokens";
    const { data } = await app.request(path, { ...body, installation_id: at.id, request: bounded(signal) });
    const parsed = mintedAnswer.safeParse(data);
    if (parsed.success) return { ...parsed.data, installation: at.id };
    const secret = secretOf(data);
    if (secret !== undefined) await revoke(secret).catch(() => {});
    throw new RetryLater("github_token", "GitHub gave an installation token in a form that is not understood.");
  }
  async function revoke(secret: string): Promise<void> {
    const octokit = new Octokit({ auth: secret, baseUrl: apiUrl, userAgent: "countersign", log: quiet });
    try {
      await octokit.request("DELETE /installation/token", { request: bounded() });
    } catch (error) {
      if (httpFailure(error)?.status === 401) return; // it is no token any more: expired, or ended before
      throw translate(error, "end of a token");
    }
  }
  return {
    installation,
    revoke,
    async mint({ owner, permissions, repositoryIds, signal }) {
      const at = await installation(owner);
      usable(at, permissions);
      try {
        return await token(at, { permissions, repository_ids: [...repositoryIds] }, signal);
      } catch (error) {
        const status = httpFailure(error)?.status;
        if (status === undefined || !judged.has(status) || rateLimited(error)) throw asFailure(error, "token");
        known = undefined; // it said no: what we knew of the installation may be old
        usable(await installation(owner), permissions);
        throw new TokenRefused(status === 422 ? "repository" : "refused", [], { cause: error });
      }
    },
    async look(at, names) {
      usable(at, {});
      try {
        return await token(at, { permissions: { metadata: "read" }, repositories: [...names] });
      } catch (error) {
        if (httpFailure(error)?.status === 422) return null;
        if (httpFailure(error)?.status === 404) known = undefined;
        throw asFailure(error, "names of repositories");
      }
    },
  };
}

/** Answers that say what is wrong with the installation, or with what was asked of it. */
const judged = new Set([403, 404, 422]);
const levels: readonly (string | undefined)[] = [undefined, "read", "write", "admin"];

/** Which of these permissions an installation does not hold, as `contents: write`. */
export const missingPermissions = (
  at: Pick<Installation, "permissions">,
  permissions: Readonly<Record<string, string>>,
): readonly string[] =>
  Object.entries(permissions)
    .filter(([name, level]) => name !== "metadata" && levels.indexOf(at.permissions[name]) < levels.indexOf(level))
    .map(([name, level]) => `${name}: ${level}`);

/** @throws TokenRefused where GitHub would refuse: it says so in prose only, which we neither read nor show. */
function usable(at: Installation, permissions: Readonly<Record<string, string>>): void {
  if (at.suspended) throw new TokenRefused("suspended");
  const missing = missingPermissions(at, permissions);
  if (missing.length > 0) throw new TokenRefused("permission", missing);
}

const rateLimited = (error: unknown): boolean => translate(error, "token") instanceof RetryLater;

async function asApp<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asFailure(error, what);
  }
}
/** 401 is the App's own signature: the key is not this App's, or the clock is wrong. */
function asFailure(error: unknown, what: string): Error {
  if (error instanceof TokenRefused) return error;
  return httpFailure(error)?.status === 401
    ? new TokenRefused("credentials", [], { cause: error })
    : translate(error, what);
}

/** Neither a call that hangs, nor a redirect that would carry a token elsewhere. */
const bounded = (signal?: AbortSignal) => ({
  signal: AbortSignal.any([AbortSignal.timeout(callTimeout), ...(signal ? [signal] : [])]),
  redirect: "error" as const,
});

const ignore = (): void => {};
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
