import { assert, constantFrom, integer, oneof, property, string, tuple, array } from "fast-check";
import { expect, test } from "vitest";
import { hasErrors } from "../../src/access-repo/diagnostics.ts";
import { parseRequest, parseTarget } from "../../src/access-repo/index.ts";
import { exampleBase, paths, request } from "../../src/access-repo/code-example-texts.ts";

const target = exampleBase.find(({ path }) => path === paths.target)?.text ?? "";
const readers = [
  [request("actions: [s3:DeleteBucket]", "resources: [arn:aws:s3:::acme-logs]"), paths.request, parseRequest],
  [target, paths.target, parseTarget],
] as const;
const piece = oneof(
  string({ unit: "binary", maxLength: 8 }),
  constantFrom(
    "&a",
    "*a",
    "!!js/x ",
    "<<: ",
    "[",
    "{",
    "- ",
    ": ",
    "\n",
    "\r",
    "\t",
    "|\n",
    "'",
    '"',
    "---\n",
    "\u2028",
    "{1..9}",
    "{1..99999999}",
  ),
);
/** Where, how many characters go, what comes. */
const change = tuple(integer({ min: 0, max: 2000 }), integer({ min: 0, max: 40 }), piece);

test.each(readers)(
  "C14 fuzz: a real file that was mutated never throws, and passes only without an error: %#",
  (text, path, read) => {
    const mangled = (changes: readonly (readonly [number, number, string])[]): string =>
      changes.reduce(
        (all, [at, gone, come]) =>
          all.slice(0, at % (all.length + 1)) + come + all.slice((at % (all.length + 1)) + gone),
        text,
      );
    expect(read(text, path).ok).toBe(true);
    assert(
      property(array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const result = read(mangled(changes), path);
        expect(result.ok).toBe(!hasErrors(result.diagnostics));
      }),
      { numRuns: 400 },
    );
  },
);
