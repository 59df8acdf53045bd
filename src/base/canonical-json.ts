import { createHash } from "node:crypto";
import type { Digest } from "./ids.ts";

/** What may be hashed or signed. No floats, no undefined: they have no one spelling that all readers agree on. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * RFC 8785 (JCS) for the subset that we sign: safe integers only, members sorted by UTF-16 code units, no white space.
 * A library would add floats, which we forbid, and silence about what it drops, which we cannot have.
 * Members whose value is `undefined` are an error, not left out: what is signed must be what was meant.
 * @throws TypeError on anything that is not `Json`, on lone surrogates and on unsafe integers.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError(`not a safe integer: ${value}`);
    return String(value);
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new TypeError("lone surrogate in a string");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`not JSON: ${typeof value}`);
  // A Date, a Map or an instance has members that are not its own: it would be `{}`, or half of what it seems to be.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError("not JSON: an object of a class");
  const record = value as { readonly [key: string]: Json };
  let members = "";
  for (const key of Object.keys(record).sort())
    members += `${members && ","}${canonicalJson(key)}:${canonicalJson(record[key] as Json)}`;
  return `{${members}}`;
}

/** `sha256:<hex>` over the UTF-8 bytes of a string, or over bytes. */
export const sha256 = (data: string | Uint8Array): Digest =>
  `sha256:${createHash("sha256").update(data).digest("hex")}` as Digest;

/** Digest of the canonical form. */
export const digestOf = (value: Json): Digest => sha256(canonicalJson(value));
