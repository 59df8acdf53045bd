import { describe, expect, it } from "vitest";
import { endless, oldSecret, sign, world } from "./helpers.ts";

const body = '{"action":"opened","ünïcode":"✓"}';

describe("POST /api/github/webhooks", () => {
  it("stores a signed delivery byte for byte, and then answers 202", async () => {
    const { deliver, stored } = world();
    const withMark = `\ufeff${body}`; // a byte order mark is part of what was signed
    const response = await deliver(withMark, { "x-hub-signature-256": sign(withMark) });
    expect(response.status).toBe(202);
    expect(stored).toEqual([{ id: "d1", event: "push", payload: withMark }]);
  });

  it("C01: takes the old secret besides the current one, while secrets are rotated", async () => {
    const { deliver, stored } = world();
    expect((await deliver(body, { "x-hub-signature-256": sign(body, oldSecret) })).status).toBe(202);
    expect(stored).toHaveLength(1);
  });

  it.each([
    ["unsigned", {}],
    ["signed with another secret", { "x-hub-signature-256": sign(body, "development") }],
    ["signed for another body", { "x-hub-signature-256": sign(`${body} `) }],
    ["signed with SHA-1 only", { "x-hub-signature": "sha1=0000000000000000000000000000000000000000" }],
    ["with a signature that is cut short", { "x-hub-signature-256": sign(body).slice(0, -2) }],
    ["with an empty signature", { "x-hub-signature-256": "" }],
  ])("C02: refuses a delivery %s with 401, and stores nothing", async (_, headers: Record<string, string>) => {
    const { deliver, stored, lines } = world();
    const response = await deliver(body, headers);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: "bad_signature" });
    expect(stored).toEqual([]);
    expect(lines.join("")).not.toContain("opened");
  });

  it("C02: reads no body of who does not claim to have signed it", async () => {
    const { deliver } = world();
    const { stream, taken } = endless();
    expect((await deliver(stream)).status).toBe(401);
    expect(taken()).toBeLessThan(3 * 1024 * 1024);
  });

  it("C02: stops reading at 25 MiB, whatever length is stated", async () => {
    const { deliver, stored } = world();
    const { stream, taken } = endless();
    const response = await deliver(stream, { "x-hub-signature-256": sign("") });
    expect(response.status).toBe(413);
    expect(taken()).toBeLessThan(28 * 1024 * 1024);
    expect(stored).toEqual([]);
    const stated = await deliver("x", { "x-hub-signature-256": sign("x"), "content-length": "26214401" });
    expect(stated.status).toBe(413);
  });

  it("refuses other media types, missing headers and bodies that are not UTF-8", async () => {
    const { deliver, stored } = world();
    const signed = { "x-hub-signature-256": sign(body) };
    expect((await deliver(body, { ...signed, "content-type": "application/x-www-form-urlencoded" })).status).toBe(415);
    expect((await deliver(body, { ...signed, "x-github-delivery": "" })).status).toBe(400);
    expect((await deliver(body, { ...signed, "x-github-event": "a b" })).status).toBe(400);
    expect((await deliver("", { "x-hub-signature-256": sign("") })).status).toBe(400);
    const bytes = new Uint8Array([0xff, 0xfe]);
    expect((await deliver(bytes, { "x-hub-signature-256": sign(bytes) })).status).toBe(400);
    expect(stored).toEqual([]);
  });

  it("C46: never says 202 where the delivery could not be stored, and says nothing of the cause", async () => {
    const { deliver, lines } = world({
      receive: () => Promise.reject(new Error("connect postgres://u:hunter2@db failed")),
    });
    const response = await deliver(body, { "x-hub-signature-256": sign(body) });
    expect(response.status).toBe(500);
    const id = response.headers.get("x-correlation-id");
    expect(await response.json()).toMatchObject({ error: "server_error", correlation_id: id });
    expect(lines.join("")).toContain(id);
    expect(lines.join("")).not.toMatch(/hunter2|opened/);
  });
});
