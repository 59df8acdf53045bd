import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type StoreSource, storeSource } from "./store-source.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Unix socket on which the main process answers `pglite` and `postgres`; see stores.ts. */
    storeSocket: string;
  }
}

/**
 * Costs nothing until a test asks for a store: workers ask over a unix socket (not HTTP, which nock may have cut off), and
 * this process makes the migrated PGlite dump or starts PostgreSQL once. Everything lives in one temporary folder.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-test-"));
  const source: StoreSource = storeSource(folder);
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (data) => {
      const wanted = data.toString("utf8").trim();
      const answer = wanted === "postgres" ? source.postgres() : source.pglite();
      answer.then(
        (value) => socket.end(JSON.stringify({ value })),
        (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
      );
    });
  });
  const path = join(folder, "stores.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  server.unref();
  project.provide("storeSocket", path);
  return async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await source.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
