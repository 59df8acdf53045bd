import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { type Listening, listen } from "../../src/http/index.ts";
import { sign, world } from "./helpers.ts";

let server: Listening | undefined;
afterEach(() => server?.close());

const start = async (overrides = {}) => {
  const made = world(overrides);
  server = await listen({ app: made.app, host: "127.0.0.1", port: 0 });
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

  it("closes at once though clients keep connections alive", async () => {
    const { url } = await start();
    const socket = raw(url, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    const from = performance.now();
    await server?.close();
    expect(performance.now() - from).toBeLessThan(1000);
    socket.destroy();
  });

  it("says so when the port is taken", async () => {
    const { app, url } = await start();
    await expect(listen({ app, host: "127.0.0.1", port: Number(new URL(url).port) })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});
