import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Source } from "./sources.ts";

/** What every handler finds in its context. `incoming` is missing where a test calls `fetch` without a socket. */
export interface Env {
  Bindings: Partial<HttpBindings>;
  Variables: { correlationId: string; source: Source };
}
export type Ctx = Context<Env>;

/** What the rooms below answer with; the exchange's shape. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** For the rooms below: how the log finds this request, and who sent it. */
export interface RequestMeta {
  readonly correlationId: string;
  readonly remote: string;
}
export const metaOf = (c: Ctx): RequestMeta => ({
  correlationId: c.get("correlationId"),
  remote: c.get("source").address,
});

export const answer = (c: Ctx, { status, body, headers }: Answer): Response =>
  c.json(body, status as ContentfulStatusCode, { ...headers });

/** One shape for every refusal, that of RFC 6749 section 5.2: a stable code, what to do, and the id to ask about. */
export const refuse = (
  c: Ctx,
  status: ContentfulStatusCode,
  error: string,
  description: string,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  c.json({ error, error_description: description, correlation_id: c.get("correlationId") }, status, { ...headers });

/** `application/json; charset=utf-8` is `application/json`. */
export const mediaType = (c: Ctx): string =>
  (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
