import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { OfflineKeys } from "../src/commands/keys-backend.ts";
import { openOfflineKeys } from "../src/offline-keys.ts";
import { migrate, openStore } from "../src/store/index.ts";
import { folder } from "./admin/world.ts";
import { freshDatabase } from "./helpers/stores.ts";
import { master } from "./issuer/world.ts";

const env = { SEALING_KEY: master.toString("base64") };
const opened = async (keys: Promise<OfflineKeys | string>): Promise<OfflineKeys> => {
  const result = await keys;
  if (typeof result === "string") throw new Error(result);
  return result;
};

describe("keys without a server", () => {
  it("are in the embedded database, under its lock, and an import before the first start makes it", async () => {
    const dir = join(folder(), "data");
    expect(await openOfflineKeys(env, dir, "keys_list")).toContain("there is no database");
    const first = await opened(openOfflineKeys(env, dir, "keys_import"));
    const { kid } = await first.handlers.keys_rotate({ purpose: "ledger" });
    await expect(openOfflineKeys(env, dir, "keys_list")).rejects.toMatchObject({ code: "store_locked" });
    const { export: exported } = await first.handlers.keys_export({});
    await first.close();

    const again = await opened(openOfflineKeys(env, dir, "keys_list"));
    const { keys: list } = await again.handlers.keys_list({});
    expect(list).toMatchObject([{ purpose: "ledger", kid, state: "active", opens: true, ledgers: [] }]);
    const { steps } = await again.handlers.keys_import({ export: exported, dry_run: false, drop_unreadable: false });
    expect(steps.map((step) => step.does)).toEqual(["keep"]);
    await again.close();
  });

  it("of PostgreSQL are changed through a server, but for an import", async () => {
    const database = await freshDatabase();
    try {
      const postgres = { ...env, DATABASE_URL: database.url };
      for (const command of ["keys_list", "keys_rotate", "keys_revoke", "keys_export"] as const)
        expect(await openOfflineKeys(postgres, "./data", command)).toContain("any replica");
      const keys = await opened(openOfflineKeys(postgres, "./data", "keys_import"));
      const empty = { v: 1, keys: [] };
      expect(await keys.handlers.keys_import({ export: empty, dry_run: false, drop_unreadable: true })).toEqual({
        steps: [],
        unreadable: [],
      });
      await keys.close();
      const store = await openStore({ databaseUrl: database.url });
      await migrate(store.db);
      await store.close();
    } finally {
      await database.drop();
    }
  });

  it("need the sealing key, and say nothing of a value", async () => {
    const dir = folder();
    mkdirSync(join(dir, "pglite"));
    expect(await openOfflineKeys({}, dir, "keys_list")).toContain("set SEALING_KEY");
    expect(await openOfflineKeys({ SEALING_KEY: "hunter2" }, dir, "keys_list")).toBe(
      "SEALING_KEY must be 32 bytes in base64, base64url or hex.",
    );
    const url = await openOfflineKeys({ ...env, DATABASE_URL: "mysql://u:hunter2@db" }, dir, "keys_import");
    expect(url).toBe("DATABASE_URL must begin with postgres:// or postgresql://.");
  });
});
