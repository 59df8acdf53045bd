import { randomUUID } from "node:crypto";
import { Hono, type MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { RetryLater } from "../base/errors.ts";
import { describeError } from "../queue/index.ts";
import { createBodyReader } from "./body.ts";
import { type Ctx, defaultHeaders, type Env, refuse } from "./context.ts";
import { notFound, type PublicDeps, publicRoutes } from "./public.ts";
import { Sources } from "./sources.ts";
import { noStore, requests, type RequestsHandler, token, type TokenHandler } from "./token.ts";
import { webhook, type WebhookDeps } from "./webhook.ts";

export type { Answer, Env, RequestMeta } from "./context.ts";
export { listen, type Limits, type Listening } from "./listen.ts";
export type { RequestsHandler, TokenHandler } from "./token.ts";

export interface HttpDeps extends WebhookDeps, PublicDeps {
  readonly exchange: TokenHandler;
  /** TRUSTED_PROXIES: whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[];
  /** Absent: 501. */
  readonly requests?: RequestsHandler;
}

/** All bodies being read at one time: four of the largest webhooks, and apart from them, so that no stranger's webhook keeps a
 * job waiting, 1 600 of the largest of jobs. */
const bodiesInHand = 100 * 1024 * 1024;

/** Every route of the server. Thin: sizes, media types, signatures and errors are settled here, all else by what is injected. */
export function createHttp(deps: HttpDeps): Hono<Env> {
  const { log } = deps;
  const app = new Hono<Env>();
  const sources = new Sources(deps.trustedProxies);
  const readWebhook = createBodyReader(bodiesInHand);
  const readBody = createBodyReader(bodiesInHand);

  app.use(async (c, next) => {
    // Always our own: a caller's id in our log would be the caller's text there.
    const correlationId = randomUUID();
    c.set("correlationId", correlationId);
    c.set("source", sources.of(c.env?.incoming?.socket.remoteAddress, c.req.header("x-forwarded-for")));
    const started = performance.now();
    await next();
    decorate(c, correlationId);
    // The route's pattern, not the path or the query: those are the caller's, and may hold what is secret.
    const entry = { correlationId, method: c.req.method, route: routePath(c, -1), status: c.res.status };
    const quiet = c.res.status < 400 && c.req.method === "GET"; // probes and scrapes
    log[quiet ? "debug" : "info"]({ ...entry, ms: Math.round(performance.now() - started) }, "request");
  });

  app.post("/api/github/webhooks", webhook(deps, readWebhook));
  app.post("/token", limited(sources), token(deps.exchange, readBody));
  app.post("/requests", limited(sources), requests(deps.requests, readBody));
  publicRoutes(app, deps);

  app.notFound((c) => notFound(c));
  app.onError((error, c) => {
    // The log gets code, message and place; the caller gets the correlation id and no word of the error (C44, C46).
    const stack = error.stack?.split("\n").slice(1, 6).join("\n");
    log.error({ correlationId: c.get("correlationId"), error: describeError(error), stack }, "request failed");
    if (!(error instanceof RetryLater))
      return refuse(c, 500, "server_error", "Something failed on our side. Try again, or ask with the correlation id.");
    const after = String(Math.min(3600, Math.max(1, Math.ceil(error.after ?? 5))));
    return refuse(c, 503, "temporarily_unavailable", "Try again later.", { "retry-after": after });
  });
  return app;
}

/** A flood of one address is answered before any of it is read; the connection goes, with what is left of the body. */
const limited =
  (sources: Sources): MiddlewareHandler<Env> =>
  async (c, next) => {
    const wait = sources.take(c.get("source"));
    if (wait === 0) return next();
    const headers = { ...noStore, connection: "close", "retry-after": String(Math.ceil(wait)) };
    return refuse(c, 429, "slow_down", "Too many requests come from this address. Try again later.", headers);
  };

function decorate(c: Ctx, correlationId: string): void {
  if (c.get("headed")) return;
  // Not `c.header`: it makes a new response of one that is there, and reads its body for that.
  const { headers } = c.res;
  for (const [name, value] of Object.entries(defaultHeaders(correlationId)))
    if (!headers.has(name)) headers.set(name, value);
}
