import { describe, expect, test } from "vitest";
import { cleanUp, run } from "../../action/src/run.ts";
import { parseCommandFile } from "../sandbox/runner/command-files.ts";
import { fakeMachine, granted, idTokenUrl, json, secrets } from "./fake-machine.ts";

const token = "ya29.c.canary-access-token";
const answer = (changes: object = {}) =>
  json(200, {
    access_token: token,
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
    token_type: "Bearer",
    expires_in: 1800,
    scope: "https://www.googleapis.com/auth/cloud-platform",
    kind: "gcp",
    gcp_expiration: "2026-11-24T09:30:00Z",
    gcp_service_account: "deployer@acme-prod.iam.gserviceaccount.com",
    gcp_project: "acme-prod",
    grant: "01JD-GRANT",
    request: "requests/gcp-prod/2026-11/deploy.yml",
    ...changes,
  });
const start = (env: Record<string, string | undefined> = {}, changes: object = {}) =>
  fakeMachine([answer(changes)], { env: { INPUT_TARGET: "gcp-prod", RUNNER_TEMP: "/temp", ...env } });
const file = { "INPUT_CREDENTIALS-FILE": "true" };
const projects = {
  CLOUDSDK_CORE_PROJECT: "acme-prod",
  CLOUDSDK_PROJECT: "acme-prod",
  GCLOUD_PROJECT: "acme-prod",
  GCP_PROJECT: "acme-prod",
  GOOGLE_CLOUD_PROJECT: "acme-prod",
};

describe("a token of Google", () => {
  test("is masked, then exported for gcloud and Terraform, with the project for all", async () => {
    const { machine, written, text } = start();
    expect(await run(machine)).toBe(0);
    expect(Object.fromEntries(parseCommandFile(text("GITHUB_ENV")))).toEqual({
      CLOUDSDK_AUTH_ACCESS_TOKEN: token,
      GOOGLE_OAUTH_ACCESS_TOKEN: token,
      ...projects,
    });
    expect(Object.fromEntries(parseCommandFile(text("GITHUB_OUTPUT")))).toEqual({
      "gcp-access-token": token,
      "gcp-expiration": "2026-11-24T09:30:00Z",
      "gcp-service-account": "deployer@acme-prod.iam.gserviceaccount.com",
      "gcp-project": "acme-prod",
      "gcp-credentials-file": "",
      grant: "01JD-GRANT",
      request: "requests/gcp-prod/2026-11/deploy.yml",
      "correlation-id": "",
    });
    const masked = written.findIndex((one) => one.text === `::add-mask::${token}\n`);
    const first = written.findIndex((one) => one.to !== "out" && one.text.includes(token));
    expect(masked).toBeGreaterThanOrEqual(0);
    expect(masked).toBeLessThan(first);
    expect(text("out").replace(/^::add-mask::.*$/gm, "") + text("GITHUB_STEP_SUMMARY")).not.toMatch(/canary/);
    expect(text("GITHUB_STEP_SUMMARY")).toContain("| Service account | `deployer@acme-prod.iam.gserviceaccount.com` |");
    expect(text("out")).toContain(
      "A token of gcp-prod is in CLOUDSDK_AUTH_ACCESS_TOKEN and GOOGLE_OAUTH_ACCESS_TOKEN until 2026-11-24T09:30:00Z.",
    );
  });

  test("of direct federation leaves the project to the job", async () => {
    const { machine, text } = start({}, { gcp_service_account: undefined, gcp_project: undefined });
    expect(await run(machine)).toBe(0);
    expect([...parseCommandFile(text("GITHUB_ENV")).keys()]).toEqual([
      "CLOUDSDK_AUTH_ACCESS_TOKEN",
      "GOOGLE_OAUTH_ACCESS_TOKEN",
    ]);
  });

  test("says where client libraries would use something else", async () => {
    const { machine, text } = start({ GOOGLE_APPLICATION_CREDENTIALS: "/key.json" });
    expect(await run(machine)).toBe(0);
    expect(text("out")).toContain(
      "::warning title=Countersign::GOOGLE_APPLICATION_CREDENTIALS is set; client libraries use",
    );
    expect(parseCommandFile(text("GITHUB_ENV")).has("GOOGLE_APPLICATION_CREDENTIALS")).toBe(false);
  });

  test.each([
    ["another type of token", { issued_token_type: "urn:ietf:params:oauth:token-type:jwt" }],
    ["no token", { access_token: undefined }],
    ["a token of two lines", { access_token: "canary\nEVIL=1" }],
    ["no end", { gcp_expiration: undefined }],
    ["a project of two lines", { gcp_project: "a\nEVIL=1" }],
    ["credentials of AWS", granted({ kind: "gcp" })],
    ["an unknown kind", { kind: "moon" }],
    ["no kind", { kind: undefined }],
    ["an inherited name as kind", { kind: "constructor" }],
  ])("with %s fails, exports nothing, shows nothing and is not repeated", async (_, changes) => {
    const { machine, text, exchanges } = start({}, changes);
    expect(await run(machine)).toBe(1);
    expect(exchanges).toHaveLength(1);
    expect(text("GITHUB_ENV") + text("GITHUB_OUTPUT")).not.toMatch(/canary|EVIL/i);
    expect(text("out").replace(/^::add-mask::.*$/gm, "")).not.toMatch(/canary/i);
    expect(text("out")).toContain("(invalid_answer)");
  });
});

