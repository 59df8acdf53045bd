import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { isProxyRange, Sources } from "../../src/http/sources.ts";
import { world } from "./helpers.ts";

const spent = (sources: Sources, peer: string, forwarded?: string): number => {
  let n = 0;
  while (n < 1500 && sources.take(sources.of(peer, forwarded)) === 0) n++;
  return n;
};

describe("who sends", () => {
  it("is the peer of the socket, whatever X-Forwarded-For says, as long as no proxy is trusted", () => {
    const sources = new Sources();
    expect(sources.of("198.51.100.7", "203.0.113.9")).toEqual({ address: "198.51.100.7", limited: true });
    expect(sources.of("::ffff:198.51.100.7", undefined)).toEqual({ address: "198.51.100.7", limited: true });
  });

  it("cannot be told behind a proxy on this machine that nobody named: then nobody is limited by address", () => {
    for (const peer of ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
      expect(new Sources().of(peer, "203.0.113.9")).toMatchObject({ limited: false });
    expect(new Sources().of(undefined, undefined)).toMatchObject({ limited: false });
  });

  it("is the last address before the trusted proxies, not the first that a sender may have written", () => {
    const sources = new Sources(["10.0.0.0/8", "fd00::/8"]);
    expect(sources.of("10.1.2.3", "1.1.1.1, 203.0.113.9")).toEqual({ address: "203.0.113.9", limited: true });
    expect(sources.of("10.1.2.3", "203.0.113.9, 10.9.9.9")).toEqual({ address: "203.0.113.9", limited: true });
    expect(sources.of("fd00::1", "203.0.113.9:51234")).toEqual({ address: "203.0.113.9", limited: true });
    expect(sources.of("10.1.2.3", "[2001:db8::7]:443")).toEqual({ address: "2001:db8::7", limited: true });
    expect(sources.of("203.0.113.5", "1.1.1.1")).toEqual({ address: "203.0.113.5", limited: true });
  });

  it("is the proxy itself where it says nothing that one can believe", () => {
    const sources = new Sources(["10.0.0.0/8"]);
    for (const forwarded of [undefined, "", "unknown", "evil, 10.0.0.1", "203.0.113.9, <script>", "10.0.0.1"])
      expect(sources.of("10.1.2.3", forwarded)).toEqual({ address: "10.1.2.3", limited: false });
  });

  it.each(["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"])("may be %s in TRUSTED_PROXIES", (text) => {
    expect(isProxyRange(text)).toBe(true);
  });
  it.each(["", "proxy.example", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "1.2.3.4/8/8", "::1/129", "10.0.0.0/08"])(
    "may not be %j there",
    (text) => {
      expect(isProxyRange(text)).toBe(false);
    },
  );
});

describe("a flood of one address", () => {
  it("is stopped at a thousand at once, and harms no other address", () => {
    const sources = new Sources([], () => 0);
    expect(spent(sources, "198.51.100.7")).toBeLessThan(1100);
    expect(sources.take(sources.of("198.51.100.8", undefined))).toBe(0);
  });

  it("from one network of IPv6 counts as one, however its addresses are spelled", () => {
    const sources = new Sources([], () => 0);
    spent(sources, "2001:db8:0:1::1");
    for (const same of ["2001:0db8:0000:0001:ffff::2", "2001:db8:0:1:1:2:3:4", "2001:DB8:0:1::"])
      expect(sources.take(sources.of(same, undefined))).toBeGreaterThan(0);
    expect(sources.take(sources.of("2001:db8:0:2::1", undefined))).toBe(0);
  });

  it("gets 429 with Retry-After before its body is read, at /token and /requests alike; other routes go on", async () => {
    let exchanged = 0;
    const { app } = world({ exchange: async () => (exchanged++, { status: 200, body: {} }) });
    const from = (remoteAddress: string, body = "") =>
      ({ incoming: Object.assign(Readable.from([Buffer.from(body)]), { socket: { remoteAddress } }) }) as never;
    const env = from("198.51.100.7");
    const post = async (path: string): Promise<Response> =>
      app.request(
        path,
        { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } },
        from("198.51.100.7", "a=b"),
      );
    // Time brings a hundred a second: on a slow machine it takes more than the burst until one is refused.
    let last = await post("/token");
    let taken = 0;
    for (; last.status === 200 && taken < 20_000; taken++) last = await post("/token");
    expect(taken).toBeGreaterThanOrEqual(1000);
    expect(exchanged).toBe(taken);
    expect(last.status).toBe(429);
    expect(last.headers.get("retry-after")).toMatch(/^[1-9][0-9]*$/);
    expect(last.headers.get("cache-control")).toBe("no-store");
    expect(await last.json()).toMatchObject({ error: "slow_down" });
    // Time lets one in now and then; of a few at once not all.
    const asks = await Promise.all(Array.from({ length: 20 }, () => post("/requests")));
    expect(asks.map((answer) => answer.status)).toContain(429);
    expect((await app.request("/healthz", {}, env)).status).toBe(200);
    expect((await app.request("/token", { method: "POST" }, from("198.51.100.8"))).status).toBe(415);
  });
});
