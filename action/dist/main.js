// Built from action/src by `npm run build:action`. Do not edit.

// src/machine.ts
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
function thisMachine() {
  const { HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy } = process.env;
  if (HTTPS_PROXY || https_proxy || HTTP_PROXY || http_proxy) http.setGlobalProxyFromEnv?.(process.env);
  return {
    env: process.env,
    fetch,
    print: (text) => void process.stdout.write(text),
    appendFile: (path, text) => appendFileSync(path, text, "utf8"),
    elapsed: () => performance.now(),
    wallClock: () => /* @__PURE__ */ new Date(),
    sleep: (milliseconds) => sleep(milliseconds),
    random: Math.random,
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
var forMarkdownCode = (text, max = 500) => `\`${oneLine(text, max).replaceAll("`", "'") || " "}\``;

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

// src/aws-credentials.ts
var tokenType = "urn:countersign:params:oauth:token-type:aws-credentials";
function awsCredentials({ body, headers }, runner) {
  const token = body?.["access_token"];
  if (typeof token === "string") runner.mask(token);
  const process2 = parse(token);
  for (const name of ["SecretAccessKey", "SessionToken", "AccessKeyId"]) {
    const value = process2[name];
    if (typeof value === "string") runner.mask(value);
  }
  if (body?.["kind"] !== "aws" || body["issued_token_type"] !== tokenType) {
    throw strange("it holds no AWS credentials", "This version of the Action exports AWS credentials only.");
  }
  const word = (from, name) => {
    const value = from[name];
    if (typeof value !== "string" || !/^[!-~]+$/.test(value)) throw strange(`its ${name} is missing or malformed`);
    return value;
  };
  const optional = (name) => body[name] === void 0 ? void 0 : word(body, name);
  return {
    accessKeyId: word(process2, "AccessKeyId"),
    secretAccessKey: word(process2, "SecretAccessKey"),
    sessionToken: word(process2, "SessionToken"),
    expiration: word(process2, "Expiration"),
    region: word(body, "aws_region"),
    accountId: optional("aws_account_id"),
    grant: optional("grant"),
    request: optional("request"),
    correlationId: optional("correlation_id") ?? headers.get("x-correlation-id") ?? void 0
  };
}
function parse(token) {
  try {
    const value = JSON.parse(String(token));
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
  }
  throw strange("its access_token is no credential_process document");
}
var strange = (what, cure = "Check that the Action and the server are of matching versions.") => new Failure("invalid_answer", `The server's answer is not understood: ${what}.`, { cure });

// src/http.ts
var certificateError = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;
async function call(machine, url, init, timeoutMs3) {
  const host = new URL(url).host;
  try {
    const response = await machine.fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(timeoutMs3) });
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
function retryOf(answer, now, alsoRetry = false) {
  const { status } = answer;
  if (status === 400 || status === 401 || status === 403) return void 0;
  if (status !== 408 && status !== 429 && status < 500 && !alsoRetry) return void 0;
  return { afterSeconds: retryAfter(answer.headers.get("retry-after"), now) };
}
function retryAfter(text, now) {
  if (text === null) return void 0;
  if (/^\s*[0-9]{1,9}\s*$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? void 0 : Math.max(0, (date - now.getTime()) / 1e3);
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

// src/exchange.ts
var timeoutMs = 6e4;
var passing = /* @__PURE__ */ new Set(["not_ready", "temporarily_unavailable"]);
async function exchange(machine, runner, inputs, subjectToken, limitMs) {
  const form = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: subjectToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    audience: inputs.target
  });
  if (inputs.request !== void 0) form.set("request", inputs.request);
  if (inputs.role !== void 0) form.set("role", inputs.role);
  const answer = await call(
    machine,
    `${inputs.url}/token`,
    {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: form.toString()
    },
    Math.min(timeoutMs, limitMs)
  );
  if (answer.status !== 200) throw refused(answer, machine.wallClock());
  return awsCredentials(answer, runner);
}
function refused(answer, now) {
  const text = (name) => {
    const value = answer.body?.[name];
    return typeof value === "string" && value !== "" ? value : void 0;
  };
  const code = text("error") ?? (answer.status < 400 ? "redirected" : `http_${answer.status}`);
  return new Failure(code, text("error_description") ?? `The server answered with status ${answer.status}.`, {
    cure: cures.get(code),
    errorUri: text("error_uri"),
    correlationId: text("correlation_id") ?? answer.headers.get("x-correlation-id") ?? void 0,
    pullRequest: text("pull_request"),
    awaited: listed(answer.body?.["awaited"]),
    pending: code === "authorization_pending" ? { intervalSeconds: seconds(answer.body?.["interval"]) } : void 0,
    retry: retryOf(answer, now, passing.has(code))
  });
}
var seconds = (value) => typeof value === "number" && Number.isFinite(value) ? value : void 0;
var listed = (value) => [value].flat().filter((one) => typeof one === "string").join(", ") || void 0;
var cures = /* @__PURE__ */ new Map([
  // A runner that waits for a person costs by the minute, and a grant with `dispatch` starts the run by itself.
  [
    "authorization_pending",
    "Have the pull request approved and merged, then re-run this job; with the input `wait` it waits for that itself."
  ],
  ["not_ready", "Re-run this job in a minute."],
  ["temporarily_unavailable", "Re-run this job later; if it stays so, give the operator the correlation id."],
  ["policy_changed", "Policy changed after the approval. Ask again with a new request."],
  ["redirected", "Give the address that the server redirects to as the input `url`; the Action follows no redirect."],
  ["http_404", "Check the input `url`: it is the server's address, to which the Action adds /token."]
]);

// src/inputs.ts
var loopback = /* @__PURE__ */ new Set(["127.0.0.1", "[::1]", "localhost"]);
var targetShape = /^(?:[A-Za-z0-9-]+\/[A-Za-z0-9._-]+\/)?[a-z0-9][a-z0-9-]{0,62}$/;
var roleShape = /^[a-z0-9][a-z0-9-]{0,31}$/;
var requestShape = /^requests\/[a-z0-9][a-z0-9-]{0,62}\/(?:[0-9]{4}-[0-9]{2}\/)?[a-z0-9][a-z0-9-]{0,62}\.yml$/;
function readInputs(env) {
  const input = (name) => env[`INPUT_${name.toUpperCase()}`]?.trim() || void 0;
  const url = parseUrl(input("url"));
  const target = input("target");
  if (target === void 0) throw wrong("target", "is missing", "Write `with: { target: <name> }`.");
  if (!targetShape.test(target))
    throw wrong("target", "has no such form", "Write `<target>` or `<owner>/<repo>/<target>`.");
  const role = input("role");
  if (role !== void 0 && !roleShape.test(role))
    throw wrong("role", "is no role name", "Write it as targets/<target>.yml does.");
  const request = input("request");
  if (request !== void 0 && !requestShape.test(request)) {
    throw wrong("request", "is no path of a request", "Write `requests/<target>/<name>.yml`, as in the access repo.");
  }
  const waitMs = parseWait(input("wait"));
  return {
    url: url.href.replace(/\/+$/, ""),
    target,
    role,
    request,
    audience: input("audience") ?? url.origin,
    waitMs
  };
}
var units = { s: 1e3, m: 6e4, h: 36e5 };
var longestWaitMs = 6 * 36e5;
function parseWait(text) {
  if (text === void 0 || text === "0") return 0;
  const [, count, unit] = /^([0-9]{1,5})([smh])$/.exec(text) ?? [];
  const waitMs = Number(count) * (units[unit ?? ""] ?? Number.NaN);
  if (waitMs <= longestWaitMs) return waitMs;
  throw wrong("wait", "is no time to wait", "Write `90s`, `10m` or `2h`; at most 6h.");
}
function parseUrl(text) {
  if (text === void 0) throw wrong("url", "is missing", "Write `with: { url: https://<your Countersign server> }`.");
  const url = URL.canParse(text) ? new URL(text) : void 0;
  if (!url) throw wrong("url", "is no URL", "Write it with its scheme: https://<your Countersign server>.");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback.has(url.hostname))) {
    throw wrong("url", "is not https", "Use https; http is accepted only on loopback.");
  }
  if (url.username || url.password || url.search || url.hash) {
    throw wrong("url", "holds more than scheme, host and path", "Leave out user, password, query and fragment.");
  }
  return url;
}
var wrong = (name, what, cure) => new Failure("invalid_input", `The input \`${name}\` ${what}.`, { cure });

