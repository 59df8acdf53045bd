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
function cleanUp(machine) {
  const runner = new Runner(machine);
  try {
    const names = (machine.env["STATE_exported"] ?? "").split(" ").filter((name) => /^AWS_[A-Z_]+$/.test(name));
    for (const name of names) runner.exportVariable(name, "");
    return 0;
  } catch (error) {
    setFailed(machine, runner, error);
    return 1;
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
process.exitCode = cleanUp(thisMachine());
