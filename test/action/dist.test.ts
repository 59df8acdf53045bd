import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { load } from "js-yaml";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseCommandFile } from "../sandbox/runner/command-files.ts";
import { credentialProcess, granted, secrets } from "./fake-machine.ts";
import { startLocalServer } from "./local-server.ts";

const action = fileURLToPath(new URL("../../action", import.meta.url));
const files = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"];

let dir: string;
let server: Awaited<ReturnType<typeof startLocalServer>>;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "countersign-action-"));
  for (const name of files) await writeFile(join(dir, name), "");
  server = await startLocalServer(() => ({ status: 200, body: granted({ access_token: credentialProcess() }) }));
});
afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

const start = (script: string, env: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [join(action, script)], {
    env: {
      ...Object.fromEntries(files.map((name) => [name, join(dir, name)])),
      ACTIONS_ID_TOKEN_REQUEST_URL: server.oidc.url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: server.oidc.token,
      INPUT_URL: server.url,
      INPUT_TARGET: "aws-prod",
      ...env,
    },
  });
const file = async (name: string) => parseCommandFile(await readFile(join(dir, name), "utf8"));

test("action/dist is what action/src builds to", async () => {
  const build = promisify(execFile)(process.execPath, [join(action, "build.ts"), "--check"]);
  await expect(build).resolves.toMatchObject({ stderr: "" });
});

test("what action.yml runs exists and is small", async () => {
  const { runs } = load(await readFile(join(action, "action.yml"), "utf8")) as { runs: Record<string, string> };
  expect(runs).toEqual({ using: "node24", main: "dist/main.js", post: "dist/post.js", "post-if": "always()" });
  for (const script of ["dist/main.js", "dist/post.js", "dist/credential-process.js"]) {
    expect((await stat(join(action, script))).size).toBeLessThan(600_000);
    expect(await readFile(join(action, script), "utf8")).not.toMatch(/from "(?!node:)/);
  }
});

test("main as a process exports credentials and prints no secret outside add-mask", async () => {
  const { stdout, stderr } = await start("dist/main.js");
  expect(stderr).toBe("");
  expect(Object.fromEntries(await file("GITHUB_ENV"))).toEqual({
    AWS_ACCESS_KEY_ID: secrets.accessKeyId,
    AWS_SECRET_ACCESS_KEY: secrets.secretAccessKey,
    AWS_SESSION_TOKEN: secrets.sessionToken,
    AWS_REGION: "eu-west-1",
    AWS_DEFAULT_REGION: "eu-west-1",
  });
  expect((await file("GITHUB_OUTPUT")).get("grant")).toBe("01JD-GRANT");
  expect(stdout.replace(/^::add-mask::.*$/gm, "")).not.toMatch(/canary/i);
  expect(server.received.map(({ path }) => path)).toEqual([
    "/oidc?api-version=2.0&audience=" + encodeURIComponent(server.url),
    "/token",
  ]);
});

test("post as a process empties what main exported", async () => {
  await start("dist/main.js");
  const exported = (await file("GITHUB_STATE")).get("exported") ?? "";
  await start("dist/post.js", { STATE_exported: exported });
  expect([...(await file("GITHUB_ENV")).values()].join("")).toBe("");
});

test("outside of a runner it fails with a sentence, not a stack", async () => {
  const failed = start("dist/main.js", { GITHUB_ENV: "", GITHUB_OUTPUT: "", GITHUB_STATE: "" });
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining("GITHUB_STATE is not set.") as string,
    stderr: "",
  });
});

test("an assertion is in a file that only this user may read, until post deletes it", async () => {
  const issued = {
    access_token: "eyJ.canary.signature",
    issued_token_type: "urn:ietf:params:oauth:token-type:jwt",
    expires_in: 300,
    kind: "azure",
    issued: "assertion",
    azure_tenant_id: "t",
    azure_client_id: "c",
    azure_environment: "public",
    azure_authority_host: "https://login.microsoftonline.com",
    tokens_until: "2026-11-24T10:35:00Z",
  };
  const azure = await startLocalServer(() => ({ status: 200, body: issued }));
  try {
    const env = { INPUT_URL: azure.url, INPUT_TARGET: "azure-prod", RUNNER_TEMP: dir };
    const { stdout } = await start("dist/main.js", env);
    const path = (await file("GITHUB_ENV")).get("AZURE_FEDERATED_TOKEN_FILE") ?? "";
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).toBe(issued.access_token);
    expect(stdout.replace(/^::add-mask::.*$/gm, "")).not.toContain("canary");
    const state = await file("GITHUB_STATE");
    const states = { STATE_exported: state.get("exported") ?? "", STATE_files: state.get("files") ?? "" };
    await start("dist/post.js", { RUNNER_TEMP: dir, ...states });
    await expect(stat(path)).rejects.toThrow("ENOENT");
    expect([...(await file("GITHUB_ENV")).values()].join("")).toBe("");
  } finally {
    await azure.close();
  }
});