// src/oidc.ts
var timeoutMs2 = 15e3;
async function idToken(machine, runner, audience, limitMs) {
  const url = machine.env["ACTIONS_ID_TOKEN_REQUEST_URL"];
  const bearer = machine.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
  if (!url || !bearer) {
    throw new Failure("no_id_token", "This job may not ask for an OIDC token.", {
      cure: "Give the job (or the workflow) `permissions: id-token: write`; setting permissions drops the defaults, so add `contents: read` where the job checks out code. Runs for pull requests from forks never get a token."
    });
  }
  const answer = await call(
    machine,
    `${url}&audience=${encodeURIComponent(audience)}`,
    { headers: { authorization: `Bearer ${bearer}`, accept: "application/json" } },
    Math.min(timeoutMs2, limitMs)
  );
  const token = answer.body?.["value"];
  if (typeof token === "string") runner.mask(token);
  if (answer.status !== 200 || typeof token !== "string" || token === "") {
    throw new Failure("no_id_token", `GitHub gave no OIDC token: status ${answer.status}.`, {
      retry: retryOf(answer, machine.wallClock())
    });
  }
  return token;
}

// src/retry.ts
var capMs = 12e4;
var firstDelayMs = 1e3;
var longestDelayMs = 15e3;
async function withRetries(machine, runner, attempt) {
  const start = machine.elapsed();
  for (let count = 1; ; count++) {
    try {
      return await attempt(Math.max(1, capMs - (machine.elapsed() - start)));
    } catch (error) {
      if (!(error instanceof Failure) || error.details.retry === void 0) throw error;
      const delay = delayMs(error.details.retry.afterSeconds, count, machine.random());
      if (machine.elapsed() - start + delay >= capMs) throw error;
      runner.info(`${error.message} (${error.code}) Trying again in ${Math.ceil(delay / 1e3)} s with a new token.`);
      await machine.sleep(delay);
    }
  }
}
function delayMs(afterSeconds, count, random) {
  if (afterSeconds !== void 0) return Math.max(firstDelayMs, afterSeconds * 1e3);
  const full = Math.min(longestDelayMs, firstDelayMs * 2 ** (count - 1));
  return Math.round(full * (1 - random / 2));
}

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

