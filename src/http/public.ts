import type { Hono } from "hono";
import { forHtml } from "../base/text.ts";
import type { Log } from "../queue/index.ts";
import { type Ctx, type Env, refuse } from "./context.ts";

type Json = Readonly<Record<string, unknown>>;

export interface PublicDeps {
  /** OpenID discovery document and key set of our issuer. */
  readonly discovery: () => Json | Promise<Json>;
  readonly jwks: () => Json | Promise<Json>;
  /** JSON Schemas by name, as in `/schemas/<name>.json`. */
  readonly schemas: Readonly<Record<string, unknown>>;
  /** `ready: false` becomes 503. Anything else in it is shown: it must hold no secret. */
  readonly ready: () => Promise<{ readonly ready: boolean } & Json>;
  /** What `/errors#<code>` explains: where `error_uri` of a refusal points. */
  readonly errors: readonly {
    readonly code: string;
    readonly status: number;
    readonly sentence: string;
    readonly cure: string;
  }[];
  /** Prometheus text; absent: no `/metrics`. */
  readonly metrics?: () => string | Promise<string>;
  readonly log: Log;
}

/** The routes that anybody may read. */
export function publicRoutes(app: Hono<Env>, deps: PublicDeps): void {
  app.get("/.well-known/openid-configuration", lasting(deps.discovery, deps.log));
  app.get("/.well-known/jwks.json", lasting(deps.jwks, deps.log));

  app.get("/schemas/:file", (c) => {
    const name = /^([a-z-]+)\.json$/.exec(c.req.param("file"))?.[1];
    if (!name || !Object.hasOwn(deps.schemas, name)) return notFound(c);
    return c.json(deps.schemas[name] as Json, 200, {
      "cache-control": "public, max-age=300",
      "content-type": "application/schema+json",
    });
  });

  const page = errorPage(deps.errors);
  app.get("/errors", (c) => c.html(page, 200, { "cache-control": "public, max-age=300" }));
  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readyz", async (c) => {
    const status = await deps.ready().catch((): { ready: boolean } => ({ ready: false }));
    return c.json(status, status.ready ? 200 : 503);
  });
  const { metrics } = deps;
  if (metrics)
    app.get("/metrics", async (c) => c.text(await metrics(), 200, { "content-type": "text/plain; version=0.0.4" }));
  app.get("/", (c) => c.text("Countersign: just-in-time cloud access by pull request.\n"));
}

/**
 * Clouds must find our keys while our database is away, or credentials that others hold in good order would stop working:
 * the last good answer is served again. Nothing is served that never was true, and a revoked key goes with the next good
 * answer, plus the five minutes that a cloud may keep it.
 */
function lasting(read: () => Json | Promise<Json>, log: Log): (c: Ctx) => Promise<Response> {
  let last: Json | undefined;
  return async (c) => {
    try {
      last = await read();
    } catch (error) {
      if (last === undefined) throw error;
      log.warn({ correlationId: c.get("correlationId") }, "issuer metadata is served from memory");
    }
    return c.json(last, 200, { "cache-control": "public, max-age=300" });
  };
}

export const notFound = (c: Ctx): Response => refuse(c, 404, "not_found", "There is nothing here.");

/** One section for each code, found by its anchor. Constants only, no script and no style. */
function errorPage(errors: PublicDeps["errors"]): string {
  const sections = errors.map(
    ({ code, status, sentence, cure }) =>
      `<h2 id="${forHtml(code)}">${forHtml(code)} (${status})</h2>\n<p>${forHtml(sentence)}</p>\n<p>${forHtml(cure)}</p>`,
  );
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Countersign: errors of POST /token and POST /requests</title>\n<h1>Errors of POST /token and POST /requests</h1>\n${sections.join("\n")}\n</html>\n`;
}
