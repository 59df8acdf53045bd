import { type Owner, parseOwner } from "./owner.ts";

/** Open slots of one kind: how many, and who may fill them; `owners`: whoever CODEOWNERS names for the path. */
export interface ExpectedSlots {
  readonly count: number;
  readonly from: "owners" | readonly Owner[];
}

/** What a policy test says will come of a request. */
export type Expectation =
  | { readonly kind: "allowed" }
  /** `code`: of a diagnostic (CS2016), or the name of the approval rule that denies. Absent: any. */
  | { readonly kind: "refused"; readonly code?: string }
  | { readonly kind: "needs"; readonly slots: readonly ExpectedSlots[] };

/**
 * `allowed`, `refused`, `refused CS2016`, `needs 2 owners, 1 @acme/security @carol`. The inverse of `expectationText`.
 * Undefined for anything else.
 */
export function parseExpectation(text: string): Expectation | undefined {
  if (text.length > 1000) return undefined;
  if (text === "allowed") return { kind: "allowed" };
  if (text === "refused") return { kind: "refused" };
  const [word = "", ...rest] = text.split(" ");
  if (word === "refused") {
    const [code, ...more] = rest;
    return code !== undefined && more.length === 0 && /^(?:CS[0-9]{4}|[a-z][a-z_]{2,40})$/.test(code)
      ? { kind: "refused", code }
      : undefined;
  }
  if (word !== "needs") return undefined;
  const slots = rest.join(" ").split(", ").map(parseSlots);
  const known = slots.filter((slot) => slot !== undefined);
  return known.length === slots.length ? { kind: "needs", slots: known } : undefined;
}

function parseSlots(text: string): ExpectedSlots | undefined {
  const [number = "", ...names] = text.split(" ");
  if (!/^[1-9][0-9]?$/.test(number) || names.length === 0) return undefined;
  const count = Number(number);
  if (names.length === 1 && (names[0] === "owners" || names[0] === "owner")) return { count, from: "owners" };
  const owners = names.map(parseOwner);
  const known = owners.filter((owner) => owner !== undefined);
  return known.length === owners.length ? { count, from: known } : undefined;
}