// src/wait.ts
var defaultIntervalSeconds = 5;
var longestIntervalSeconds = 300;
async function untilApproved(machine, runner, limitMs, attempt) {
  const end = machine.elapsed() + limitMs;
  let said;
  let intervalSeconds = defaultIntervalSeconds;
  for (; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { pending, retry } = error.details;
      if (pending === void 0 && (said === void 0 || retry === void 0)) throw error;
      if (pending !== void 0) {
        const asked = pending.intervalSeconds ?? defaultIntervalSeconds;
        intervalSeconds = Math.min(longestIntervalSeconds, Math.max(1, asked));
      }
      if (machine.elapsed() + intervalSeconds * 1e3 > end) throw error;
      const words = waiting(error);
      if (words !== said) runner.info(words);
      said = words;
      await machine.sleep(intervalSeconds * 1e3);
    }
  }
}
function waiting({ message, code, details }) {
  if (details.pending === void 0) return `Still waiting, but: ${message} (${code})`;
  const whom = details.awaited === void 0 ? "" : ` by ${details.awaited}`;
  const where = details.pullRequest === void 0 ? "" : `: ${details.pullRequest}`;
  return `Waiting for the approval${whom}${where}`;
}

// src/run.ts
var stale = ["AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION"];
var profiles = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
async function run(machine) {
  const runner = new Runner(machine);
  try {
    const inputs = readInputs(machine.env);
    const attempt = async (limitMs) => {
      const start = machine.elapsed();
      const token = await idToken(machine, runner, inputs.audience, limitMs);
      return exchange(machine, runner, inputs, token, Math.max(1, limitMs - (machine.elapsed() - start)));
    };
    const credentials = await untilApproved(
      machine,
      runner,
      inputs.waitMs,
      () => withRetries(machine, runner, attempt)
    );
    publish(machine, runner, inputs, credentials);
    return 0;
  } catch (error) {
    setFailed(machine, runner, error);
    return 1;
  }
}
function publish(machine, runner, inputs, credentials) {
  const variables = /* @__PURE__ */ new Map([
    ["AWS_ACCESS_KEY_ID", credentials.accessKeyId],
    ["AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey],
    ["AWS_SESSION_TOKEN", credentials.sessionToken],
    ["AWS_REGION", credentials.region],
    ["AWS_DEFAULT_REGION", credentials.region]
  ]);
  const cleared = stale.filter((name) => machine.env[name]);
  for (const name of cleared) variables.set(name, "");
  runner.saveState("exported", [...variables.keys()].join(" "));
  for (const [name, value] of variables) runner.exportVariable(name, value);
  runner.setOutput("aws-access-key-id", credentials.accessKeyId);
  runner.setOutput("aws-secret-access-key", credentials.secretAccessKey);
  runner.setOutput("aws-session-token", credentials.sessionToken);
  runner.setOutput("aws-expiration", credentials.expiration);
  runner.setOutput("aws-region", credentials.region);
  runner.setOutput("aws-account-id", credentials.accountId ?? "");
  runner.setOutput("grant", credentials.grant ?? "");
  runner.setOutput("request", credentials.request ?? "");
  runner.setOutput("correlation-id", credentials.correlationId ?? "");
  if (cleared.length > 0) runner.info(`Cleared ${cleared.join(", ")}: of an earlier step, not of these credentials.`);
  for (const name of profiles.filter((name2) => machine.env[name2])) {
    runner.warning(`${name} is set; some tools will use that profile and not these credentials. Unset it in this job.`);
  }
  runner.info(`Credentials for ${inputs.target} are in the environment until ${credentials.expiration}.`);
  if (credentials.grant !== void 0) runner.info(`Grant: ${credentials.grant}`);
  runner.summary(summary(inputs, credentials));
}
function summary(inputs, credentials) {
  const rows = [
    ["Target", inputs.target],
    ["Role", inputs.role],
    ["Account", credentials.accountId],
    ["Region", credentials.region],
    ["Session ends", credentials.expiration],
    ["Grant", credentials.grant],
    ["Request", credentials.request ?? inputs.request],
    ["Correlation id", credentials.correlationId]
  ];
  const cell = (text) => forMarkdownCode(text, 200).replaceAll("|", "\\|");
  const lines = rows.flatMap(([name, value]) => value === void 0 ? [] : [`| ${name} | ${cell(value)} |`]);
  return ["### Countersign", "", "| | |", "| --- | --- |", ...lines, "", ""].join("\n");
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

// src/main.ts
process.exitCode = await run(thisMachine());
