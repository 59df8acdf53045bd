import { existsSync } from "node:fs";
import { join } from "node:path";
import { keyHandlers } from "./admin/index.ts";
import { systemClock } from "./base/clock.ts";
import type { OpenOffline } from "./commands/keys-backend.ts";
import { postgresUrl } from "./config-readers.ts";
import { key32, Unusable } from "./config-values.ts";
import { keyAdmin, type Sealer, sealer } from "./issuer/index.ts";
import { ledgersByKey } from "./recorder/index.ts";
import { migrate, openStore, type Store } from "./store/index.ts";

/**
 * The key table without a server, for `countersign keys`. The embedded database is safe to open by its lock: nobody else has it
 * then. On PostgreSQL other replicas may run that this machine does not see: they read the table again within seconds, so nothing
 * breaks, but no log would have the command. So only `import` works there, the one thing without which no server may start.
 */
export const openOfflineKeys: OpenOffline = async (env, dataDir, command) => {
  const seal = readSealer(env);
  if (typeof seal === "string") return seal;
  const opened = await openDatabase(env, dataDir, command === "keys_import");
  if (typeof opened === "string") return opened;
  const { store, about } = opened;
  try {
    await migrate(store.db);
  } catch (error) {
    await store.close();
    throw error;
  }
  const keys = keyAdmin({ db: store.db, sealer: seal }, systemClock, ledgersByKey);
  return {
    handlers: keyHandlers({ keys, changed: async () => undefined, handOver: null }),
    about,
    close: () => store.close(),
  };
};

async function openDatabase(
  env: Readonly<Record<string, string | undefined>>,
  dataDir: string,
  importing: boolean,
): Promise<{ readonly store: Store; readonly about: string } | string> {
  const url = env.DATABASE_URL?.trim();
  if (url) {
    if (!importing)
      return (
        "With DATABASE_URL, keys are looked at and changed through a running server: run this where one runs (any replica), as its " +
        "user and with its DATA_DIR, for example by `docker exec` or `kubectl exec`."
      );
    try {
      return { store: await openStore({ databaseUrl: postgresUrl(url) }), about: "the database of DATABASE_URL" };
    } catch (error) {
      if (error instanceof Unusable) return `DATABASE_URL ${error.message}.`;
      throw error;
    }
  }
  // A wrong folder must not become an empty database; only a restore begins with none.
  if (!importing && !existsSync(join(dataDir, "pglite")))
    return `And there is no database in ${dataDir}: give the server's DATA_DIR, by the environment or by --data-dir.`;
  return { store: await openStore({ dataDir }), about: `the embedded database in ${dataDir}` };
}

function readSealer(env: Readonly<Record<string, string | undefined>>): Sealer | string {
  const keys: Buffer[] = [];
  for (const name of ["SEALING_KEY", "SEALING_KEY_OLD"] as const) {
    const value = env[name]?.trim();
    try {
      if (value) keys.push(Buffer.from(key32(value)));
      else if (name === "SEALING_KEY")
        return "To work on the database itself, set SEALING_KEY as the server has it (and DATABASE_URL, where it has one).";
    } catch (error) {
      return `${name} ${error instanceof Unusable ? error.message : "cannot be read"}.`;
    }
  }
  const [current, previous] = keys;
  return current ? sealer(current, previous) : "SEALING_KEY is not set.";
}
