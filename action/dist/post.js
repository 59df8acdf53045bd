// Built from action/src by `npm run build:action`. Do not edit.

// src/machine.ts
import { randomUUID } from "node:crypto";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
function thisMachine() {
  const { HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy } = process.env;
  if (HTTPS_PROXY || https_proxy || HTTP_PROXY || http_proxy) http.setGlobalProxyFromEnv?.(process.env);
  return {
    env: process.env,
    fetch,
    print: (text) => void process.stdout.write(text),
    appendFile: (path, text) => appendFileSync(path, text, "utf8"),
    // Exclusive: never through a link that somebody else on the machine has put there.
    writePrivateFile: (path, text) => writeFileSync(path, text, { encoding: "utf8", mode: 384, flag: "wx" }),
    removeFile: (path) => rmSync(path, { force: true }),
    elapsed: () => performance.now(),
    wallClock: () => /* @__PURE__ */ new Date(),
    sleep: (milliseconds) => sleep(milliseconds),
    random: Math.random,
    node: process.execPath,
    script: (name) => join(import.meta.dirname, name),
    uuid: randomUUID
  };
}

// ../src/base/text.ts
var invisible = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;
function oneLine(text, max = 500) {
  const line = text.replace(invisible, " ").replace(/ {2,}/g, " ").trim();
  const points = [...line];
  return points.length <= max ? line : `${points.slice(0, max - 1).join("")}…`;
}

// src/failure.ts
var Failure = class extends Error {
  code;
  details;
  constructor(code, message, details = {}) {
    super(message);
    this.name = "Failure";
    this.code = code;
    this.details = details;
  }
};
function explain({ code, message, details }) {
  return [
    `${message} (${code})`,
    details.pullRequest && `Pull request: ${details.pullRequest}`,
    details.awaited && `Awaited: ${details.awaited}`,
    details.cure && `What to do: ${details.cure}`,
    details.errorUri && `More: ${details.errorUri}`,
    details.correlationId && `Correlation id: ${details.correlationId}`
  ].filter((line) => line !== void 0 && line !== "");
}

// src/handover.ts
import { join as join2 } from "node:path";
var strange = (what, cure = "Check that the Action and the server are of matching versions.") => new Failure("invalid_answer", `The server's answer is not understood: ${what}.`, { cure });
function word(from, name) {
  const value = from?.[name];
  if (typeof value !== "string" || !/^[!-~]+$/.test(value)) throw strange(`its ${name} is missing or malformed`);
  return value;
}
var optionalWord = (from, name) => from?.[name] === void 0 ? void 0 : word(from, name);
function expiration({ body }, machine) {
  const seconds = body?.["expires_in"];
  if (typeof seconds !== "number" || !Number.isSafeInteger(seconds) || seconds < 0 || seconds > 1e8)
    throw strange("its expires_in is missing or malformed");
  return `${new Date(machine.wallClock().getTime() + seconds * 1e3).toISOString().slice(0, 19)}Z`;
}
function temporaryFile(machine, ending = "jwt") {
  const folder = machine.env["RUNNER_TEMP"];
  if (!folder)
    throw new Failure("no_temporary_folder", "RUNNER_TEMP is not set.", { cure: "Run this as a step of a job." });
  return join2(folder, `countersign-${machine.uuid()}.${ending}`);
}
var isTemporaryFile = (machine, path) => {
  const folder = machine.env["RUNNER_TEMP"];
  const name = /countersign-[\w-]{1,64}\.(?:jwt|json|ini)$/.exec(path)?.[0];
  return !!folder && name !== void 0 && path === join2(folder, name);
};
var alsoSet = (machine, names) => names.filter((name) => machine.env[name]);

