import { describe, expect, test } from "vitest";
import { run } from "../../action/src/run.ts";
import { parseCommandFile } from "../sandbox/runner/command-files.ts";
import { fakeMachine, granted, json, lost, secrets } from "./fake-machine.ts";

const ok = json(200, granted());
const pending = (more: object = {}) =>
  json(400, {
    error: "authorization_pending",
    error_description: "The request for this job is not approved yet.",
    interval: 10,
    pull_request: "https://github.com/acme/access/pull/7",
    awaited: ["@acme/security"],
    ...more,
  });
const wait = (time: string) => ({ env: { INPUT_WAIT: time } });
const lines = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("::add-mask::"));

describe("told to wait", () => {
  test("a job asks again at the server's interval, each time with a new token, until it is granted", async () => {
    const { machine, slept, exchanges, text } = fakeMachine([pending(), pending(), pending(), ok], wait("10m"));
    expect(await run(machine)).toBe(0);
    expect(slept).toEqual([10_000, 10_000, 10_000]);
    const sent = exchanges.map(({ init }) => new URLSearchParams(init.body as string).get("subject_token"));
    expect(sent).toEqual([1, 2, 3, 4].map((n) => `${secrets.oidc}.${n}`));
    expect(lines(text("out"))[0]).toBe(
      "Waiting for the approval by @acme/security: https://github.com/acme/access/pull/7",
    );
    expect(text("out").match(/Waiting/g)).toHaveLength(1);
  });

  test("says so again when others are awaited, and keeps to a new interval", async () => {
    const answers = [pending(), pending({ awaited: ["@bob"], interval: 30 }), pending({ awaited: [] }), ok];
    const { machine, slept, text } = fakeMachine(answers, wait("10m"));
    await run(machine);
    expect(slept).toEqual([10_000, 30_000, 10_000]);
    expect(lines(text("out")).slice(0, 3)).toEqual([
      "Waiting for the approval by @acme/security: https://github.com/acme/access/pull/7",
      "Waiting for the approval by @bob: https://github.com/acme/access/pull/7",
      "Waiting for the approval: https://github.com/acme/access/pull/7",
    ]);
  });

  test("it gives up when the time is over, and fails as it would have without waiting", async () => {
    const { machine, slept, text } = fakeMachine([pending()], wait("90s"));
    expect(await run(machine)).toBe(1);
    expect(slept.length).toBe(8);
    expect(machine.elapsed()).toBeLessThanOrEqual(90_000);
    expect(text("out")).toContain("(authorization_pending)%0APull request: https://github.com/acme/access/pull/7");
    expect(parseCommandFile(text("GITHUB_OUTPUT")).get("error")).toBe("authorization_pending");
  });

  test.each([
    [undefined, 5000],
    ["soon", 5000],
    [0, 1000],
    [-5, 1000],
    [1e9, 300_000],
  ])("an interval of %j becomes %d ms", async (interval, ms) => {
    const { machine, slept } = fakeMachine([pending({ interval }), ok], wait("6h"));
    expect(await run(machine)).toBe(0);
    expect(slept).toEqual([ms]);
  });

  test("it stops at a refusal: the pull request was closed", async () => {
    const denied = json(403, { error: "access_denied", error_description: "No." });
    const { machine, exchanges, text } = fakeMachine([pending(), denied, ok], wait("10m"));
    expect(await run(machine)).toBe(1);
    expect(exchanges).toHaveLength(2);
    expect(text("out")).toContain("(access_denied)");
  });

  test("it outlives a restart of the server, and of a proxy before it", async () => {
    const down = Array.from({ length: 30 }, (_, i) => (i % 2 ? lost("ECONNREFUSED") : json(502, {})));
    const { machine, text } = fakeMachine([pending(), ...down, pending(), ok], wait("1h"));
    expect(await run(machine)).toBe(0);
    expect(text("out")).toContain("Still waiting, but: ");
  });

  test("by hostile words it gives the runner no command", async () => {
    const evil = pending({ pull_request: "x\n::set-env name=A::b", awaited: ["##[group]", "\r::stop-commands::y"] });
    const { machine, text } = fakeMachine([evil, ok], wait("1m"));
    await run(machine);
    for (const line of lines(text("out"))) expect(line).not.toMatch(/^\s*::|##\[/);
  });
});

test("an outage before any waiting is not waited for longer than without", async () => {
  const { machine } = fakeMachine([lost("ECONNREFUSED")], wait("6h"));
  expect(await run(machine)).toBe(1);
  expect(machine.elapsed()).toBeLessThan(120_000);
});

test.each(["", "0", "0m"])("wait: %j does not wait", async (time) => {
  const { machine, slept } = fakeMachine([pending(), ok], wait(time));
  expect(await run(machine)).toBe(1);
  expect(slept).toEqual([]);
});
