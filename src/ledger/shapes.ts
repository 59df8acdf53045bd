import { z } from "zod";
import { formatInstant } from "../base/duration.ts";

// Vocabulary of the entry shapes. Sizes of texts are bounded by the batch (see batch.ts), so only forms are checked here.

/** Lower-case UUID form; also a file name, so nothing else may pass. */
export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const text = z.string();
export const uuid = z.string().regex(uuidPattern, "expected a lower-case UUID");
export const id = z.int().positive();
export const count = z.int().nonnegative();
export const hex40 = z.string().regex(/^[0-9a-f]{40}$/, "expected 40 lower-case hex digits");
export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "expected sha256:<64 hex>");
/** RFC 3339, UTC, whole seconds, and a day that exists: JavaScript turns 30 February into 2 March without a word. */
export const instant = z.string().refine((value) => {
  const time = Date.parse(value);
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) && !Number.isNaN(time) && formatInstant(new Date(time)) === value
  );
}, "expected RFC 3339 in UTC with whole seconds");
export const actor = z.strictObject({ id, login: text });
export const texts = z.record(z.string(), z.string());
export const publicKey = z.strictObject({ kid: text, public_key: text });

/** Members of every entry. */
export const common = { v: z.literal(1), id: uuid, at: instant };
export const ofGrant = { ...common, grant: uuid, path: text };
