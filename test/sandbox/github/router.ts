import type { Needs } from "./permissions.ts";
import type { Validation } from "./openapi.ts";
import { type Actor, ApiError, type Json, type Repo, type Run } from "./types.ts";
import type { Webhooks } from "./webhooks.ts";
import type { World } from "./world.ts";

/** Everything a handler may touch. */
export interface Sim {
  readonly world: World;
  readonly hooks: Webhooks;
  readonly validation: Validation;
  readonly onQueued: Set<(run: Run) => void>;
}
export interface Context {
  readonly s: Sim;
  readonly actor: Actor;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json;
  /** The address of this call without its query, for `Link`. */
  readonly address: string;
}
export interface RepoContext extends Context {
  readonly repo: Repo;
}
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
export type Route =
  | { readonly kind: "plain"; readonly endpoint: string; readonly handle: (c: Context) => Promise<Reply> | Reply }
  | {
      readonly kind: "repository";
      readonly endpoint: string;
      readonly needs: Needs;
      readonly handle: (c: RepoContext) => Promise<Reply> | Reply;
    };

/** `endpoint` is written exactly as in GitHub's description, which is how its answers find their schema. */
export function plain(endpoint: string, handle: (c: Context) => Promise<Reply> | Reply): Route {
  return { kind: "plain", endpoint, handle };
}
export function onRepo(endpoint: string, needs: Needs, handle: (c: RepoContext) => Promise<Reply> | Reply): Route {
  return { kind: "repository", endpoint, needs, handle };
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

// These parameters may hold slashes, sent raw or as %2F.
const GREEDY = new Set(["path", "ref", "basehead", "branch"]);

export class Router {
  readonly #routes: { method: string; pattern: RegExp; names: string[]; route: Route }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes
      .map((route) => {
        const [method = "", template = ""] = route.endpoint.split(" ");
        const names: string[] = [];
        const source = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
          names.push(name);
          return GREEDY.has(name) ? "(.+)" : "([^/]+)";
        });
        return { method, pattern: new RegExp(`^${source}$`), names, route };
      })
      // The longest template first: `/commits/{ref}/check-runs` before the greedy `/commits/{ref}`.
      .sort((a, b) => weight(b.route.endpoint) - weight(a.route.endpoint));
  }

  match(method: string, path: string): Match | null {
    for (const r of this.#routes) {
      if (r.method !== method) continue;
      const m = r.pattern.exec(path);
      if (!m) continue;
      const params: Record<string, string> = {};
      for (const [i, name] of r.names.entries()) params[name] = decodeURIComponent(m[i + 1] ?? "");
      return { route: r.route, params };
    }
    return null;
  }
}

function weight(endpoint: string): number {
  return endpoint.replaceAll(/\{\w+\}/g, "").length;
}

export function int(value: string | undefined): number {
  const n = Number(value);
  if (!Number.isSafeInteger(n)) throw new ApiError(404, "Not Found");
  return n;
}
export function text(body: Json, key: string): string {
  const v = body[key];
  if (typeof v !== "string") throw new ApiError(422, `Invalid request.\n\n"${key}" wasn't supplied.`);
  return v;
}
export function optionalText(body: Json, key: string): string | undefined {
  const v = body[key];
  if (v === undefined || v === null) return undefined;
  if (typeof v !== "string")
    throw new ApiError(422, `Invalid request.\n\nFor '${key}', ${JSON.stringify(v)} is not a string.`);
  return v;
}

/** One page and its `Link` header: 30 a page by default, 100 at most. */
export function page<T>(c: Context, items: readonly T[]): { items: readonly T[]; headers: Record<string, string> } {
  const size = Math.min(Math.max(Number(c.query.get("per_page") ?? 30) || 30, 1), 100);
  const at = Math.max(Number(c.query.get("page") ?? 1) || 1, 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const link = (n: number, rel: string) => {
    const q = new URLSearchParams(c.query);
    q.set("page", String(n));
    return `<${c.address}?${q.toString()}>; rel="${rel}"`;
  };
  const links: string[] = [];
  if (at > 1) links.push(link(at - 1, "prev"));
  if (at < last) links.push(link(at + 1, "next"), link(last, "last"));
  if (at > 1) links.push(link(1, "first"));
  return {
    items: items.slice((at - 1) * size, at * size),
    headers: links.length > 0 ? { Link: links.join(", ") } : {},
  };
}

/** Mutations of one repository happen one after another, git pushes included. */
export async function exclusively<T>(repo: Repo, work: () => Promise<T>): Promise<T> {
  const before = repo.lock;
  let release: () => void = () => undefined;
  repo.lock = new Promise<void>((r) => {
    release = r;
  });
  await before;
  try {
    return await work();
  } finally {
    release();
  }
}
