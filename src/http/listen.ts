import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";

export interface Listening {
  /** `http://host:port`, with the real port. */
  readonly url: string;
  /** Takes no more requests, lets those that run finish for a while, then ends every connection. */
  close(): Promise<void>;
}

/** What a slow or hostile client may hold, in milliseconds, bytes and numbers. */
export interface Limits {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  readonly connectionsCheckingInterval: number;
  readonly maxHeaderSize: number;
  readonly maxHeadersCount: number;
  readonly maxConnections: number;
}
const limits: Limits = {
  // Slow clients: Node's defaults let one hold a connection for a minute before its headers, five for its body.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000, // longer than the minute of usual load balancers, which else meet a closed connection
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16_384, // GitHub's tokens have about 2 kB, and travel in a header at /requests alone
  maxHeadersCount: 100,
  // More are closed as they come: what those in hand may hold in memory has an end.
  maxConnections: 4000,
};

/** How long requests may still run once the server closes; an exchange's deadline is 45 s, a webhook's work a moment. */
const graceMilliseconds = 10_000;

export async function listen(options: {
  readonly app: { fetch(request: Request, env: never): Response | Promise<Response> };
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly limits?: Partial<Limits>;
}): Promise<Listening> {
  const { app, host, port } = options;
  const { maxConnections, maxHeadersCount, ...serverOptions } = { ...limits, ...options.limits };
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env as never),
    serverOptions,
  }) as Server;
  server.maxConnections = maxConnections;
  server.maxHeadersCount = maxHeadersCount;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("not listening on a port");
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    const done = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const grace = setTimeout(() => server.closeAllConnections(), graceMilliseconds);
    return done.finally(() => clearTimeout(grace));
  };
  return { url: `http://${shown}:${address.port}`, close: () => (closed ??= close()) };
}
