import { describe, expect, test } from "vitest";
import { cleanUp, run } from "../../action/src/run.ts";
import { parseCommandFile } from "../sandbox/runner/command-files.ts";
import { fakeMachine, json, lost } from "./fake-machine.ts";

const secret = "ghs_canaryCanaryCanaryCanaryCanaryCanary";
const body = (changes: object = {}) => ({
  access_token: secret,
  issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
  token_type: "Bearer",
  expires_in: 1800,
  kind: "github",
  github_permissions: { contents: "write" },
  github_repositories: ["acme/infra"],
  grant: "01JD-GRANT",
  request: "requests/github-prod/a.yml",
  ...changes,
});
const machineFor = (answer: object = body(), env: Record<string, string | undefined> = {}) =>
  fakeMachine([json(200, answer)], { env: { INPUT_TARGET: "github-prod", RUNNER_TEMP: "/tmp/runner", ...env } });
const read = (text: (to: string) => string, file: string) => Object.fromEntries(parseCommandFile(text(file)));

describe("a token of GitHub", () => {
  test("is an output, masked before it is anywhere, and in no variable unless it was asked for", async () => {
    const { machine, text } = machineFor();
    expect(await run(machine)).toBe(0);
    expect(read(text, "GITHUB_ENV")).toEqual({});
    expect(read(text, "GITHUB_OUTPUT")).toMatchObject({
      token: secret,
      "token-expiration": expect.stringMatching(/Z$/) as string,
    });
    expect(read(text, "GITHUB_STATE")).toMatchObject({ revoke: secret });
    const out = text("out");
    expect(out.indexOf(`::add-mask::${secret}`)).toBeGreaterThanOrEqual(0);
    expect(out.replaceAll(`::add-mask::${secret}`, "")).not.toContain(secret);
    expect(text("GITHUB_STEP_SUMMARY")).toContain("acme/infra");
    expect(text("GITHUB_STEP_SUMMARY")).not.toContain(secret);
  });

  test.each([
    ["https://github.com", "GH_TOKEN"],
    ["https://acme.ghe.com", "GH_TOKEN"],
    ["https://github.acme.example", "GH_ENTERPRISE_TOKEN"],
    ["https://ghe.com.evil.example", "GH_ENTERPRISE_TOKEN"],
  ])("on %s goes to %s where it was asked for, and never to GITHUB_TOKEN", async (server, name) => {
    const { machine, text } = machineFor(body(), { "INPUT_GH-TOKEN": "true", GITHUB_SERVER_URL: server });
    expect(await run(machine)).toBe(0);
    expect(read(text, "GITHUB_ENV")).toEqual({ [name]: secret });
  });

  test.each<[string, object]>([
    ["another type", { issued_token_type: "urn:ietf:params:oauth:token-type:jwt" }],
    ["a token of two lines", { access_token: `${secret}\nX=1` }],
    ["a repository that is a command", { github_repositories: ["acme/x\n::set-output::"] }],
    ["no end", { expires_in: "1800" }],
  ])("%s is no answer, and shows nothing", async (_, changes) => {
    const { machine, text } = machineFor(body(changes));
    expect(await run(machine)).toBe(1);
    expect(text("GITHUB_OUTPUT")).not.toContain(secret);
    expect(text("out").replaceAll(/::add-mask::.*/g, "")).not.toContain(secret);
  });
});

describe("the post step", () => {
  const post = (answer: () => Response, env: Record<string, string | undefined> = {}) => {
    const sent: { url: string; init: RequestInit }[] = [];
    const fake = fakeMachine([], {
      env: { STATE_revoke: secret, STATE_exported: "GH_TOKEN", GITHUB_API_URL: "https://api.github.com", ...env },
    });
    const fetch = async (url: string, init: RequestInit): Promise<Response> => {
      sent.push({ url, init });
      return answer();
    };
    return { ...fake, machine: { ...fake.machine, fetch }, sent };
  };
  test("ends the token with itself and empties the variable", async () => {
    const { machine, sent, text } = post(() => new Response(null, { status: 204 }));
    expect(await cleanUp(machine)).toBe(0);
    expect(sent).toMatchObject([
      {
        url: "https://api.github.com/installation/token",
        init: { method: "DELETE", redirect: "manual", headers: { authorization: `Bearer ${secret}` } },
      },
    ]);
    expect(read(text, "GITHUB_ENV")).toEqual({ GH_TOKEN: "" });
    expect(text("out").replaceAll(`::add-mask::${secret}`, "")).not.toContain(secret);
  });
  test.each<[string, () => Response, string]>([
    ["over already", json(401, {}), "revoked"],
    ["GitHub is away", json(502, {}), "ends with its grant"],
    ["a redirect", json(302, {}), "ends with its grant"],
    ["no answer", lost("ECONNRESET"), "ends with its grant"],
  ])("fails no job: %s", async (_, answer, said) => {
    const { machine, text } = post(answer);
    expect(await cleanUp(machine)).toBe(0);
    expect(text("out")).toContain(said);
  });
  test("sends it nowhere but to an https address, and asks nothing where there is no token", async () => {
    const plain = post(json(204, {}), { GITHUB_API_URL: "http://github.acme.example/api/v3" });
    expect(await cleanUp(plain.machine)).toBe(0);
    const none = post(json(204, {}), { STATE_revoke: undefined });
    expect(await cleanUp(none.machine)).toBe(0);
    expect([...plain.sent, ...none.sent]).toEqual([]);
  });
});
