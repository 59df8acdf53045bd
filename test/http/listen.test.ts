import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { type Listening, listen } from "../../src/http/index.ts";
import { sign, world } from "./helpers.ts";

let server: Listening | undefined;
afterEach(() => server?.close());

const start = async (overrides = {}, limits = {}) => {
  const made = world(overrides);
  server = await listen({ app: made.app, host: "127.0.0.1", port: 0, limits });
  return { ...made, url: server.url };
};
const raw = (url: string, head: string): Socket => {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(head);
  return socket;
};

describe("the server on a socket", () => {
  it("answers, and tells the exchange who sends", async () => {
    let remote = "";
    const { url } = await start({
      exchange: async (_: unknown, meta: { remote: string }) => {
        remote = meta.remote;
        return { status: 200, body: {} };
      },
    });
    const response = await fetch(`${url}/token`, { method: "POST", body: new URLSearchParams({ a: "b" }) });
    expect(response.status).toBe(200);
    expect(remote).toBe("127.0.0.1");
  });

  it("C02: verifies over the bytes that came through the socket", async () => {
    const { url, stored } = await start();
    const body = JSON.stringify({ text: "✓".repeat(100_000) });
    const headers = {
      "content-type": "application/json",
      "x-github-delivery": "d1",
      "x-github-event": "push",
      "x-hub-signature-256": sign(body),
    };
    expect((await fetch(`${url}/api/github/webhooks`, { method: "POST", body, headers })).status).toBe(202);
    expect(stored[0]?.payload).toBe(body);
  });

  it("C02: answers 413 to a body without end, and ends the connection", async () => {
    const { url } = await start();
    const socket = raw(
      url,
      "POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
    // The server ends the connection under our writes: what it said before that is what counts, not the broken pipe.
    let answer = "";
    const timer = setInterval(() => socket.writable && socket.write(chunk), 1);
    socket.on("data", (data: Buffer) => {
      clearInterval(timer);
      answer += data.toString();
    });
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("close", resolve)).finally(() => clearInterval(timer));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/connection: close/i);
  });

  it("refuses headers over 16 KiB", async () => {
    const { url } = await start();
    const socket = raw(url, `GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });

  const slow = { headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 50 };

  it("ends a connection that sends its headers drop by drop", async () => {
    const { url } = await start({}, slow);
    const socket = raw(url, "POST /token HTTP/1.1\r\n");
    const timer = setInterval(() => socket.writable && socket.write("x: y\r\n"), 20);
    socket.once("data", () => clearInterval(timer));
    expect(await text(socket).finally(() => clearInterval(timer))).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("ends a connection that sends its body drop by drop, and never hands it on", async () => {
    let exchanged = 0;
    const { url } = await start({ exchange: async () => (exchanged++, { status: 200, body: {} }) }, slow);
    const socket = raw(
      url,
      "POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 60000\r\n\r\n",
    );
    const timer = setInterval(() => socket.writable && socket.write("a"), 20);
    let answer = "";
    socket.on("data", (data: Buffer) => {
      clearInterval(timer);
      answer += data.toString();
    });
    socket.on("error", () => undefined); // it is reset after the answer where a drop was under way
    await new Promise((resolve) => socket.once("close", resolve)).finally(() => clearInterval(timer));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(exchanged).toBe(0);
  });

  it("takes so many connections and no more, and takes one again when one has gone", async () => {
    const { url } = await start({}, { maxConnections: 3 });
    const open = Array.from({ length: 3 }, () => raw(url, ""));
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    const refused = raw(url, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(await text(refused).catch(() => "")).toBe("");
    open[0]?.destroy();
    await expect
      .poll(() =>
        fetch(`${url}/healthz`).then(
          (r) => r.status,
          () => 0,
        ),
      )
      .toBe(200);
    for (const socket of open) socket.destroy();
  });

  it("C66: a stranger's bodies that fill the room for webhooks keep no job waiting", async () => {
    const { url } = await start();
    const head = `POST /api/github/webhooks HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-github-delivery: d\r\nx-github-event: push\r\nx-hub-signature-256: sha256=${"0".repeat(64)}\r\ncontent-length: 26214400\r\n\r\n`;
    const part = "x".repeat(26_000_000);
    const sockets = Array.from({ length: 5 }, () => raw(url, head));
    for (const socket of sockets) socket.write(part);
    for (const socket of sockets.slice(0, 3)) await expect.poll(() => socket.writableLength).toBe(0);
    const response = await fetch(`${url}/token`, { method: "POST", body: new URLSearchParams({ a: "b" }) });
    expect(response.status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  it("closes at once though clients keep connections alive", async () => {
    const { url } = await start();
    const socket = raw(url, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    const from = performance.now();
    await server?.close();
    expect(performance.now() - from).toBeLessThan(30_000); // their keep-alive lasts 65 s
    socket.destroy();
  });

  it("says so when the port is taken", async () => {
    const { app, url } = await start();
    await expect(listen({ app, host: "127.0.0.1", port: Number(new URL(url).port) })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});
