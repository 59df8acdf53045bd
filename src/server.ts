#!/usr/bin/env node
import { pino } from "pino";
import { startApp } from "./app.ts";
import { readConfig } from "./config.ts";
import { CountersignError } from "./base/errors.ts";

/** `npm start`: the production server from its environment. What is missing is said at once, all of it, with how to get it. */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const read = readConfig(env);
  if (!read.ok) {
    const lines = read.problems.map((p) => `  ${p.variable}: ${p.problem}\n      ${p.cure}`);
    process.stderr.write(
      `Countersign cannot start. Set these variables:\n\n${lines.join("\n")}\n\nSee docs/configuration.md.\n`,
    );
    process.exitCode = 2;
    return;
  }
  const { config } = read;
  const log = pino({ level: config.logLevel });
  try {
    const app = await startApp(config, { log });
    const { url, ledgerPublicKey, adminSocket } = app;
    log.info({ url, publicUrl: config.publicUrl, ledgerPublicKey, adminSocket }, "listening");
    const stop = (signal: NodeJS.Signals): void => {
      log.info({ signal }, "stopping");
      app.close().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, "did not stop cleanly");
          process.exit(1);
        },
      );
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  } catch (error) {
    const message = error instanceof CountersignError ? error.message : String(error);
    process.stderr.write(`Countersign cannot start: ${message}\n`);
    log.debug({ err: error }, "start failed");
    process.exitCode = 1;
  }
}

if (import.meta.main) await serve(process.env);
