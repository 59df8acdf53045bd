import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Expectation, expectationText, parseExpectation } from "../../src/access-repo/expectation.ts";
import { ownerText, parseOwner } from "../../src/access-repo/owner.ts";
import type { Owner } from "../../src/access-repo/types.ts";

const owner: fc.Arbitrary<Owner> = fc.oneof(
  fc.record({ kind: fc.constant("user" as const), login: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/) }),
  fc.record({
    kind: fc.constant("team" as const),
    org: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/),
    slug: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/),
  }),
  fc.record({ kind: fc.constant("email" as const), address: fc.constantFrom("a@b.c", "x.y+z@acme.example") }),
);
const slots = fc.record({
  count: fc.integer({ min: 1, max: 99_999 }),
  from: fc.oneof(fc.constant("owners" as const), fc.array(owner, { minLength: 1, maxLength: 4 })),
});
const expectation: fc.Arbitrary<Expectation> = fc.oneof(
  fc.constant({ kind: "allowed" as const }),
  fc.record({
    kind: fc.constant("refused" as const),
    code: fc.oneof(fc.stringMatching(/^CS[0-9]{4}$/), fc.constantFrom("owned", "not_frozen", "authors_known")),
  }),
  fc.record({ kind: fc.constant("needs" as const), slots: fc.array(slots, { minLength: 1, maxLength: 4 }) }),
);

describe("what a policy test expects", () => {
  test("is read as it is written", () => {
    fc.assert(
      fc.property(expectation, (value) => {
        expect(parseExpectation(expectationText(value))).toEqual(value);
      }),
    );
  });
  test("of an owner is read as it is written", () => {
    fc.assert(
      fc.property(owner, (value) => {
        expect(parseOwner(ownerText(value))).toEqual(value);
      }),
    );
  });
  test.each<[string, Expectation]>([
    ["allowed", { kind: "allowed" }],
    ["refused CS2016", { kind: "refused", code: "CS2016" }],
    ["refused not_frozen", { kind: "refused", code: "not_frozen" }],
    ["needs 1 owner", { kind: "needs", slots: [{ count: 1, from: "owners" }] }],
    [
      "needs 2 owners, 1 @acme/security @carol",
      {
        kind: "needs",
        slots: [
          { count: 2, from: "owners" },
          {
            count: 1,
            from: [
              { kind: "team", org: "acme", slug: "security" },
              { kind: "user", login: "carol" },
            ],
          },
        ],
      },
    ],
  ])("%s", (text, value) => expect(parseExpectation(text)).toEqual(value));
  test.each([
    // Any slip in the test's own request would fulfil it.
    "refused",
    "refused ",
    "refused CS1",
    "refused CS2016 CS2013",
    "refused cs2016",
    "refused no such rule",
    "denied",
    "Allowed",
    "allowed ",
    "",
    "needs",
    "needs owners",
    "needs 0 owners",
    "needs -1 owners",
    "needs 01 owners",
    "needs 1",
    "needs 1 everybody",
    "needs 1 owners @bob",
    "needs 1 owners,1 @bob",
    "needs 1 owners, ",
    "needs 1  @bob",
    "needs 1 @acme/",
    "needs 1e3 owners",
    `needs 1 ${"@a ".repeat(1e5)}`,
  ])("%.40j is nothing", (text) => expect(parseExpectation(text)).toBeUndefined());
  test("any text is read or not, at once", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        for (const one of [text, `needs ${text}`, `refused ${text}`]) {
          const value = parseExpectation(one);
          if (value !== undefined) expect(parseExpectation(expectationText(value))).toEqual(value);
        }
      }),
    );
  });
});
