import { randomUUID } from "node:crypto";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "./runner.ts";

/** The real collaborators. Called once per step. */
export function thisMachine(): Machine {
  // Self-hosted runners often reach the world only through HTTPS_PROXY; Node 24 reads it when told to (24.14 and later).
  const { HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy } = process.env;
  if (HTTPS_PROXY || https_proxy || HTTP_PROXY || http_proxy) http.setGlobalProxyFromEnv?.(process.env);
  return {
    env: process.env,
    fetch,
    print: (text) => void process.stdout.write(text),
    appendFile: (path, text) => appendFileSync(path, text, "utf8"),
    // Exclusive: never through a link that somebody else on the machine has put there.
    writePrivateFile: (path, text) => writeFileSync(path, text, { encoding: "utf8", mode: 0o600, flag: "wx" }),
    removeFile: (path) => rmSync(path, { force: true }),
    elapsed: () => performance.now(),
    wallClock: () => new Date(),
    sleep: (milliseconds) => sleep(milliseconds),
    random: Math.random,
    node: process.execPath,
    script: (name) => join(import.meta.dirname, name),
    uuid: randomUUID,
  };
}
