import { createHmac } from "node:crypto";
import { Writable } from "node:stream";
import { pino } from "pino";
import { createHttp, type HttpDeps } from "../../src/http/index.ts";
import type { Delivery } from "../../src/queue/index.ts";

const secret = "0123456789abcdef-current";
export const oldSecret = "0123456789abcdef-previous";
export const sign = (body: string | Uint8Array, key = secret): string =>
  `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;

/** The routes over doubles, with everything that they stored and logged. */
export function world(overrides: Partial<HttpDeps> = {}) {
  const stored: Delivery[] = [];
  const lines: string[] = [];
  const sink = new Writable({ write: (chunk: Buffer, _, done) => (lines.push(chunk.toString()), done()) });
  const app = createHttp({
    webhookSecret: { current: secret, previous: oldSecret },
    receive: async (delivery) => void stored.push(delivery),
    exchange: async (params) => ({ status: 200, body: { got: [...params] } }),
    discovery: () => ({ issuer: "https://countersign.test" }),
    jwks: () => ({ keys: [] }),
    schemas: { request: { $id: "request" } },
    errors: [{ code: "token_replayed", status: 400, sentence: "Used <before>.", cure: 'Ask "again".' }],
    ready: async () => ({ ready: true, degraded: false }),
    metrics: () => "up 1\n",
    log: pino({ level: "debug" }, sink),
    ...overrides,
  });
  const post = (path: string, body: string | Uint8Array | ReadableStream, headers: Record<string, string>) =>
    app.request(path, { method: "POST", body: body as string, headers, duplex: "half" } as RequestInit);
  const deliver = (body: string | Uint8Array | ReadableStream, headers: Record<string, string> = {}) =>
    post("/api/github/webhooks", body, {
      "content-type": "application/json",
      "x-github-delivery": "d1",
      "x-github-event": "push",
      ...headers,
    });
  const form = (body: string, headers: Record<string, string> = {}) =>
    post("/token", body, { "content-type": "application/x-www-form-urlencoded", ...headers });
  return { app, stored, lines, post, deliver, form };
}

/** A body that never ends, and counts what was taken of it. */
export function endless(chunk = 1024 * 1024): { stream: ReadableStream; taken: () => number } {
  let taken = 0;
  const stream = new ReadableStream({
    pull(controller) {
      taken += chunk;
      controller.enqueue(new Uint8Array(chunk));
    },
  });
  return { stream, taken: () => taken };
}
