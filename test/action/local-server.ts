import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

interface Received {
  readonly path: string;
  readonly form: URLSearchParams;
}

/** GitHub's token service at /oidc and a Countersign at /token whose answers are given. */
export async function startLocalServer(
  answer: (form: URLSearchParams) => { status: number; body: unknown } | Promise<{ status: number; body: unknown }>,
) {
  const received: Received[] = [];
  let tokens = 0;
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams((await buffer(request)).toString());
    received.push({ path: request.url ?? "", form });
    const isOidc = request.url?.startsWith("/oidc") === true;
    const { status, body } = isOidc ? { status: 200, body: { value: `oidc-canary-${++tokens}` } } : await answer(form);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    received,
    oidc: { url: `${url}/oidc?api-version=2.0`, token: "bearer-canary" },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
