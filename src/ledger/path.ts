import { LedgerError } from "./errors.ts";
import { uuidPattern } from "./shapes.ts";

/** `ledger/YYYY/MM/DD/<batch id>.jsonl`, by the UTC day. @throws LedgerError `ledger_wrong_path` when the id is not a UUID. */
export function batchPath(date: Date, batchId: string): string {
  if (!uuidPattern.test(batchId)) throw new LedgerError("ledger_wrong_path", "A batch id is a lower-case UUID.");
  return `ledger/${date.toISOString().slice(0, 10).replaceAll("-", "/")}/${batchId}.jsonl`;
}

/** The batch id that a path names, or undefined where `batchPath` could not have written it. */
export function batchIdOfPath(path: string): string | undefined {
  const match = /^ledger\/(\d{4})\/(\d\d)\/(\d\d)\/([^/]+)\.jsonl$/.exec(path);
  const [, year, month, day, id] = match ?? [];
  if (id === undefined || !uuidPattern.test(id)) return undefined;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && batchPath(date, id) === path ? id : undefined;
}
