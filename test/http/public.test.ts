import { describe, expect, it } from "vitest";
import { world } from "./helpers.ts";

describe("the public routes", () => {
  it("serve issuer metadata that clouds may keep for five minutes", async () => {
    const { app } = world();
    for (const path of ["/.well-known/openid-configuration", "/.well-known/jwks.json"]) {
      const response = await app.request(path);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toBe("public, max-age=300");
      expect(response.headers.get("content-type")).toBe("application/json");
    }
  });

  it("serve the last good keys while the database is away, and none that never were", async () => {
    let away = true;
    const { app } = world({ jwks: () => (away ? Promise.reject(new Error("away")) : { keys: [{ kid: "a" }] }) });
    expect((await app.request("/.well-known/jwks.json")).status).toBe(500);
    away = false;
    await app.request("/.well-known/jwks.json");
    away = true;
    const response = await app.request("/.well-known/jwks.json");
    expect(await response.json()).toEqual({ keys: [{ kid: "a" }] });
  });

  it("serve the schemas by name, and nothing that an object merely inherits", async () => {
    const { app } = world();
    const response = await app.request("/schemas/request.json");
    expect(await response.json()).toEqual({ $id: "request" });
    for (const path of [
      "/schemas/constructor.json",
      "/schemas/toString.json",
      "/schemas/request",
      "/schemas/..%2fx.json",
    ])
      expect((await app.request(path)).status).toBe(404);
  });

  it("explain every refusal where its error_uri points, with nothing of it read as HTML", async () => {
    const response = await world().app.request("/errors");
    const page = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(page).toContain('<h2 id="token_replayed">token_replayed (400)</h2>');
    expect(page).toContain("Used &#60;before&#62;.");
    expect(page).toContain("Ask &#34;again&#34;.");
  });

  it("say whether the server lives and is ready", async () => {
    expect((await world().app.request("/healthz")).status).toBe(200);
    const degraded = await world({ ready: async () => ({ ready: true, degraded: "github" }) }).app.request("/readyz");
    expect([degraded.status, await degraded.json()]).toEqual([200, { ready: true, degraded: "github" }]);
    expect((await world({ ready: async () => ({ ready: false }) }).app.request("/readyz")).status).toBe(503);
    const broken = await world({ ready: () => Promise.reject(new Error("x")) }).app.request("/readyz");
    expect([broken.status, await broken.json()]).toEqual([503, { ready: false }]);
  });

  it("serve metrics and one line at the root", async () => {
    const { app } = world();
    expect(await (await app.request("/metrics")).text()).toBe("up 1\n");
    expect(await (await app.request("/")).text()).toMatch(/^Countersign: .*\n$/);
  });

  it("answer 404 with a correlation id to everything else, and log no path or query of the caller's", async () => {
    const { app, lines } = world();
    const response = await app.request("/wp-admin?token=hunter2");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ correlation_id: response.headers.get("x-correlation-id") });
    expect(lines.join("")).toContain(response.headers.get("x-correlation-id"));
    expect(lines.join("")).not.toMatch(/wp-admin|hunter2/);
  });

  it("give browsers no rights", async () => {
    const { headers } = await world().app.request("/");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });
});
