import { describe, expect, test } from "vitest";
import { kinds } from "../../action/src/kinds.ts";
import { cleanUp, run } from "../../action/src/run.ts";
import { parseCommandFile } from "../sandbox/runner/command-files.ts";
import { fakeMachine, json } from "./fake-machine.ts";

const secret = "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOjF9.canary-signature";
const names = { grant: "01JD-GRANT", request: "requests/azure-prod/a.yml", correlation_id: "c0ffee" };
const ids = {
  kind: "azure",
  azure_tenant_id: "11111111-1111-1111-1111-11111111111a",
  azure_client_id: "22222222-2222-2222-2222-22222222222b",
  azure_subscription_id: "33333333-3333-3333-3333-33333333333c",
  azure_environment: "public",
  ...names,
};
const token = (changes: object = {}) => ({
  access_token: secret,
  issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
  token_type: "Bearer",
  expires_in: 4500,
  issued: "token",
  azure_resource: "https://management.azure.com",
  ...ids,
  ...changes,
});
const assertion = (changes: object = {}) => ({
  access_token: secret,
  issued_token_type: "urn:ietf:params:oauth:token-type:jwt",
  token_type: "N_A",
  expires_in: 300,
  issued: "assertion",
  azure_authority_host: "https://login.microsoftonline.com",
  tokens_until: "2026-11-24T10:35:00Z",
  graph_tokens_until: "2026-11-25T09:05:00Z",
  ...ids,
  ...changes,
});
const oidc = (changes: object = {}) => ({
  access_token: secret,
  issued_token_type: "urn:ietf:params:oauth:token-type:jwt",
  token_type: "N_A",
  expires_in: 1800,
  oidc_audience: "https://vault.acme.example",
  kind: "oidc",
  ...names,
  ...changes,
});
const file = "/tmp/runner/countersign-0000.jwt";
const machineFor = (body: object, env: Record<string, string | undefined> = {}) =>
  fakeMachine([json(200, body)], { env: { INPUT_TARGET: "azure-prod", RUNNER_TEMP: "/tmp/runner", ...env } });
const env = (text: (to: string) => string) => Object.fromEntries(parseCommandFile(text("GITHUB_ENV")));
const outputs = (text: (to: string) => string) => Object.fromEntries(parseCommandFile(text("GITHUB_OUTPUT")));

describe("an azure token", () => {
  test("is one variable and outputs, and no half of a login that an SDK would try", async () => {
    const { machine, text, kept } = machineFor(token());
    expect(await run(machine)).toBe(0);
    expect(env(text)).toEqual({ AZURE_ACCESS_TOKEN: secret });
    expect(outputs(text)).toEqual({
      "azure-access-token": secret,
      "azure-resource": "https://management.azure.com",
      "azure-expiration": "2026-11-24T10:15:00Z",
      "azure-tenant-id": ids.azure_tenant_id,
      "azure-client-id": ids.azure_client_id,
      "azure-subscription-id": ids.azure_subscription_id,
      grant: "01JD-GRANT",
      request: "requests/azure-prod/a.yml",
      "correlation-id": "c0ffee",
    });
    expect(kept.size).toBe(0);
    expect(text("GITHUB_STEP_SUMMARY")).toContain("| Token ends | `2026-11-24T10:15:00Z` |");
  });

  test("asks for the resource of its input", async () => {
    const { machine, exchanges } = machineFor(token(), { INPUT_RESOURCE: "https://vault.azure.net" });
    await run(machine);
    expect(new URLSearchParams(exchanges[0]?.init.body as string).get("resource")).toBe("https://vault.azure.net");
  });

  test.each(["http://x", "management.azure.com", "https://a b"])(
    "does not ask for the resource %s",
    async (resource) => {
      const { machine, text, tokens } = machineFor(token(), { INPUT_RESOURCE: resource });
      expect(await run(machine)).toBe(1);
      expect(text("out")).toContain("`resource` is no resource of Azure");
      expect(tokens).toEqual([]);
    },
  );
});

