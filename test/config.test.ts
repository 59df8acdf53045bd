import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type Config, readConfig } from "../src/config.ts";

const pem = (bits = 2048): string =>
  generateKeyPairSync("rsa", { modulusLength: bits }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const key = pem();
const sealing = Buffer.from("0123456789abcdef0123456789ABCDEF").toString("base64");
const good = {
  APP_ID: "12345",
  PRIVATE_KEY: key,
  WEBHOOK_SECRET: "a-secret-of-enough-length-42",
  PUBLIC_URL: "https://countersign.acme.example",
  ACCESS_REPOS: "acme/access#987654321",
  SEALING_KEY: sealing,
};
type Env = Record<string, string | undefined>;
const config = (env: Env = {}): Config => {
  const result = readConfig({ ...good, ...env });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
};
/** The variables with a problem. */
const problems = (env: Env): string[] => {
  const result = readConfig({ ...good, ...env });
  return result.ok ? [] : result.problems.map((p) => p.variable);
};

describe("the configuration", () => {
  it("needs six variables and has safe defaults for the rest", () => {
    expect(config()).toMatchObject({
      app: { id: 12_345 },
      github: {
        apiUrl: "https://api.github.com",
        webUrl: "https://github.com",
        oidcIssuer: "https://token.actions.githubusercontent.com",
      },
      logLevel: "info",
      host: "127.0.0.1",
      port: 3000,
      publicUrl: good.PUBLIC_URL,
      issuerUrl: good.PUBLIC_URL,
      accessRepos: [{ owner: "acme", name: "access", repositoryId: 987_654_321 }],
      database: { kind: "pglite" },
      dataDir: "./data",
      frozen: [],
      cloudEndpoints: {},
    });
    expect(config()).not.toHaveProperty("broker");
  });

  it("reports every problem at once, each with a cure", () => {
    const result = readConfig({
      PORT: "x",
      LOG_LEVEL: "loud",
      BROKER_APP_ID: "1",
      COUNTERSIGN_FROZEN: "al",
      DATABASE_URL: "mysql://x",
    });
    if (result.ok) throw new Error("accepted");
    expect(result.problems.map((p) => p.variable).sort()).toEqual([
      "ACCESS_REPOS",
      "APP_ID",
      "BROKER_PRIVATE_KEY",
      "COUNTERSIGN_FROZEN",
      "DATABASE_URL",
      "LOG_LEVEL",
      "PORT",
      "PRIVATE_KEY",
      "PUBLIC_URL",
      "SEALING_KEY",
      "WEBHOOK_SECRET",
    ]);
    for (const problem of result.problems) expect(problem.cure.length).toBeGreaterThan(10);
  });

  it("takes an empty variable as one that is not set", () => {
    expect(problems({ APP_ID: " ", PORT: "", GHE_HOST: "" })).toEqual(["APP_ID"]);
  });

  it.each([
    undefined,
    "",
    "development",
    "secret",
    "short",
    "your-webhook-secret-here",
    "developmentdevelopment",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
  ])("C01: refuses to boot with the webhook secret %j, as the old one too", (value) => {
    expect(problems({ WEBHOOK_SECRET: value })).toEqual(["WEBHOOK_SECRET"]);
    if (value) expect(problems({ WEBHOOK_SECRET_OLD: value })).toEqual(["WEBHOOK_SECRET_OLD"]);
  });

  it("C01: takes an old secret besides the new, but not the same", () => {
    const { webhookSecret } = config({ WEBHOOK_SECRET_OLD: "an-older-secret-of-length" });
    expect(webhookSecret.previous?.reveal()).toBe("an-older-secret-of-length");
    expect(problems({ WEBHOOK_SECRET_OLD: good.WEBHOOK_SECRET })).toEqual(["WEBHOOK_SECRET_OLD"]);
    expect(problems({ SEALING_KEY_OLD: sealing })).toEqual(["SEALING_KEY_OLD"]);
  });

  it("takes the private key as PEM, with escaped line breaks, in base64, or as a file", () => {
    const expected = config().app.privateKey.reveal();
    expect(expected).toContain("BEGIN PRIVATE KEY");
    for (const text of [key.replaceAll("\n", "\\n"), Buffer.from(key).toString("base64"), key.replaceAll("\n", "\r\n")])
      expect(config({ PRIVATE_KEY: text }).app.privateKey.reveal()).toBe(expected);
    const result = readConfig({ ...good, PRIVATE_KEY: undefined, PRIVATE_KEY_PATH: "/k.pem" }, (path) =>
      path === "/k.pem" ? key : "",
    );
    expect(result.ok && result.config.app.privateKey.reveal()).toBe(expected);
  });

  it("refuses a private key that is cut, of another kind, or in a file that cannot be read, without showing it", () => {
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" })
      .privateKey.export({ type: "pkcs8", format: "pem" })
      .toString();
    for (const text of [key.slice(0, 200), ec, "hello"])
      expect(problems({ PRIVATE_KEY: text })).toEqual(["PRIVATE_KEY"]);
    expect(problems({ PRIVATE_KEY: undefined, PRIVATE_KEY_PATH: "/does/not/exist" })).toEqual(["PRIVATE_KEY"]);
    expect(JSON.stringify(readConfig({ ...good, PRIVATE_KEY: key.slice(0, 200) }))).not.toContain(key.slice(40, 60));
  });

  it.each([
    "http://countersign.acme.example",
    "https://countersign.acme.example/",
    "https://countersign.acme.example/app",
    "https://countersign.acme.example?x",
    "https://u:p@countersign.acme.example",
    "https://Countersign.acme.example",
    "https://countersign.acme.example:443",
    "countersign.acme.example",
    "https://countersign.acme.example#",
  ])("refuses %s as PUBLIC_URL: jobs and clouds compare it byte for byte", (value) => {
    expect(problems({ PUBLIC_URL: value })).toEqual(["PUBLIC_URL"]);
  });

  it("lets http, and a port of the issuer, pass on loopback only", () => {
    expect(config({ PUBLIC_URL: "http://127.0.0.1:3000" }).issuerUrl).toBe("http://127.0.0.1:3000");
    expect(config({ PUBLIC_URL: "http://localhost:3000" }).publicUrl).toBe("http://localhost:3000");
    for (const host of ["127.0.0.1.evil.example", "0.0.0.0", "localhost.evil.example", "10.0.0.1"])
      expect(problems({ PUBLIC_URL: `http://${host}` })).toEqual(["PUBLIC_URL"]);
    expect(problems({ PUBLIC_URL: "https://countersign.acme.example:8443" })).toEqual(["ISSUER_URL"]);
    expect(problems({ ISSUER_URL: "https://issuer.acme.example:8443" })).toEqual(["ISSUER_URL"]);
    expect(config({ ISSUER_URL: "https://issuer.acme.example/a" }).issuerUrl).toBe("https://issuer.acme.example/a");
  });

  it("C34: takes GitHub's addresses and issuer from one host, never from a token", () => {
    expect(config({ GHE_HOST: "acme.ghe.com" }).github).toEqual({
      apiUrl: "https://api.acme.ghe.com",
      webUrl: "https://acme.ghe.com",
      oidcIssuer: "https://token.actions.acme.ghe.com",
    });
    expect(config({ GHE_HOST: "github.acme.example" }).github).toEqual({
      apiUrl: "https://github.acme.example/api/v3",
      webUrl: "https://github.acme.example",
      oidcIssuer: "https://github.acme.example/_services/token",
    });
    expect(config({ GHE_HOST: "127.0.0.1:4000", GHE_PROTOCOL: "http" }).github.apiUrl).toBe(
      "http://127.0.0.1:4000/api/v3",
    );
    const slug = "https://token.actions.githubusercontent.com/acme";
    expect(config({ GITHUB_OIDC_ISSUER: slug }).github.oidcIssuer).toBe(slug);
    expect(problems({ GHE_HOST: "github.acme.example", GHE_PROTOCOL: "http" })).toEqual(["GHE_HOST"]);
    for (const GHE_HOST of ["https://github.acme.example", "github.acme.example/x", "acme", "a@b.example"])
      expect(problems({ GHE_HOST })).toEqual(["GHE_HOST"]);
    for (const GITHUB_OIDC_ISSUER of ["http://issuer.example", `${slug}?x`, `${slug}/`, `${slug}#x`])
      expect(problems({ GITHUB_OIDC_ISSUER })).toEqual(["GITHUB_OIDC_ISSUER"]);
  });

  it("C48: enrols repositories by id, each once", () => {
    expect(config({ ACCESS_REPOS: "acme/access#1, acme/other.repo#2\nbeta/access#3" }).accessRepos).toHaveLength(3);
    for (const ACCESS_REPOS of [
      "acme/access",
      "acme/access#x",
      "acme/access#0",
      "#1",
      "a/b#1,a/c#1",
      "a/b#1,A/B#2",
      ",",
      "a/b#99999999999999999",
    ])
      expect(problems({ ACCESS_REPOS })).toEqual(["ACCESS_REPOS"]);
  });

  it("needs both halves of a broker that is another App", () => {
    const BROKER_PRIVATE_KEY = key;
    expect(config({ BROKER_APP_ID: "7", BROKER_PRIVATE_KEY }).broker?.id).toBe(7);
    expect(problems({ BROKER_APP_ID: "7" })).toEqual(["BROKER_PRIVATE_KEY"]);
    expect(problems({ BROKER_PRIVATE_KEY })).toEqual(["BROKER_APP_ID"]);
    expect(problems({ BROKER_APP_ID: good.APP_ID, BROKER_PRIVATE_KEY })).toEqual(["BROKER_APP_ID"]);
  });

  it("takes a sealing key of 32 random bytes in base64, base64url or hex", () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => 255 - i * 3);
    for (const encoding of ["base64", "base64url", "hex"] as const)
      expect(config({ SEALING_KEY: Buffer.from(bytes).toString(encoding) }).sealingKey.current.reveal()).toEqual(bytes);
    for (const SEALING_KEY of ["x", "0".repeat(64), Buffer.alloc(31, "ab12").toString("base64"), `${sealing}AA`])
      expect(problems({ SEALING_KEY })).toEqual(["SEALING_KEY"]);
  });

  it("C59: refuses to boot with a freeze that it cannot read", () => {
    expect(config({ COUNTERSIGN_FROZEN: "all" }).frozen).toEqual([{ kind: "all" }]);
    expect(config({ COUNTERSIGN_FROZEN: "target:aws-prod, requester:@mallory,approver:bob" }).frozen).toEqual([
      { kind: "target", target: "aws-prod" },
      { kind: "requester", login: "mallory" },
      { kind: "approver", login: "bob" },
    ]);
    expect(config({ TRUSTED_PROXIES: "10.0.0.0/8, ::1" }).trustedProxies).toEqual(["10.0.0.0/8", "::1"]);
    // Everybody: then anybody could write the address that he is counted by.
    for (const TRUSTED_PROXIES of ["proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0", "*"])
      expect(problems({ TRUSTED_PROXIES })).toEqual(["TRUSTED_PROXIES"]);
    for (const COUNTERSIGN_FROZEN of ["ALL", "true", "all,", "target:", "target:AWS", "team:x", "all target:x"])
      expect(problems({ COUNTERSIGN_FROZEN })).toEqual(["COUNTERSIGN_FROZEN"]);
  });

  it("lets clouds be replaced on this machine only", () => {
    expect(config({ CLOUD_ENDPOINT_AWS: "http://127.0.0.1:4566" }).cloudEndpoints).toEqual({
      aws: "http://127.0.0.1:4566",
    });
    for (const CLOUD_ENDPOINT_AWS of ["https://sts.evil.example", "http://10.0.0.1"])
      expect(problems({ CLOUD_ENDPOINT_AWS })).toEqual(["CLOUD_ENDPOINT_AWS"]);
  });

  it("never shows a secret when it is printed, copied or turned into JSON", () => {
    const made = config({ DATABASE_URL: "postgres://u:hunter2@db/x", WEBHOOK_SECRET_OLD: "an-older-secret-of-length" });
    const copy = { ...made, app: { ...made.app } };
    for (const text of [
      inspect(copy, { depth: 9, showHidden: true }),
      JSON.stringify(copy),
      String(made.sealingKey.current),
      String(made.webhookSecret.current),
    ])
      expect(text).not.toMatch(/hunter2|BEGIN|a-secret-of|an-older|0123456789|48, 49/);
    expect(JSON.stringify(made)).toContain("[secret]");
  });
});
