import { type Migration, Migrator } from "kysely/migration";
import { CountersignError } from "../base/errors.ts";
import type { Db } from "./index.ts";
import { initial } from "./migrations/0001-initial.ts";
import { pendingRequests } from "./migrations/0002-pending-requests.ts";
import { sealedTokens } from "./migrations/0003-sealed-tokens.ts";
import { askedRequests } from "./migrations/0004-asked-requests.ts";
import { roleChecks } from "./migrations/0005-role-checks.ts";
import { rules } from "./migrations/0006-rules.ts";
import { commands } from "./migrations/0007-commands.ts";
import { endings } from "./migrations/0008-endings.ts";
import { pullRequestPage } from "./migrations/0009-pull-request-page.ts";
import { frozenPeople } from "./migrations/0010-frozen-people.ts";
import { ownRevocation } from "./migrations/0011-own-revocation.ts";
import { openExchanges } from "./migrations/0012-open-exchanges.ts";

/** In code, not read from a folder: what runs is what was type-checked, wherever the program is started from. */
const migrations: Record<string, Migration> = {
  "0001-initial": initial,
  "0002-pending-requests": pendingRequests,
  "0003-sealed-tokens": sealedTokens,
  "0004-asked-requests": askedRequests,
  "0005-role-checks": roleChecks,
  "0006-rules": rules,
  "0007-commands": commands,
  "0008-endings": endings,
  "0009-pull-request-page": pullRequestPage,
  "0010-frozen-people": frozenPeople,
  "0011-own-revocation": ownRevocation,
  "0012-open-exchanges": openExchanges,
};

/**
 * Brings the database to this program's schema. Safe on every start and from several replicas at once (kysely takes a lock
 * in its own transaction). Forward only.
 * @throws CountersignError `store_migration`; a database of a newer program is refused, not bent.
 */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const why = error instanceof Error ? error.message : "unknown";
    throw new CountersignError("store_migration", `The database could not be brought to this version: ${why}`, {
      cause: error,
    });
  }
}