describe("an azure assertion", () => {
  test("is a private file and the variables that SDKs and Terraform read", async () => {
    const { machine, text, kept } = machineFor(assertion());
    expect(await run(machine)).toBe(0);
    expect(kept).toEqual(new Map([[file, secret]]));
    expect(env(text)).toEqual({
      AZURE_CLIENT_ID: ids.azure_client_id,
      AZURE_TENANT_ID: ids.azure_tenant_id,
      AZURE_FEDERATED_TOKEN_FILE: file,
      AZURE_AUTHORITY_HOST: "https://login.microsoftonline.com",
      ARM_USE_OIDC: "true",
      ARM_CLIENT_ID: ids.azure_client_id,
      ARM_TENANT_ID: ids.azure_tenant_id,
      ARM_SUBSCRIPTION_ID: ids.azure_subscription_id,
      ARM_OIDC_TOKEN_FILE_PATH: file,
      ARM_ENVIRONMENT: "public",
    });
    expect(outputs(text)).toMatchObject({
      "azure-federated-token-file": file,
      "azure-expiration": "2026-11-24T09:05:00Z",
      "azure-tokens-until": "2026-11-24T10:35:00Z",
    });
    // In the file alone: not in a variable, an output, the summary or the log.
    for (const to of ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"])
      expect(text(to)).not.toContain("canary");
    expect(text("out")).toContain("Tokens that it is traded for may live until 2026-11-24T10:35:00Z.");
  });

  test("names no subscription where the target has none", async () => {
    const { machine, text } = machineFor(assertion({ azure_subscription_id: undefined }));
    expect(await run(machine)).toBe(0);
    expect(env(text)).not.toHaveProperty("ARM_SUBSCRIPTION_ID");
  });

  test("clears a token of an earlier step, and warns of secrets that tools take first", async () => {
    const { machine, text } = machineFor(assertion(), {
      ARM_OIDC_TOKEN: "old",
      AZURE_CLIENT_SECRET: "canary-of-others",
    });
    await run(machine);
    expect(env(text)).toMatchObject({ ARM_OIDC_TOKEN: "" });
    expect(env(text)).not.toHaveProperty("AZURE_CLIENT_SECRET");
    expect(text("out")).toContain("AZURE_CLIENT_SECRET is set");
    expect(text("out")).not.toContain("canary-of-others");
  });

  test("without a temporary folder fails, and writes nothing anywhere", async () => {
    const { machine, text, kept } = machineFor(assertion(), { RUNNER_TEMP: undefined });
    expect(await run(machine)).toBe(1);
    expect([kept.size, text("GITHUB_ENV"), text("GITHUB_STATE")]).toEqual([0, "", ""]);
    expect(text("out")).toContain("RUNNER_TEMP is not set");
  });

  test("never writes into a file that is there", async () => {
    const { machine, text, kept } = machineFor(assertion());
    kept.set(file, "a link that somebody else made");
    expect(await run(machine)).toBe(1);
    expect(text("GITHUB_ENV")).toBe("");
    expect(kept.get(file)).toBe("a link that somebody else made");
  });
});

describe("an oidc token", () => {
  test("is a masked output, no variable and no file", async () => {
    const { machine, text, kept } = machineFor(oidc());
    expect(await run(machine)).toBe(0);
    expect(text("GITHUB_ENV")).toBe("");
    expect(kept.size).toBe(0);
    expect(outputs(text)).toMatchObject({
      token: secret,
      "token-expiration": "2026-11-24T09:30:00Z",
      "token-file": "",
    });
  });

  test("is a file as well where that was asked for", async () => {
    const { machine, text, kept } = machineFor(oidc(), { "INPUT_TOKEN-FILE": "true" });
    expect(await run(machine)).toBe(0);
    expect(kept).toEqual(new Map([[file, secret]]));
    expect(outputs(text)["token-file"]).toBe(file);
  });

  test("an input that is neither true nor false fails before any call", async () => {
    const { machine, text, tokens } = machineFor(oidc(), { "INPUT_TOKEN-FILE": "/home/canary" });
    expect(await run(machine)).toBe(1);
    expect(text("out")).toContain("`token-file` is neither true nor false");
    expect(text("out")).not.toContain("canary");
    expect(tokens).toEqual([]);
  });
});

describe("every kind", () => {
  const all = [
    ["token", token()],
    ["assertion", assertion()],
    ["oidc", oidc()],
  ] as const;

  test.each(all)("%s: masked before anything of it is written", async (_, body) => {
    const { machine, written } = machineFor(body, { "INPUT_TOKEN-FILE": "true" });
    await run(machine);
    const masked = written.findIndex(({ to, text }) => to === "out" && text === `::add-mask::${secret}\n`);
    const first = written.findIndex(({ text }) => text.includes("canary") && !text.startsWith("::add-mask::"));
    expect(masked).toBeGreaterThanOrEqual(0);
    expect(first).toBeGreaterThan(masked);
    for (const { text } of written.filter(({ to, text }) => to === "out" && !text.startsWith("::add-mask::")))
      expect(text).not.toContain("canary");
  });

  test.each(all)("%s: the post step leaves nothing of it", async (_, body) => {
    const main = machineFor(body, { "INPUT_TOKEN-FILE": "true", ARM_OIDC_TOKEN: "old" });
    await run(main.machine);
    const state = parseCommandFile(main.text("GITHUB_STATE"));
    const post = fakeMachine([], {
      env: { RUNNER_TEMP: "/tmp/runner", STATE_exported: state.get("exported"), STATE_files: state.get("files") },
    });
    for (const [path, text] of main.kept) post.kept.set(path, text);
    expect(await cleanUp(post.machine)).toBe(0);
    expect(post.kept.size).toBe(0);
    const emptied = parseCommandFile(post.text("GITHUB_ENV"));
    expect([...emptied.keys()]).toEqual([...parseCommandFile(main.text("GITHUB_ENV")).keys()]);
    expect([...emptied.values()].join("")).toBe("");
  });

  test("the post step deletes and empties what is ours, whatever its state says", async () => {
    const files = [
      "/etc/passwd",
      "/tmp/runner/../x/countersign-1.jwt",
      "/tmp/runner/other.jwt",
      "countersign-1.jwt",
      7,
    ];
    const post = fakeMachine([], {
      env: {
        RUNNER_TEMP: "/tmp/runner",
        STATE_exported: "PATH NODE_OPTIONS AWS_PROFILE ARM_CLIENT_ID",
        STATE_files: JSON.stringify([...files, file]),
      },
    });
    for (const path of [...files.map(String), file]) post.kept.set(path, "x");
    expect(await cleanUp(post.machine)).toBe(0);
    expect([...post.kept.keys()]).toEqual(files.map(String));
    expect([...parseCommandFile(post.text("GITHUB_ENV")).keys()]).toEqual(["ARM_CLIENT_ID"]);
    for (const odd of ["{", "null", '{"a":1}', "7"]) {
      expect(await cleanUp(fakeMachine([], { env: { RUNNER_TEMP: "/tmp/runner", STATE_files: odd } }).machine)).toBe(0);
    }
  });

  test("what is exported is owned, so that post may empty it", async () => {
    for (const [, body] of all) {
      const { machine, text } = machineFor(body, { ARM_OIDC_TOKEN: "old" });
      await run(machine);
      const owned = kinds.get(body.kind)?.owned;
      for (const name of parseCommandFile(text("GITHUB_ENV")).keys()) expect(owned).toContain(name);
    }
  });

  test.each([
    ["an unknown kind", token({ kind: "moon" })],
    ["no kind", token({ kind: undefined })],
    ["an inherited name as kind", token({ kind: "constructor" })],
    ["a token that says it is an assertion", token({ issued: "assertion" })],
    ["an assertion that says it is a token", assertion({ issued: "token" })],
    ["aws where it is azure", token({ kind: "aws" })],
    ["a token of two lines", token({ access_token: "canary\nEVIL=1" })],
    ["no token", token({ access_token: undefined })],
    ["no resource", token({ azure_resource: undefined })],
    ["a tenant with a line end", token({ azure_tenant_id: "x\ny" })],
    ["no expiry", token({ expires_in: "soon" })],
    ["an expiry beyond all time", token({ expires_in: 1e20 })],
    ["an authority over http", assertion({ azure_authority_host: "http://login.microsoftonline.com" })],
    [
      "an authority with a path",
      assertion({ azure_authority_host: "https://evil.example/?login.microsoftonline.com" }),
    ],
    ["no tail", assertion({ tokens_until: undefined })],
    ["no audience", oidc({ oidc_audience: undefined })],
    ["another token type", oidc({ issued_token_type: "urn:x" })],
  ])("with %s fails, exports nothing, writes no file, shows nothing and is not repeated", async (_, body) => {
    const { machine, text, kept, exchanges } = machineFor(body, { "INPUT_TOKEN-FILE": "true" });
    expect(await run(machine)).toBe(1);
    expect(exchanges).toHaveLength(1);
    expect([text("GITHUB_ENV"), kept.size]).toEqual(["", 0]);
    expect(text("out").replace(/^::add-mask::.*$/gm, "")).not.toMatch(/canary/);
    expect(text("out")).toContain("(invalid_answer)");
  });
});
