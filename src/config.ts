import { readFileSync } from "node:fs";
import type { FreezeEntry } from "./access-repo/types.ts";
import { cures, logLevels } from "./config-help.ts";
import {
  type EnrolledRepo,
  enrolledRepos,
  freezeEntries,
  gitHubOf,
  postgresUrl,
  proxyRanges,
} from "./config-readers.ts";
import {
  key32,
  oneOf,
  port,
  positiveInteger,
  rsaPrivateKey,
  Secret,
  Unusable,
  url,
  webhookSecret,
} from "./config-values.ts";

export type { EnrolledRepo } from "./config-readers.ts";

export interface AppCredentials {
  readonly id: number;
  /** PKCS#8 PEM. */
  readonly privateKey: Secret;
}
/** The second of a pair is accepted besides the first, while it is rotated out. */
export interface Rotating<T> {
  readonly current: Secret<T>;
  readonly previous?: Secret<T>;
}

/** Everything that the environment decides. What is secret is a `Secret`: no print of a Config shows it. */
export interface Config {
  readonly app: AppCredentials;
  /** The second App, which mints tokens of `github` targets (DESIGN.md section 4, Least power over GitHub). */
  readonly broker?: AppCredentials;
  readonly webhookSecret: Rotating<string>;
  readonly github: { readonly apiUrl: string; readonly webUrl: string; readonly oidcIssuer: string };
  readonly logLevel: (typeof logLevels)[number];
  /** Bind address and port; 0 is a free one. */
  readonly host: string;
  readonly port: number;
  /** Proxies whose X-Forwarded-For says who sent a request. */
  readonly trustedProxies: readonly string[];
  readonly publicUrl: string;
  readonly issuerUrl: string;
  readonly accessRepos: readonly EnrolledRepo[];
  /** For `openStore`; the URL holds a password. */
  readonly database: { readonly kind: "postgres"; readonly url: Secret } | { readonly kind: "pglite" };
  readonly dataDir: string;
  readonly sealingKey: Rotating<Uint8Array>;
  /** COUNTERSIGN_FROZEN: in force at once, besides what the access repos say. */
  readonly frozen: readonly FreezeEntry[];
  /** Loopback only: how the sandbox stands in for the clouds without a branch in the program. */
  readonly cloudEndpoints: { readonly aws?: string; readonly gcp?: string; readonly azure?: string };
}

