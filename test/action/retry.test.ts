import { describe, expect, test } from "vitest";
import { run } from "../../action/src/run.ts";
import { fakeMachine, granted, json, lost, secrets } from "./fake-machine.ts";

const ok = json(200, granted());
const failing = (status: number, error: string, headers?: Record<string, string>) =>
  json(status, { error, error_description: "No." }, headers);

describe("is tried again", () => {
  test.each([
    ["a lost connection", lost("ECONNRESET")],
    ["408", failing(408, "x")],
    ["429", failing(429, "slow_down")],
    ["500 without a body", () => new Response("", { status: 500 })],
    ["503 not_ready", failing(503, "not_ready")],
    ["temporarily_unavailable with any other status", failing(409, "temporarily_unavailable")],
  ])("%s, with a new OIDC token", async (_, failure) => {
    const { machine, exchanges } = fakeMachine([failure, ok]);
    expect(await run(machine)).toBe(0);
    const sent = exchanges.map(({ init }) => new URLSearchParams(init.body as string).get("subject_token"));
    expect(sent).toEqual([`${secrets.oidc}.1`, `${secrets.oidc}.2`]);
  });

  test("GitHub's own token service too", async () => {
    const { machine, tokens } = fakeMachine([ok], { idToken: [json(503, {}), json(200, { value: secrets.oidc })] });
    expect(await run(machine)).toBe(0);
    expect(tokens).toHaveLength(2);
  });
});

describe("is not tried again", () => {
  test.each([
    ["400", failing(400, "invalid_request")],
    ["401", failing(401, "invalid_client")],
    ["403", failing(403, "access_denied")],
    ["404", failing(404, "x")],
    ["an untrusted certificate", lost("DEPTH_ZERO_SELF_SIGNED_CERT")],
    ["400, whatever its code says", failing(400, "temporarily_unavailable")],
  ])("%s", async (_, failure) => {
    const { machine, exchanges, slept } = fakeMachine([failure, ok]);
    expect(await run(machine)).toBe(1);
    expect(exchanges).toHaveLength(1);
    expect(slept).toEqual([]);
  });

  test("a refusal of GitHub's token service", async () => {
    const { machine, tokens, text } = fakeMachine([ok], { idToken: [json(403, { message: "canary" })] });
    expect(await run(machine)).toBe(1);
    expect(tokens).toHaveLength(1);
    expect(text("out")).not.toContain("canary");
  });
});

describe("the wait", () => {
  test("is what Retry-After says, in seconds or as a date, at least one second", async () => {
    const { machine, slept } = fakeMachine([
      failing(503, "not_ready", { "retry-after": "7" }),
      failing(503, "not_ready", { "retry-after": "Tue, 24 Nov 2026 09:00:20 GMT" }),
      failing(503, "not_ready", { "retry-after": "0" }),
      ok,
    ]);
    expect(await run(machine)).toBe(0);
    expect(slept).toEqual([7000, 20_000, 1000]);
  });

  test("doubles up to 15 s without it, and all attempts end within two minutes", async () => {
    const { machine, slept, text } = fakeMachine([lost("ECONNREFUSED")]);
    expect(await run(machine)).toBe(1);
    expect(slept.slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
    expect(machine.elapsed()).toBeLessThan(120_000);
    expect(text("out")).toContain("No answer from countersign.acme.example: ECONNREFUSED. (connection_failed)");
  });

  test("that would end after the cap is not begun", async () => {
    const { machine, slept } = fakeMachine([failing(503, "temporarily_unavailable", { "retry-after": "3600" })]);
    expect(await run(machine)).toBe(1);
    expect(slept).toEqual([]);
  });
});
