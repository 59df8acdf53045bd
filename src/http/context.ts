import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Source } from "./sources.ts";

/** What every handler finds in its context. `incoming` is missing where a test calls `fetch` without a socket. */
export interface Env {
  Bindings: Partial<HttpBindings>;
  /** `headed`: the answer has the default headers already. */
  Variables: { correlationId: string; source: Source; headed?: true };
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

/** Headers of every answer. We serve data, so a browser gets no right to run or frame anything. */
export const defaultHeaders = (correlationId: string): Readonly<Record<string, string>> => ({
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
  "x-correlation-id": correlationId,
});

/** JSON with all its headers: they stay a plain object on their way to the socket. A handler's own win. */
export function answer(c: Ctx, { status, body, headers = {} }: Answer): Response {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const all = {
    "content-type": "application/json",
    ...defaultHeaders(c.get("correlationId")),
    ...Object.fromEntries(own),
  };
  c.set("headed", true);
  return new Response(JSON.stringify(body), { status, headers: all });
}

/** One shape for every refusal, that of RFC 6749 section 5.2: a stable code, what to do, and the id to ask about. */
export const refuse = (
  c: Ctx,
  status: ContentfulStatusCode,
  error: string,
  description: string,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  answer(c, {
    status,
    body: { error, error_description: description, correlation_id: c.get("correlationId") },
    headers,
  });

/** `application/json; charset=utf-8` is `application/json`. */
export const mediaType = (c: Ctx): string =>
  (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
