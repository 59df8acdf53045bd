import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// Times come from the application's clock: no now(). See 0001-initial.ts.

const statements: readonly string[] = [
  `alter table decision drop constraint decision_rule_check`,
  `alter table decision add constraint decision_rule_check check (
    rule in ('owners', 'auto_approve', 'break_glass', 'freeze', 'own_revocation')
    and (rule <> 'freeze' or kind = 'policy')
    and (rule <> 'own_revocation' or kind = 'revocation'))`,
  // So far these were called owners' with nobody who approved. Where owners do decide on a revocation, at least one approves.
  `update decision set rule = 'own_revocation'
    where kind = 'revocation' and rule = 'owners' and jsonb_array_length(approvers) = 0`,
];

/** Deletions of what their author may end are decided by a rule of their own. */
export const ownRevocation: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
