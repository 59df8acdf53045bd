import { type Owner, ownerText, parseOwner } from "./owner.ts";

/** Open slots of one kind: how many, and who may fill them; `owners`: whoever CODEOWNERS names for the path. */
export interface ExpectedSlots {
  readonly count: number;
  readonly from: "owners" | readonly Owner[];
}

/** What a policy test says will come of a request. */
export type Expectation =
  | { readonly kind: "allowed" }
  /** `code`: of a diagnostic (CS2016), or the name of the approval rule that denies. */
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "needs"; readonly slots: readonly ExpectedSlots[] };

// Room for what a policy can want at most, so that whatever comes of a request can be written as what is expected.
const longest = 20_000;

/**
 * `allowed`, `refused CS2016`, `needs 2 owners, 1 @acme/security @carol`. The inverse of `expectationText`. Undefined for anything
 * else: also for `refused` alone, which a slip in the test's own request would fulfil.
 */
export function parseExpectation(text: string): Expectation | undefined {
  if (text.length > longest) return undefined;
  if (text === "allowed") return { kind: "allowed" };
  const [word = "", ...rest] = text.split(" ");
  if (word === "refused") {
    const [code = "", ...more] = rest;
    return more.length === 0 && /^(?:CS[0-9]{4}|[a-z][a-z_]{2,40})$/.test(code) ? { kind: "refused", code } : undefined;
  }
  if (word !== "needs") return undefined;
  const slots = rest.join(" ").split(", ").map(parseSlots);
  const known = slots.filter((slot) => slot !== undefined);
  return known.length === slots.length ? { kind: "needs", slots: known } : undefined;
}

function parseSlots(text: string): ExpectedSlots | undefined {
  const [number = "", ...names] = text.split(" ");
  if (!/^[1-9][0-9]{0,4}$/.test(number) || names.length === 0) return undefined;
  const count = Number(number);
  if (names.length === 1 && (names[0] === "owners" || names[0] === "owner")) return { count, from: "owners" };
  const owners = names.map(parseOwner);
  const known = owners.filter((owner) => owner !== undefined);
  return known.length === owners.length ? { count, from: known } : undefined;
}

/** As a policy test spells it. */
export function expectationText(expectation: Expectation): string {
  switch (expectation.kind) {
    case "allowed":
      return "allowed";
    case "refused":
      return `refused ${expectation.code}`;
    case "needs":
      return `needs ${expectation.slots.map(slotsText).join(", ")}`;
  }
}

const slotsText = ({ count, from }: ExpectedSlots): string =>
  `${count} ${from === "owners" ? "owners" : from.map(ownerText).join(" ")}`;
