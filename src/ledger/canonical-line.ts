import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { LedgerError } from "./errors.ts";

/**
 * One line as JSON, only if it is the one canonical spelling of its value: two readers must never see different facts
 * in the same signed bytes (duplicate members, escapes, number spellings, members named `__proto__`).
 * @throws LedgerError `ledger_malformed`, `ledger_not_canonical`
 */
export function parseCanonicalLine(line: string, where: string): Json {
  let value: Json;
  try {
    value = JSON.parse(line) as Json;
  } catch {
    // No cause: V8's message quotes the line.
    throw new LedgerError("ledger_malformed", `${where}: not JSON.`);
  }
  let again: string | undefined;
  try {
    again = canonicalJson(value);
  } catch {
    // A float, a lone surrogate, or nesting beyond the stack: nothing that we ever wrote.
  }
  if (again !== line) throw new LedgerError("ledger_not_canonical", `${where}: not in canonical form.`);
  return value;
}
