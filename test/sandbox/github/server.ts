import { createHash, randomBytes } from "node:crypto";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { actionRoutes } from "./actions.ts";
import { appRoutes } from "./apps.ts";
import { authenticate } from "./auth.ts";
import { checkRoutes } from "./checks.ts";
import { commitRoutes } from "./commits.ts";
import { contentRoutes } from "./contents.ts";
import { gitDataRoutes } from "./git-data.ts";
import { gitRefusal, parseGitCall, serveGit } from "./git-http.ts";
import { answerGraphql } from "./graphql.ts";
import { issueRoutes } from "./issues.ts";
import { mergeRoutes } from "./merge.ts";
import type { Issuer } from "./oidc.ts";
import { orgRoutes } from "./orgs.ts";
import { accountOf, authorize, lookupRepo } from "./permissions.ts";
import { pullRoutes } from "./pulls.ts";
import { repoRoutes } from "./repos.ts";
import { rulesetRoutes } from "./rulesets.ts";
import { settingsRoutes } from "./settings.ts";
import { reviewRoutes } from "./reviews.ts";
import { exclusively, type Match, type Reply, Router, type Sim } from "./router.ts";
import { type Actor, ApiError, type Json } from "./types.ts";

export interface RequestRecord {
  readonly method: string;
  readonly path: string;
  readonly as: string;
  readonly status: number;
  readonly at: Date;
  /** Of GraphQL: `query Name` or `mutation Name`. */
  readonly operation: string | null;
}
export interface Interceptor {
  before?(r: { method: string; path: string; body: unknown }): Response | undefined | Promise<Response | undefined>;
  after?(r: { method: string; path: string; status: number }): "drop" | undefined;
}

const DOCS = "https://docs.github.com/rest";
const API = "/api/v3";

const router = new Router([
  ...appRoutes,
  ...repoRoutes,
  ...orgRoutes,
  ...pullRoutes,
  ...reviewRoutes,
  ...mergeRoutes,
  ...checkRoutes,
  ...commitRoutes,
  ...contentRoutes,
  ...gitDataRoutes,
  ...issueRoutes,
  ...actionRoutes,
  ...rulesetRoutes,
  ...settingsRoutes,
]);

export class Server {
  readonly #s: Sim;
  readonly #issuer: Issuer;
  readonly requests: RequestRecord[] = [];
  readonly interceptors = new Set<Interceptor>();
  readonly #used = new Map<string, number>();
  readonly #http: http.Server;