// src/http.ts
var certificateError = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;
async function call(machine, url, init, timeoutMs2) {
  const host = new URL(url).host;
  try {
    const response = await machine.fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(timeoutMs2) });
    return { status: response.status, headers: response.headers, body: parseObject(await response.text()) };
  } catch (cause) {
    const why = reason(cause);
    if (certificateError.test(why)) {
      throw new Failure("untrusted_certificate", `The certificate of ${host} is not trusted: ${why}.`, {
        cure: "Check the address. For a private authority set NODE_EXTRA_CA_CERTS on the runner."
      });
    }
    throw new Failure("connection_failed", `No answer from ${host}: ${why}.`, {
      cure: "Check the address, and that this runner may reach it.",
      retry: { afterSeconds: void 0 }
    });
  }
}
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : void 0;
  } catch {
    return void 0;
  }
}
function reason(error) {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === "TimeoutError") return "it took too long";
    if ("code" in at && typeof at.code === "string") return at.code;
    if (!(at.cause instanceof Error)) return at.message;
  }
  return "unknown reason";
}

// src/aws-config.ts
function awsConfig(machine, inputs, region) {
  const { url, target, role, request, audience } = inputs;
  const settings = temporaryFile(machine, "json");
  const command = [machine.node, machine.script("credential-process.js"), settings];
  if (command.some((part) => /["$`\p{Cc}]/u.test(part)))
    throw new Failure(
      "no_temporary_folder",
      "RUNNER_TEMP or the runner's folder has a name that no command line can hold.",
      {
        cure: "Leave `credentials-file` out, or move the runner to a folder without quotes and dollar signs."
      }
    );
  return [
    { path: settings, text: `${JSON.stringify({ url, target, role, request, audience })}
` },
    {
      path: temporaryFile(machine, "ini"),
      text: `[default]
region = ${region}
credential_process = ${command.map((part) => `"${part}"`).join(" ")}
`
    }
  ];
}

// src/aws-credentials.ts
var tokenType = "urn:countersign:params:oauth:token-type:aws-credentials";
var stale = ["AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION"];
var profiles = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
var keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
var regions = ["AWS_REGION", "AWS_DEFAULT_REGION"];
var configured = ["AWS_CONFIG_FILE", "AWS_SDK_LOAD_CONFIG"];
var aws = {
  owned: [...keys, ...regions, ...configured, ...stale],
  read({ body }, { machine, runner, inputs }) {
    const process2 = parse(body?.["access_token"]);
    for (const name of ["SecretAccessKey", "SessionToken", "AccessKeyId"]) {
      const value = process2[name];
      if (typeof value === "string") runner.mask(value);
    }
    if (body?.["issued_token_type"] !== tokenType) throw strange("it holds no AWS credentials");
    const id = word(process2, "AccessKeyId");
    const secret = word(process2, "SecretAccessKey");
    const session = word(process2, "SessionToken");
    const ends = word(process2, "Expiration");
    const region = word(body, "aws_region");
    const account = optionalWord(body, "aws_account_id");
    const files = inputs.credentialsFile ? awsConfig(machine, inputs, region) : [];
    const config = files[1]?.path;
    const cleared = alsoSet(machine, config === void 0 ? stale : [...keys, ...stale]);
    const values = [
      ...config === void 0 ? keys.map((name, i) => [name, [id, secret, session][i] ?? ""]) : [],
      ...regions.map((name) => [name, region]),
      ...config === void 0 ? [] : [
        ["AWS_CONFIG_FILE", config],
        ["AWS_SDK_LOAD_CONFIG", "1"]
      ]
    ];
    return {
      variables: new Map([...values, ...cleared.map((name) => [name, ""])]),
      files,
      outputs: /* @__PURE__ */ new Map([
        ["aws-access-key-id", id],
        ["aws-secret-access-key", secret],
        ["aws-session-token", session],
        ["aws-expiration", ends],
        ["aws-region", region],
        ["aws-account-id", account ?? ""],
        ["aws-config-file", config ?? ""]
      ]),
      said: [
        ...cleared.length > 0 ? [`Cleared ${cleared.join(", ")}: of an earlier step, not of these credentials.`] : [],
        config === void 0 ? `Credentials for ${inputs.target} are in the environment until ${ends}.` : `Tools of AWS get credentials for ${inputs.target} by AWS_CONFIG_FILE, new ones whenever they need some, while the grant lasts.`
      ],
      warnings: alsoSet(machine, profiles).map(
        (name) => `${name} is set; some tools will use that profile and not these credentials. Unset it in this job.`
      ),
      rows: [
        ["Account", account],
        ["Region", region],
        ["Session ends", ends]
      ]
    };
  }
};
function parse(token2) {
  try {
    const value = JSON.parse(String(token2));
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
  }
  throw strange("its access_token is no credential_process document");
}

// src/azure-credentials.ts
var stale2 = ["ARM_OIDC_TOKEN"];
var before = [
  "AZURE_CLIENT_SECRET",
  "AZURE_CLIENT_CERTIFICATE_PATH",
  "ARM_CLIENT_SECRET",
  "ARM_CLIENT_CERTIFICATE",
  "ARM_CLIENT_CERTIFICATE_PATH"
];
var azure = {
  owned: [
    "AZURE_ACCESS_TOKEN",
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "ARM_USE_OIDC",
    "ARM_CLIENT_ID",
    "ARM_TENANT_ID",
    "ARM_SUBSCRIPTION_ID",
    "ARM_OIDC_TOKEN_FILE_PATH",
    "ARM_ENVIRONMENT",
    ...stale2
  ],
  read(answer, { machine, inputs }) {
    const { body } = answer;
    const kind = `${String(body?.["issued"])} ${String(body?.["issued_token_type"])}`;
    if (kind === "token urn:ietf:params:oauth:token-type:access_token") return token(answer, machine, inputs.target);
    if (kind === "assertion urn:ietf:params:oauth:token-type:jwt") return assertion(answer, machine, inputs.target);
    throw strange("it holds neither a token nor an assertion of Azure");
  }
};
var idsOf = (body) => ({
  tenant: word(body, "azure_tenant_id"),
  client: word(body, "azure_client_id"),
  subscription: optionalWord(body, "azure_subscription_id")
});
var idOutputs = ({ tenant, client, subscription }) => [
  ["azure-tenant-id", tenant],
  ["azure-client-id", client],
  ["azure-subscription-id", subscription ?? ""]
];
function token(answer, machine, target) {
  const { body } = answer;
  const value = word(body, "access_token");
  const ends = expiration(answer, machine);
  const resource = word(body, "azure_resource");
  const ids = idsOf(body);
  return {
    variables: /* @__PURE__ */ new Map([["AZURE_ACCESS_TOKEN", value]]),
    files: [],
    outputs: new Map([
      ["azure-access-token", value],
      ["azure-resource", resource],
      ["azure-expiration", ends],
      ...idOutputs(ids)
    ]),
    said: [`A token of ${target} for ${resource} is in AZURE_ACCESS_TOKEN until ${ends}.`],
    warnings: [],
    rows: [
      ["Application", ids.client],
      ["Resource", resource],
      ["Token ends", ends]
    ]
  };
}
function assertion(answer, machine, target) {
  const { body } = answer;
  const path = temporaryFile(machine);
  const text = word(body, "access_token");
  const ends = expiration(answer, machine);
  const ids = idsOf(body);
  const authority = word(body, "azure_authority_host");
  if (!/^https:\/\/[a-z0-9.-]+\/?$/.test(authority)) throw strange("its azure_authority_host is no host of Entra");
  const until = word(body, "tokens_until");
  const cleared = alsoSet(machine, stale2);
  const { subscription } = ids;
  return {
    variables: new Map([
      ["AZURE_CLIENT_ID", ids.client],
      ["AZURE_TENANT_ID", ids.tenant],
      ["AZURE_FEDERATED_TOKEN_FILE", path],
      ["AZURE_AUTHORITY_HOST", authority],
      ["ARM_USE_OIDC", "true"],
      ["ARM_CLIENT_ID", ids.client],
      ["ARM_TENANT_ID", ids.tenant],
      ...subscription === void 0 ? [] : [["ARM_SUBSCRIPTION_ID", subscription]],
      ["ARM_OIDC_TOKEN_FILE_PATH", path],
      ["ARM_ENVIRONMENT", word(body, "azure_environment")],
      ...cleared.map((name) => [name, ""])
    ]),
    files: [{ path, text }],
    outputs: new Map([
      ["azure-federated-token-file", path],
      ["azure-expiration", ends],
      ["azure-tokens-until", until],
      ...idOutputs(ids)
    ]),
    said: [
      ...cleared.length > 0 ? [`Cleared ${cleared.join(", ")}: of an earlier step, not of this assertion.`] : [],
      `An assertion for ${target} is in the file of AZURE_FEDERATED_TOKEN_FILE until ${ends}: log in before, or run this step again.`,
      `Tokens that it is traded for may live until ${until}.`
    ],
    warnings: alsoSet(machine, before).map(
      (name) => `${name} is set; some tools will use it and not this assertion. Unset it in this job.`
    ),
    rows: [
      ["Application", ids.client],
      ["Subscription", subscription],
      ["Assertion ends", ends],
      ["Its tokens end by", until]
    ]
  };
}

// src/gcp-credentials.ts
var accessTokenType = "urn:ietf:params:oauth:token-type:access_token";
var forGcloud = "CLOUDSDK_AUTH_ACCESS_TOKEN";
var forTerraform = "GOOGLE_OAUTH_ACCESS_TOKEN";
var forLibraries = "GOOGLE_APPLICATION_CREDENTIALS";
var projectVariables = [
  "CLOUDSDK_CORE_PROJECT",
  "CLOUDSDK_PROJECT",
  "GCLOUD_PROJECT",
  "GCP_PROJECT",
  "GOOGLE_CLOUD_PROJECT"
];
var keys2 = ["GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"];
var gcp = {
  owned: [forGcloud, forTerraform, forLibraries, ...projectVariables],
  read({ body }, { machine, runner, inputs }) {
    if (body?.["issued_token_type"] !== accessTokenType) throw strange("it holds no access token of Google");
    const token2 = word(body, "access_token");
    const ends = word(body, "gcp_expiration");
    const account = optionalWord(body, "gcp_service_account");
    const project = optionalWord(body, "gcp_project");
    const file = inputs.credentialsFile ? credentialsFile(runner, inputs, machine) : void 0;
    const cleared = file ? alsoSet(machine, [forTerraform]) : [];
    return {
      variables: new Map([
        // gcloud asks Google about the token of such a file and refuses what its STS did not issue (introspect.py): it gets the token.
        [forGcloud, token2],
        file ? [forLibraries, file.path] : [forTerraform, token2],
        ...project === void 0 ? [] : projectVariables.map((name) => [name, project]),
        ...cleared.map((name) => [name, ""])
      ]),
      files: file ? [file] : [],
      outputs: /* @__PURE__ */ new Map([
        ["gcp-access-token", token2],
        ["gcp-expiration", ends],
        ["gcp-service-account", account ?? ""],
        ["gcp-project", project ?? ""],
        ["gcp-credentials-file", file?.path ?? ""]
      ]),
      said: [
        ...cleared.length > 0 ? [`Cleared ${cleared.join(", ")}: of an earlier step, not of these credentials.`] : [],
        file ? `Client libraries exchange with ${file.path} whenever they need a new token of ${inputs.target}, while the grant lasts; gcloud has one in ${forGcloud} until ${ends}.` : `A token of ${inputs.target} is in ${forGcloud} and ${forTerraform} until ${ends}.`
      ],
      warnings: [...rivals(machine, file !== void 0), ...unnamed(inputs, file !== void 0)],
      rows: [
        ["Service account", account],
        ["Project", project],
        ["Token ends", ends]
      ]
    };
  }
};
var rivals = (machine, file) => file ? alsoSet(machine, keys2).map(
  (name) => `${name} is set; Terraform will use that key and not these credentials. Unset it in this job.`
) : alsoSet(machine, [forLibraries]).map(
  (name) => `${name} is set; client libraries use that file and not this token. Unset it in this job, or ask for \`credentials-file: true\`.`
);
var unnamed = (inputs, file) => file && (inputs.role ?? inputs.request) !== void 0 ? ["The credentials file cannot name `role` or `request`: it works while this job matches one grant of the target."] : [];
function credentialsFile(runner, inputs, machine) {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer = "" } = machine.env;
  runner.mask(bearer);
  const configuration = {
    type: "external_account",
    audience: inputs.target,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${inputs.url}/token`,
    credential_source: {
      url: `${url}&audience=${encodeURIComponent(inputs.audience)}`,
      headers: { Authorization: `Bearer ${bearer}` },
      format: { type: "json", subject_token_field_name: "value" }
    }
  };
  return { path: temporaryFile(machine, "json"), text: `${JSON.stringify(configuration, null, 2)}
` };
}

// src/github-token.ts
var variables = ["GH_TOKEN", "GH_ENTERPRISE_TOKEN"];
var timeoutMs = 1e4;
var github = {
  owned: [...variables],
  read(answer, { machine, inputs }) {
    const { body } = answer;
    if (body?.["issued_token_type"] !== "urn:ietf:params:oauth:token-type:access_token")
      throw strange("it holds no token of GitHub");
    const token2 = word(body, "access_token");
    const ends = expiration(answer, machine);
    const repositories = [body["github_repositories"]].flat();
    if (!repositories.every((name) => typeof name === "string" && /^[\w.-]+\/[\w.-]+$/.test(name)))
      throw strange("its github_repositories are malformed");
    const names = repositories.join(", ");
    const [ours, other] = onServer(machine) ? variables.toReversed() : variables;
    return {
      variables: new Map(inputs.ghToken && ours ? [[ours, token2]] : []),
      files: [],
      outputs: /* @__PURE__ */ new Map([
        ["token", token2],
        ["token-expiration", ends]
      ]),
      revoke: token2,
      said: [
        `A token of ${inputs.target} for ${names} is in the output \`token\` until ${ends}, at most until this job ends.`,
        ...inputs.ghToken && ours ? [`It is in ${ours} as well.`] : []
      ],
      warnings: inputs.ghToken && other && alsoSet(machine, [other]).length > 0 ? [`${other} is set as well.`] : [],
      rows: [
        ["Repositories", names],
        ["Token ends", ends]
      ]
    };
  }
};
function onServer(machine) {
  const host = URL.parse(machine.env["GITHUB_SERVER_URL"] ?? "https://github.com")?.hostname ?? "github.com";
  return host !== "github.com" && !host.endsWith(".ghe.com");
}
async function endToken(machine, runner, token2) {
  runner.mask(token2);
  const api = URL.parse(machine.env["GITHUB_API_URL"] ?? "https://api.github.com");
  const safe = api && (api.protocol === "https:" || /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(api.hostname));
  if (!safe) {
    runner.warning("GITHUB_API_URL is no https address: the token ends with its grant instead.");
    return;
  }
  try {
    const headers = {
      authorization: `Bearer ${token2}`,
      accept: "application/vnd.github+json",
      "user-agent": "countersign"
    };
    const url = `${api.href.replace(/\/+$/, "")}/installation/token`;
    const { status } = await call(machine, url, { method: "DELETE", headers }, timeoutMs);
    if (status === 204 || status === 401) runner.info("The token is revoked.");
    else runner.warning(`GitHub did not revoke the token now (status ${status}); it ends with its grant.`);
  } catch (error) {
    const why = error instanceof Failure ? error.message : "no answer";
    runner.warning(`GitHub did not revoke the token now (${why}); it ends with its grant.`);
  }
}

