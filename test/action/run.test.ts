import { describe, expect, test } from "vitest";
import { cleanUp, run } from "../../action/src/run.ts";
import { parseCommandFile } from "../sandbox/runner/command-files.ts";
import { credentialProcess, fakeMachine, granted, idTokenUrl, json, secrets } from "./fake-machine.ts";

const ok = json(200, granted());
const secretTexts = Object.values(secrets);

describe("a granted exchange", () => {
  test("masks, then exports, then says what it did; nothing else", async () => {
    const { machine, written } = fakeMachine([ok]);
    expect(await run(machine)).toBe(0);
    expect(written.map(({ to, text }) => `${to}: ${text.replaceAll("\n", "⏎")}`)).toMatchInlineSnapshot(`
      [
        "out: ::add-mask::eyJhbGciOiJSUzI1NiJ9.oidc-token.1⏎",
        "out: ::add-mask::{"Version":1,"AccessKeyId":"ASIACANARYCANARY1234","SecretAccessKey":"canary/secret+access/key","SessionToken":"canary-session-token==","Expiration":"2026-11-24T10:00:00Z"}⏎",
        "out: ::add-mask::canary/secret+access/key⏎",
        "out: ::add-mask::canary-session-token==⏎",
        "out: ::add-mask::ASIACANARYCANARY1234⏎",
        "GITHUB_STATE: exported<<ghadelimiter_0000⏎AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_DEFAULT_REGION⏎ghadelimiter_0000⏎",
        "GITHUB_ENV: AWS_ACCESS_KEY_ID<<ghadelimiter_0000⏎ASIACANARYCANARY1234⏎ghadelimiter_0000⏎",
        "GITHUB_ENV: AWS_SECRET_ACCESS_KEY<<ghadelimiter_0000⏎canary/secret+access/key⏎ghadelimiter_0000⏎",
        "GITHUB_ENV: AWS_SESSION_TOKEN<<ghadelimiter_0000⏎canary-session-token==⏎ghadelimiter_0000⏎",
        "GITHUB_ENV: AWS_REGION<<ghadelimiter_0000⏎eu-west-1⏎ghadelimiter_0000⏎",
        "GITHUB_ENV: AWS_DEFAULT_REGION<<ghadelimiter_0000⏎eu-west-1⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: aws-access-key-id<<ghadelimiter_0000⏎ASIACANARYCANARY1234⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: aws-secret-access-key<<ghadelimiter_0000⏎canary/secret+access/key⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: aws-session-token<<ghadelimiter_0000⏎canary-session-token==⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: aws-expiration<<ghadelimiter_0000⏎2026-11-24T10:00:00Z⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: aws-region<<ghadelimiter_0000⏎eu-west-1⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: aws-account-id<<ghadelimiter_0000⏎123456789012⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: aws-config-file<<ghadelimiter_0000⏎⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: grant<<ghadelimiter_0000⏎01JD-GRANT⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: request<<ghadelimiter_0000⏎requests/aws-prod/2026-11/delete-stale-logs.yml⏎ghadelimiter_0000⏎",
        "GITHUB_OUTPUT: correlation-id<<ghadelimiter_0000⏎⏎ghadelimiter_0000⏎",
        "out: Credentials for aws-prod are in the environment until 2026-11-24T10:00:00Z.⏎",
        "out: Grant: 01JD-GRANT⏎",
        "GITHUB_STEP_SUMMARY: ### Countersign⏎⏎| | |⏎| --- | --- |⏎| Target | \`aws-prod\` |⏎| Account | \`123456789012\` |⏎| Region | \`eu-west-1\` |⏎| Session ends | \`2026-11-24T10:00:00Z\` |⏎| Grant | \`01JD-GRANT\` |⏎| Request | \`requests/aws-prod/2026-11/delete-stale-logs.yml\` |⏎⏎",
      ]
    `);
  });

  test("masks every secret before any of it is written to a file", async () => {
    const { machine, written } = fakeMachine([ok]);
    await run(machine);
    for (const secret of [secrets.accessKeyId, secrets.secretAccessKey, secrets.sessionToken]) {
      const masked = written.findIndex(({ to, text }) => to === "out" && text === `::add-mask::${secret}\n`);
      const exported = written.findIndex(({ to, text }) => to !== "out" && text.includes(secret));
      expect(masked).toBeGreaterThanOrEqual(0);
      expect(masked).toBeLessThan(exported);
    }
  });

  test("shows no secret on standard output but in add-mask commands, and none in the summary", async () => {
    const { machine, text } = fakeMachine([ok]);
    await run(machine);
    const lines = text("out").split("\n");
    for (const line of lines.filter((line) => !line.startsWith("::add-mask::"))) {
      for (const secret of secretTexts) expect(line).not.toContain(secret);
    }
    for (const secret of secretTexts) expect(text("GITHUB_STEP_SUMMARY")).not.toContain(secret);
  });

  test("asks for a token whose audience is the server's origin, and sends RFC 8693's form", async () => {
    const { machine, tokens, exchanges } = fakeMachine([ok], {
      env: {
        INPUT_URL: "https://acme.example/countersign/",
        INPUT_ROLE: "operator",
        INPUT_REQUEST: "requests/aws-prod/a.yml",
      },
    });
    await run(machine);
    expect(tokens.map(({ url }) => url)).toEqual([`${idTokenUrl}&audience=https%3A%2F%2Facme.example`]);
    expect(tokens[0]?.init.headers).toMatchObject({ authorization: `Bearer ${secrets.bearer}` });
    expect(exchanges[0]?.url).toBe("https://acme.example/countersign/token");
    expect(exchanges[0]?.init).toMatchObject({ method: "POST", redirect: "manual" });
    expect(Object.fromEntries(new URLSearchParams(exchanges[0]?.init.body as string))).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: `${secrets.oidc}.1`,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      audience: "aws-prod",
      role: "operator",
      request: "requests/aws-prod/a.yml",
    });
  });

  test("takes another audience where it is given", async () => {
    const { machine, tokens } = fakeMachine([ok], { env: { INPUT_AUDIENCE: "https://issuer.example" } });
    await run(machine);
    expect(tokens[0]?.url).toContain("&audience=https%3A%2F%2Fissuer.example");
  });

  test("clears what an earlier step left and would be taken for ours, and says so", async () => {
    const env = {
      AWS_CREDENTIAL_EXPIRATION: "2020-01-01T00:00:00Z",
      AWS_SECURITY_TOKEN: "old",
      AWS_SESSION_TOKEN: "old",
    };
    const { machine, text } = fakeMachine([ok], { env });
    await run(machine);
    const exported = parseCommandFile(text("GITHUB_ENV"));
    expect(exported.get("AWS_SECURITY_TOKEN")).toBe("");
    expect(exported.get("AWS_CREDENTIAL_EXPIRATION")).toBe("");
    expect(exported.get("AWS_SESSION_TOKEN")).toBe(secrets.sessionToken);
    expect(text("out")).toContain("Cleared AWS_SECURITY_TOKEN, AWS_CREDENTIAL_EXPIRATION");
  });

  test("warns of a profile, but does not empty it: the AWS CLI fails with an empty one", async () => {
    const { machine, text } = fakeMachine([ok], { env: { AWS_PROFILE: "prod" } });
    expect(await run(machine)).toBe(0);
    expect(parseCommandFile(text("GITHUB_ENV")).has("AWS_PROFILE")).toBe(false);
    expect(text("out")).toContain("::warning title=Countersign::AWS_PROFILE is set");
  });

  test.each([
    ["another kind", { kind: "gcp" }],
    ["another token type", { issued_token_type: "urn:ietf:params:oauth:token-type:jwt" }],
    ["no document", { access_token: "not json canary" }],
    ["a missing secret", { access_token: credentialProcess({ SecretAccessKey: undefined }) }],
    ["a secret of two lines", { access_token: credentialProcess({ SessionToken: "canary\nEVIL=1" }) }],
    ["no region", { aws_region: undefined }],
  ])("with %s fails, exports nothing, shows nothing and is not repeated", async (_, changes) => {
    const { machine, text, exchanges } = fakeMachine([json(200, granted(changes))]);
    expect(await run(machine)).toBe(1);
    expect(exchanges).toHaveLength(1);
    expect(text("GITHUB_ENV")).toBe("");
    expect(text("out").replace(/^::add-mask::.*$/gm, "")).not.toMatch(/canary/i);
    expect(text("out")).toContain("(invalid_answer)");
  });
});