export interface ConfigProblem {
  readonly variable: string;
  readonly problem: string;
  /** How to get a good value. */
  readonly cure: string;
}
export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/**
 * Reads the configuration and reports every problem at once. Reads nothing but what it is given (no .env file: a file in the
 * working directory must not configure who may mint credentials), and the file that PRIVATE_KEY_PATH names.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): ConfigResult {
  const problems: ConfigProblem[] = [];
  const report = (variable: string, problem: string): void =>
    void problems.push({
      variable,
      problem,
      cure: cures[variable] ?? "A URL on this machine, for the sandbox; else unset it.",
    });
  /** The text of a variable; empty or blank is absent, since that is what compose files and CI make of "not set". */
  const text = (variable: string): string | undefined => env[variable]?.trim() || undefined;
  /** The read value; undefined where absent or unusable, which is then reported. */
  const optional = <T>(variable: string, read: (text: string) => T, from = text(variable)): T | undefined => {
    if (from === undefined) return undefined;
    try {
      return read(from);
    } catch (error) {
      report(variable, error instanceof Unusable ? error.message : "cannot be read");
      return undefined;
    }
  };
  const required = <T>(variable: string, read: (text: string) => T, from = text(variable)): T | undefined => {
    if (from === undefined) report(variable, "is not set");
    return optional(variable, read, from);
  };
  const rotating = <T>(variable: string, read: (text: string) => T, same: (a: T, b: T) => boolean) => {
    const current = required(variable, read);
    const previous = optional(`${variable}_OLD`, read);
    if (current !== undefined && previous !== undefined && same(current, previous))
      report(`${variable}_OLD`, `is the same as ${variable}`);
    return current === undefined
      ? undefined
      : { current: new Secret(current), ...(previous !== undefined && { previous: new Secret(previous) }) };
  };

  const appId = required("APP_ID", positiveInteger);
  const keyPath = text("PRIVATE_KEY") ? undefined : text("PRIVATE_KEY_PATH");
  const keyText = keyPath ? optional("PRIVATE_KEY", readFile, keyPath) : text("PRIVATE_KEY");
  const privateKey = keyPath && keyText === undefined ? undefined : required("PRIVATE_KEY", rsaPrivateKey, keyText);
  const brokerId = optional("BROKER_APP_ID", positiveInteger);
  const brokerKey = optional("BROKER_PRIVATE_KEY", rsaPrivateKey);
  for (const [one, other] of [
    ["BROKER_APP_ID", "BROKER_PRIVATE_KEY"],
    ["BROKER_PRIVATE_KEY", "BROKER_APP_ID"],
  ] as const)
    if (text(one) && !text(other)) report(other, `is not set, but ${one} is`);
  // A token of our own App could forge our checks, our ledger and our merges.
  if (brokerId !== undefined && brokerId === appId) report("BROKER_APP_ID", "must be another App than APP_ID");

  const protocol = optional("GHE_PROTOCOL", (t) => oneOf(t, ["https", "http"])) ?? "https";
  const host = optional("GHE_HOST", (t) => gitHubOf(t, protocol), text("GHE_HOST") ?? "github.com");
  const oidcIssuer = optional("GITHUB_OIDC_ISSUER", (t) => url(t, { path: true, port: true })) ?? host?.oidcIssuer;

  const publicUrl = required("PUBLIC_URL", (t) => url(t, { path: false, port: true }));
  const issuerUrl = optional("ISSUER_URL", (t) => url(t, { path: true, port: false }), text("ISSUER_URL") ?? publicUrl);
  const webhook = rotating("WEBHOOK_SECRET", webhookSecret, (a, b) => a === b);
  const sealing = rotating("SEALING_KEY", key32, (a, b) => Buffer.compare(a, b) === 0);
  const accessRepos = required("ACCESS_REPOS", enrolledRepos);
  const logLevel = optional("LOG_LEVEL", (t) => oneOf(t, logLevels)) ?? "info";
  const listenPort = optional("PORT", port) ?? 3000;
  const trustedProxies = optional("TRUSTED_PROXIES", proxyRanges) ?? [];
  const databaseUrl = optional("DATABASE_URL", postgresUrl);
  const frozen = optional("COUNTERSIGN_FROZEN", freezeEntries) ?? [];
  const endpoint = (cloud: string) =>
    optional(`CLOUD_ENDPOINT_${cloud}`, (t) => url(t, { path: true, port: true, loopbackOnly: true }));
  const [aws, gcp, azure] = [endpoint("AWS"), endpoint("GCP"), endpoint("AZURE")];

  if (problems.length > 0 || appId === undefined || !privateKey || !webhook || !host || !oidcIssuer || !publicUrl)
    return { ok: false, problems };
  if (!issuerUrl || !sealing || !accessRepos) return { ok: false, problems };
  const config: Config = {
    app: { id: appId, privateKey: new Secret(privateKey) },
    ...(brokerId !== undefined && brokerKey && { broker: { id: brokerId, privateKey: new Secret(brokerKey) } }),
    webhookSecret: webhook,
    github: { apiUrl: host.apiUrl, webUrl: host.webUrl, oidcIssuer },
    logLevel,
    // We speak plain HTTP and leave TLS to a proxy: on every address, tokens would pass in the clear to whoever listens.
    // The container image, whose network is its own, sets HOST=0.0.0.0.
    host: text("HOST") ?? "127.0.0.1",
    port: listenPort,
    trustedProxies,
    publicUrl,
    issuerUrl,
    accessRepos,
    database: databaseUrl ? { kind: "postgres", url: new Secret(databaseUrl) } : { kind: "pglite" },
    dataDir: text("DATA_DIR") ?? "./data",
    sealingKey: sealing,
    frozen,
    cloudEndpoints: { ...(aws && { aws }), ...(gcp && { gcp }), ...(azure && { azure }) },
  };
  return { ok: true, config };
}