describe("a credentials file", () => {
  const path = "/temp/countersign-0000.json";

  test("makes every refresh an exchange of ours, and holds neither token nor assertion", async () => {
    const { machine, text, kept } = start({ ...file, INPUT_URL: "https://acme.example/countersign/" });
    expect(await run(machine)).toBe(0);
    expect(JSON.parse(kept.get(path) ?? "")).toEqual({
      type: "external_account",
      audience: "gcp-prod",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: "https://acme.example/countersign/token",
      credential_source: {
        url: `${idTokenUrl}&audience=https%3A%2F%2Facme.example`,
        headers: { Authorization: `Bearer ${secrets.bearer}` },
        format: { type: "json", subject_token_field_name: "value" },
      },
    });
    expect(Object.fromEntries(parseCommandFile(text("GITHUB_ENV")))).toEqual({
      GOOGLE_APPLICATION_CREDENTIALS: path,
      CLOUDSDK_AUTH_ACCESS_TOKEN: token,
      ...projects,
    });
    expect(parseCommandFile(text("GITHUB_OUTPUT")).get("gcp-credentials-file")).toBe(path);
    expect(text("out")).toContain(`::add-mask::${secrets.bearer}\n`);
  });

  test("takes away the tokens of an earlier step, which tools would use before it", async () => {
    const { machine, text } = start({ ...file, CLOUDSDK_AUTH_ACCESS_TOKEN: "old", GOOGLE_OAUTH_ACCESS_TOKEN: "old" });
    await run(machine);
    const exported = parseCommandFile(text("GITHUB_ENV"));
    expect([exported.get("CLOUDSDK_AUTH_ACCESS_TOKEN"), exported.get("GOOGLE_OAUTH_ACCESS_TOKEN")]).toEqual([
      token,
      "",
    ]);
    expect(text("out")).toContain("Cleared GOOGLE_OAUTH_ACCESS_TOKEN");
  });

  test("says what it cannot name, and which key Terraform takes before it", async () => {
    const { machine, text } = start({ ...file, INPUT_ROLE: "deployer", GOOGLE_CREDENTIALS: "{}" });
    expect(await run(machine)).toBe(0);
    expect(text("out")).toContain("::warning title=Countersign::The credentials file cannot name `role` or `request`");
    expect(text("out")).toContain(
      "::warning title=Countersign::GOOGLE_CREDENTIALS is set; Terraform will use that key",
    );
  });

  test("has no place outside a runner", async () => {
    const { machine, text } = start({ ...file, RUNNER_TEMP: undefined });
    expect(await run(machine)).toBe(1);
    expect(text("out")).toContain("(no_temporary_folder)");
    expect(text("GITHUB_ENV")).toBe("");
  });

  test("is asked for with true or false", async () => {
    const odd = start({ "INPUT_CREDENTIALS-FILE": "yes" });
    expect(await run(odd.machine)).toBe(1);
    expect(odd.exchanges).toEqual([]);
  });
});

describe("the post step", () => {
  test.each([
    ["tokens", {}],
    ["a file", file],
  ])("empties what main exported and removes what it wrote: %s", async (_, env) => {
    const main = start({ ...env, CLOUDSDK_AUTH_ACCESS_TOKEN: "old" });
    await run(main.machine);
    const state = parseCommandFile(main.text("GITHUB_STATE"));
    const post = fakeMachine([], {
      env: {
        RUNNER_TEMP: "/temp",
        STATE_exported: state.get("exported"),
        STATE_files: state.get("files"),
      },
    });
    for (const [path, text] of main.kept) post.kept.set(path, text);
    expect(main.kept.size).toBe(env === file ? 1 : 0);
    expect(await cleanUp(post.machine)).toBe(0);
    const emptied = parseCommandFile(post.text("GITHUB_ENV"));
    expect([...emptied.keys()]).toEqual([...parseCommandFile(main.text("GITHUB_ENV")).keys()]);
    expect([...emptied.values()].join("")).toBe("");
    expect(post.kept.size).toBe(0);
  });
});