describe("a refusal", () => {
  test("is one error that says what, why, where and what to do", async () => {
    const { machine, text, written } = fakeMachine([
      json(403, {
        error: "policy_changed",
        error_description: "The policy in force no longer yields the approved plan.",
        error_uri: "https://countersign.acme.example/errors#policy_changed",
        correlation_id: "c0ffee",
      }),
    ]);
    expect(await run(machine)).toBe(1);
    expect(text("out").split("\n").slice(1)).toEqual([
      "::error title=Countersign::The policy in force no longer yields the approved plan. (policy_changed)" +
        "%0AWhat to do: Policy changed after the approval. Ask again with a new request." +
        "%0AMore: https://countersign.acme.example/errors#policy_changed%0ACorrelation id: c0ffee",
      "",
    ]);
    expect(written.filter(({ text }) => text.startsWith("::error"))).toHaveLength(1);
    expect(Object.fromEntries(parseCommandFile(text("GITHUB_OUTPUT")))).toEqual({
      error: "policy_changed",
      "correlation-id": "c0ffee",
    });
    expect(text("GITHUB_ENV")).toBe("");
  });

  test("of a pending request names the pull request and who is awaited, and does not wait", async () => {
    const { machine, text, slept } = fakeMachine([
      json(400, {
        error: "authorization_pending",
        error_description: "The request is not approved yet.",
        interval: 30,
        pull_request: "https://github.com/acme/access/pull/7",
        awaited: ["@acme/security", "@bob"],
      }),
    ]);
    expect(await run(machine)).toBe(1);
    expect(slept).toEqual([]);
    expect(text("out")).toContain(
      "Pull request: https://github.com/acme/access/pull/7%0AAwaited: @acme/security, @bob%0AWhat to do:",
    );
    expect(parseCommandFile(text("GITHUB_OUTPUT")).get("pull-request")).toBe("https://github.com/acme/access/pull/7");
  });

  test("cannot give the runner a command of its own", async () => {
    const { machine, text } = fakeMachine([
      json(
        503,
        { error: "x\n::stop-commands::y", error_description: "a\r\n::add-path::/evil ##[command]z %0A" },
        { "retry-after": "1" },
      ),
      json(400, { error: "e", error_description: "a\n::set-env name=A::b ##[group]" }),
    ]);
    await run(machine);
    const lines = text("out")
      .split("\n")
      .filter((line) => !/^::(add-mask|error title=Countersign)::/.test(line));
    for (const line of lines) expect(line).not.toMatch(/^\s*::|##\[/);
    expect(text("out")).not.toMatch(/\n\s*::set-env|##\[/);
  });

  test("by redirect is not followed and not repeated", async () => {
    const { machine, text, exchanges } = fakeMachine([
      () => new Response(null, { status: 307, headers: { location: "https://evil.example" } }),
    ]);
    expect(await run(machine)).toBe(1);
    expect(exchanges).toHaveLength(1);
    expect(text("out")).toContain("(redirected)");
  });

  test("that is no JSON names the status only", async () => {
    const { machine, text } = fakeMachine([() => new Response("<html>canary</html>", { status: 404 })]);
    expect(await run(machine)).toBe(1);
    expect(text("out")).toContain("The server answered with status 404. (http_404)");
    expect(text("out")).not.toContain("canary");
  });
});

describe("before any call", () => {
  test.each([
    ["no url", { INPUT_URL: "" }, "`url` is missing"],
    ["http", { INPUT_URL: "http://countersign.acme.example" }, "`url` is not https"],
    ["http on a name that begins like loopback", { INPUT_URL: "http://127.0.0.1.evil.example" }, "`url` is not https"],
    ["a password in the url", { INPUT_URL: "https://a:canary@acme.example" }, "`url` holds more"],
    ["no target", { INPUT_TARGET: " " }, "`target` is missing"],
    ["a target that is a path", { INPUT_TARGET: "../aws-prod" }, "`target` has no such form"],
    ["a role with blanks", { INPUT_ROLE: "a b" }, "`role` is no role name"],
    ["a request elsewhere", { INPUT_REQUEST: "targets/aws-prod.yml" }, "`request` is no path"],
    ["a wait without a unit", { INPUT_WAIT: "10" }, "`wait` is no time"],
    ["a wait of a day", { INPUT_WAIT: "24h" }, "`wait` is no time"],
    ["a wait of a workflow command", { INPUT_WAIT: "1m\n::x::" }, "`wait` is no time"],
  ])("%s fails", async (_, env, message) => {
    const { machine, text, tokens } = fakeMachine([ok], { env });
    expect(await run(machine)).toBe(1);
    expect(text("out")).toContain(message);
    expect(text("out")).not.toContain("canary");
    expect(tokens).toEqual([]);
  });

  test.each(["http://127.0.0.1:8080", "http://localhost:3000", "http://[::1]:80", "https://acme.example/x"])(
    "%s is accepted",
    async (url) => {
      expect(await run(fakeMachine([ok], { env: { INPUT_URL: url } }).machine)).toBe(0);
    },
  );

  test("a job without the permission is told which line to add", async () => {
    const { machine, text, exchanges } = fakeMachine([ok], { env: { ACTIONS_ID_TOKEN_REQUEST_URL: undefined } });
    expect(await run(machine)).toBe(1);
    expect(text("out")).toContain("permissions: id-token: write");
    expect(exchanges).toEqual([]);
  });
});

describe("the post step", () => {
  test("empties what main exported and nothing else", async () => {
    const main = fakeMachine([ok], { env: { AWS_SECURITY_TOKEN: "old" } });
    await run(main.machine);
    const exported = parseCommandFile(main.text("GITHUB_STATE")).get("exported");
    const post = fakeMachine([], { env: { STATE_exported: exported } });
    expect(await cleanUp(post.machine)).toBe(0);
    const emptied = parseCommandFile(post.text("GITHUB_ENV"));
    expect([...emptied.keys()]).toEqual([...parseCommandFile(main.text("GITHUB_ENV")).keys()]);
    expect([...emptied.values()].join("")).toBe("");
    expect(post.written.every(({ to }) => to === "GITHUB_ENV")).toBe(true);
  });

  test("does nothing where main exported nothing", async () => {
    const { machine, written } = fakeMachine([]);
    expect(await cleanUp(machine)).toBe(0);
    expect(written).toEqual([]);
  });
});