  constructor(s: Sim, issuer: Issuer) {
    this.#s = s;
    this.#issuer = issuer;
    this.#http = http.createServer((req, res) => {
      this.#serve(req, res).catch((e: unknown) => {
        // A defect of the simulator must be seen, never taken for GitHub's answer.
        const message = e instanceof Error ? (e.stack ?? e.message) : String(e);
        s.validation.failures.push({ what: `${req.method} ${req.url}`, errors: `simulator: ${message}` });
        if (!res.headersSent) res.writeHead(500, { "content-type": "application/json" });
        res.end(JSON.stringify({ message: `Server Error: ${message}` }));
      });
    });
  }

  async listen(port: number): Promise<string> {
    await new Promise<void>((done, fail) => {
      this.#http.once("error", fail);
      this.#http.listen(port, "127.0.0.1", done);
    });
    const address = this.#http.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((done) => {
      this.#http.close(() => done());
      this.#http.closeAllConnections();
    });
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const c of req) chunks.push(c as Buffer);
    const body = Buffer.concat(chunks);
    const method = req.method ?? "GET";
    const url = new URL(req.url ?? "/", this.#s.world.url);
    const isGit = parseGitCall(this.#s, url);
    const parsed = isGit || url.pathname.startsWith("/_services") ? undefined : parseJson(body);
    for (const i of this.interceptors) {
      const answer = await i.before?.({ method, path: url.pathname + url.search, body: parsed });
      if (!answer) continue;
      this.#record(method, url, "intercepted", answer.status, parsed);
      res.writeHead(answer.status, Object.fromEntries(answer.headers));
      res.end(Buffer.from(await answer.arrayBuffer()));
      return;
    }
    if (isGit) return this.#git(req, res, url, isGit, body);
    if (url.pathname.startsWith("/_services/")) return this.#services(req, res, url, body);
    await this.#api(req, res, method, url, body, parsed);
  }

  #record(method: string, url: URL, as: string, status: number, body?: unknown): void {
    const text = (body as { query?: unknown } | undefined)?.query;
    const operation = typeof text === "string" ? (/^\s*((?:query|mutation) \w+)/.exec(text)?.[1] ?? null) : null;
    this.requests.push({ method, path: url.pathname + url.search, as, status, at: this.#s.world.now(), operation });
  }

  #dropped(res: ServerResponse, method: string, url: URL, status: number): boolean {
    for (const i of this.interceptors)
      if (i.after?.({ method, path: url.pathname + url.search, status }) === "drop") {
        res.socket?.destroy();
        return true;
      }
    return false;
  }

  async #git(
    req: IncomingMessage,
    res: ServerResponse,
    url: URL,
    call: NonNullable<ReturnType<typeof parseGitCall>>,
    body: Buffer,
  ): Promise<void> {
    let actor: Actor = { kind: "anonymous" };
    let refused: number | null;
    try {
      actor = await authenticate(this.#s.world, req.headers.authorization);
      refused = gitRefusal(actor, call);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      refused = e.status;
    }
    this.#record(req.method ?? "GET", url, nameOf(actor), refused ?? 200);
    if (refused !== null || !call.repo) {
      const headers: Record<string, string> = { "content-type": "text/plain" };
      if (refused === 401) headers["WWW-Authenticate"] = 'Basic realm="GitHub"';
      res.writeHead(refused ?? 404, headers).end(refused === 403 ? "Write access to repository not granted." : "");
      return;
    }
    await serveGit(this.#s, actor, { ...call, repo: call.repo }, req, body, res);
  }

  /** The Actions token service: issuer metadata, the runner's side, and the sandbox's own `jobtoken`. */
  async #services(req: IncomingMessage, res: ServerResponse, url: URL, body: Buffer): Promise<void> {
    const send = (status: number, value: unknown) => {
      this.#record(req.method ?? "GET", url, "anonymous", status);
      res.writeHead(status, { "content-type": "application/json", date: this.#s.world.now().toUTCString() });
      res.end(JSON.stringify(value));
    };
    switch (url.pathname) {
      case "/_services/token/.well-known/openid-configuration":
        return send(200, this.#issuer.configuration());
      case "/_services/token/.well-known/jwks":
        return send(200, this.#issuer.jwks());
      case "/_services/pipelines/idtoken": {
        const bearer = /^bearer (.+)$/i.exec(req.headers.authorization ?? "")?.[1] ?? "";
        const value = await this.#issuer.answer(bearer, url.searchParams);
        return value === null ? send(401, { message: "Unauthorized" }) : send(200, { count: 1, value });
      }
      case "/_services/sandbox/jobtoken":
        if (req.method !== "POST") return send(405, { message: "POST a JSON object of claims" });
        return send(200, { value: await this.#issuer.jobToken((parseJson(body) ?? {}) as Json) });
      default:
        return send(404, { message: "Not Found" });
    }
  }

  async #api(
    req: IncomingMessage,
    res: ServerResponse,
    method: string,
    url: URL,
    body: Buffer,
    parsed: unknown,
  ): Promise<void> {
    const { world, validation } = this.#s;
    let actor: Actor = { kind: "anonymous" };
    let match: Match | null = null;
    let reply: Reply;
    try {
      actor = await authenticate(world, req.headers.authorization);
      if (body.length > 0 && parsed === undefined) throw new ApiError(400, "Problems parsing JSON");
      if (url.pathname === "/api/graphql" && method === "POST")
        reply = await answerGraphql(this.#s, actor, (parsed ?? {}) as Json);
      else {
        if (!url.pathname.startsWith(`${API}/`)) throw new ApiError(404, "Not Found");
        match = router.match(method, url.pathname.slice(API.length));
        if (!match) throw new ApiError(404, `Not Found (the simulator has no ${method} ${url.pathname})`);
        reply = await this.#handle(match, actor, method, url, (parsed ?? {}) as Json);
      }
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      reply = {
        status: e.status,
        body: {
          message: e.message,
          ...(e.errors === undefined ? {} : { errors: e.errors }),
          documentation_url: DOCS,
          status: String(e.status),
        },
      };
    }
    if (match) validation.response(match.route.endpoint, reply.status, reply.body);
    this.#record(method, url, nameOf(actor), reply.status, parsed);
    if (this.#dropped(res, method, url, reply.status)) return;
    this.#send(req, res, method, actor, reply);
  }

  async #handle(match: Match, actor: Actor, method: string, url: URL, body: Json): Promise<Reply> {
    const { route, params } = match;
    const context = {
      s: this.#s,
      actor,
      params,
      query: url.searchParams,
      body,
      address: `${this.#s.world.url}${url.pathname}`,
    };
    if (route.kind === "plain") return route.handle(context);
    const repo = lookupRepo(this.#s.world, params["owner"] ?? "", params["repo"] ?? "");
    authorize(actor, repo, route.needs);
    const work = async () => route.handle({ ...context, repo });
    return method === "GET" ? work() : exclusively(repo, work);
  }

  #send(req: IncomingMessage, res: ServerResponse, method: string, actor: Actor, reply: Reply): void {
    const now = this.#s.world.now();
    const text = reply.body === undefined ? "" : JSON.stringify(reply.body);
    const headers: Record<string, string> = {
      Date: now.toUTCString(),
      Server: "github.com",
      "X-GitHub-Request-Id": randomBytes(8).toString("hex").toUpperCase(),
      "X-GitHub-Media-Type": "github.v3; format=json",
      ...reply.headers,
    };
    if (text !== "") headers["Content-Type"] = "application/json; charset=utf-8";
    let { status } = reply;
    if (method === "GET" && status === 200) {
      const etag = `"${createHash("sha256").update(text).digest("hex")}"`;
      headers["ETag"] = `W/${etag}`;
      headers["Cache-Control"] = "private, max-age=60, s-maxage=60";
      const asked = req.headers["if-none-match"];
      if (asked !== undefined && asked.split(/,\s*/).some((t) => t === "*" || t.replace(/^W\//, "") === etag))
        status = 304;
    }
    const name = nameOf(actor);
    const used = (this.#used.get(name) ?? 0) + (status === 304 ? 0 : 1); // an unchanged answer costs nothing
    this.#used.set(name, used);
    const limit = actor.kind === "anonymous" ? 60 : 5000;
    headers["X-RateLimit-Limit"] = String(limit);
    headers["X-RateLimit-Used"] = String(used);
    headers["X-RateLimit-Remaining"] = String(Math.max(limit - used, 0));
    headers["X-RateLimit-Reset"] = String(Math.floor(now.getTime() / 1000) + 3600);
    headers["X-RateLimit-Resource"] = "core";
    res.writeHead(status, headers);
    res.end(status === 304 || status === 204 ? undefined : text);
  }
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function nameOf(actor: Actor): string {
  if (actor.kind === "anonymous" || actor.kind === "app") return actor.kind;
  return accountOf(actor).login;
}
