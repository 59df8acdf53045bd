import { forTrailer } from "../base/text.ts";
import type { Batch } from "../ledger/types.ts";

/** Commit message of a batch. Built from our own fields only: no text of people reaches it (C62). */
export function batchMessage(batch: Batch): string {
  const counts = new Map<string, number>();
  for (const entry of batch.entries) counts.set(entry.type, (counts.get(entry.type) ?? 0) + 1);
  const types = [...counts].map(([type, n]) => (n === 1 ? type : `${type} x${n}`)).join(", ");
  const total = batch.entries.length;
  return [
    forTrailer(`Record ${total} ${total === 1 ? "entry" : "entries"}: ${types}`, 120),
    "",
    `Countersign-Batch: ${batch.header.batch}`,
    `Countersign-Sequence: ${batch.header.sequence}`,
    `Countersign-Key: ${batch.header.kid}`,
  ].join("\n");
}