// src/oidc-token.ts
var oidc = {
  owned: [],
  read(answer, { machine, inputs }) {
    const { body } = answer;
    if (body?.["issued_token_type"] !== "urn:ietf:params:oauth:token-type:jwt") throw strange("it holds no token");
    const token2 = word(body, "access_token");
    const ends = expiration(answer, machine);
    const audience = word(body, "oidc_audience");
    const path = inputs.tokenFile ? temporaryFile(machine) : void 0;
    return {
      variables: /* @__PURE__ */ new Map(),
      files: path === void 0 ? [] : [{ path, text: token2 }],
      outputs: /* @__PURE__ */ new Map([
        ["token", token2],
        ["token-expiration", ends],
        ["token-file", path ?? ""]
      ]),
      said: [`A token of ${inputs.target} for ${audience} is in the output \`token\` until ${ends}.`],
      warnings: [],
      rows: [
        ["Audience", audience],
        ["Token ends", ends]
      ]
    };
  }
};

// src/kinds.ts
var kinds = new Map(Object.entries({ aws, azure, gcp, github, oidc }));

// src/inputs.ts
var longestWaitMs = 6 * 36e5;

// src/runner.ts
import { EOL } from "node:os";
var escapeData = (text) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
var harmless = (text) => oneLine(text, 2e3).replace(/##\[/g, "# #[").replace(/^::/, ": :");
var Runner = class {
  #machine;
  constructor(machine) {
    this.#machine = machine;
  }
  /** Must come before anything that could show the value: a mask applies only to lines after it. */
  mask(secret) {
    if (secret !== "") this.#machine.print(`::add-mask::${escapeData(secret)}${EOL}`);
  }
  info(text) {
    this.#machine.print(`${harmless(text)}${EOL}`);
  }
  /** Lines become one annotation; each is cleaned on its own. */
  error(lines) {
    this.#machine.print(`::error title=Countersign::${escapeData(lines.map(harmless).join("\n"))}${EOL}`);
  }
  warning(text) {
    this.#machine.print(`::warning title=Countersign::${escapeData(harmless(text))}${EOL}`);
  }
  exportVariable(name, value) {
    this.#append("GITHUB_ENV", name, value);
  }
  setOutput(name, value) {
    this.#append("GITHUB_OUTPUT", name, value);
  }
  saveState(name, value) {
    this.#append("GITHUB_STATE", name, value);
  }
  summary(markdown) {
    const path = this.#machine.env["GITHUB_STEP_SUMMARY"];
    if (path) this.#machine.appendFile(path, markdown);
  }
  #append(file, name, value) {
    const path = this.#machine.env[file];
    if (!path)
      throw new Error(`${file} is not set. This runs as a step of GitHub Actions, on runner 2.327.1 or newer.`);
    const delimiter = `ghadelimiter_${this.#machine.uuid()}`;
    if (name.includes(delimiter) || value.includes(delimiter)) throw new Error("A value holds its own delimiter.");
    this.#machine.appendFile(path, `${name}<<${delimiter}${EOL}${value}${EOL}${delimiter}${EOL}`);
  }
};

