import * as z from "zod";
import { approvals, duration, login, owner, targetName } from "./names.ts";
import { type ReadFile, readFile } from "./read-file.ts";
import { leaf, list, object, version } from "./schema.ts";
import type { FreezeEntry, Settings } from "./types.ts";

const freezeEntry = z.union([
  leaf("all, or one of target:, requester:, approver:", (text): FreezeEntry | undefined =>
    text === "all" ? { kind: "all" } : undefined,
  ),
  object({ target: targetName }).transform(({ target }): FreezeEntry => ({ kind: "target", target })),
  object({ requester: login }).transform((v): FreezeEntry => ({ kind: "requester", login: v.requester })),
  object({ approver: login }).transform((v): FreezeEntry => ({ kind: "approver", login: v.approver })),
]);

const hour = 3600;
const day = 86_400;

/** `.github/countersign.yml` (DESIGN.md section 3) */
export const settingsSchema = object({
  version,
  approvals: approvals.exactOptional(),
  pending_expiry: duration(hour, 90 * day).exactOptional(),
  break_glass: object({
    members: list(owner, 1, 50),
    max_duration: duration(60).exactOptional(),
    review_within: duration(hour, 90 * day).exactOptional(),
  }).exactOptional(),
  frozen: list(freezeEntry, 0, 1000).exactOptional(),
});

/** Parses the settings, with every default filled in. Never throws. */
export function parseSettings(text: string | undefined, path: string): ReadFile<Settings> {
  const read = readFile(text, path, settingsSchema);
  if (!read.ok) return read;
  const { break_glass, ...file } = read.value;
  const value: Settings = {
    version: file.version,
    approvals: file.approvals ?? 1,
    pending_expiry: file.pending_expiry ?? 7 * day,
    ...(break_glass === undefined
      ? {}
      : {
          break_glass: {
            members: break_glass.members,
            max_duration: break_glass.max_duration ?? hour,
            review_within: break_glass.review_within ?? 3 * day,
          },
        }),
    frozen: file.frozen ?? [],
  };
  return { ...read, value };
}
