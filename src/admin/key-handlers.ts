import { formatInstant } from "../base/duration.ts";
import type { ImportStep, KeyAdmin, KeyInfo } from "../issuer/index.ts";
import type { AdminHandlers, AdminResult, KeyCommand } from "./protocol.ts";

export interface KeyHandlerDeps {
  readonly keys: KeyAdmin;
  /** The table was changed: read it again. */
  readonly changed: () => Promise<void>;
  /** Hands ledgers over to a new key; names of those that it began with. null where no server runs. */
  readonly handOver: (() => Promise<readonly string[]>) | null;
}

export type KeyHandlers = Pick<AdminHandlers, KeyCommand>;

/** `keys_*`: of a running server, or of the command itself where it has the database to itself. */
export const keyHandlers = ({ keys, changed, handOver }: KeyHandlerDeps): KeyHandlers => ({
  keys_list: async () => ({ keys: (await keys.list()).map(keyInfo) }),
  keys_rotate: async ({ purpose }) => {
    const { kid, activeFrom } = purpose === "issuer" ? await keys.rotateIssuer() : await keys.rotateLedger();
    await changed();
    // Where this fails the key is there all the same, and the sweep hands over.
    const ledgers = purpose === "ledger" && handOver ? [...(await handOver().catch(() => []))] : null;
    return { purpose, kid, active_from: formatInstant(activeFrom), ledgers };
  },
  keys_revoke: async ({ kid }) => {
    const revoked = await keys.revoke(kid);
    await changed();
    return { kid, ...revoked };
  },
  keys_export: async () => ({ export: await keys.export() }),
  keys_import: async ({ export: exported, dry_run, drop_unreadable }) => {
    const { steps, unreadable } = await keys.import(exported, { dryRun: dry_run, dropUnreadable: drop_unreadable });
    if (!dry_run) await changed();
    return { steps: steps.map(importStep), unreadable: [...unreadable] };
  },
});

const keyInfo = (key: KeyInfo): AdminResult<"keys_list">["keys"][number] => ({
  purpose: key.purpose,
  kid: key.kid,
  state: key.state,
  created_at: formatInstant(key.created),
  active_from: formatInstant(key.activeFrom),
  retired_at: key.retiredAt && formatInstant(key.retiredAt),
  public_key: key.publicKey,
  opens: key.opens,
  ledgers: [...key.ledgers],
});

const importStep = (step: ImportStep): AdminResult<"keys_import">["steps"][number] => ({
  purpose: step.purpose,
  kid: step.kid,
  does: step.does,
  state: step.state,
  at: step.does === "retire" ? formatInstant(step.at) : null,
  why: step.does === "keep" ? step.why : null,
});