// src/run.ts
async function cleanUp(machine) {
  const runner = new Runner(machine);
  try {
    const token2 = machine.env["STATE_revoke"];
    if (token2 !== void 0 && token2 !== "") await endToken(machine, runner, token2);
    for (const path of listed(machine.env["STATE_files"])) if (isTemporaryFile(machine, path)) machine.removeFile(path);
    const owned = new Set([...kinds.values()].flatMap((kind) => kind.owned));
    const names = (machine.env["STATE_exported"] ?? "").split(" ").filter((name) => owned.has(name));
    for (const name of names) runner.exportVariable(name, "");
    return 0;
  } catch (error) {
    setFailed(machine, runner, error);
    return 1;
  }
}
function listed(json) {
  try {
    const value = JSON.parse(json ?? "[]");
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}
function setFailed(machine, runner, error) {
  if (!(error instanceof Failure)) {
    runner.error([error instanceof Error ? error.message : "Unknown failure"]);
    return;
  }
  runner.error(explain(error));
  if (!machine.env["GITHUB_OUTPUT"]) return;
  const { correlationId, pullRequest } = error.details;
  runner.setOutput("error", error.code);
  if (correlationId !== void 0) runner.setOutput("correlation-id", correlationId);
  if (pullRequest !== void 0) runner.setOutput("pull-request", pullRequest);
}

// src/post.ts
process.exitCode = await cleanUp(thisMachine());
