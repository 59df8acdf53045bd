import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codes } from "../../src/doctor/index.ts";
import { defaultBranchRules, defaultBranchRuleset, ledgerRules, ledgerRuleset } from "../../src/doctor/recommended.ts";

const page = readFileSync("docs/doctor.md", "utf8");

test("the page has every check, and no other", () => {
  const rows = page
    .split("\n")
    .flatMap((line) => /^\| `([a-z-]+)` \| (.+) \|$/.exec(line)?.slice(1, 3).join(": ") ?? []);
  expect(rows).toEqual(Object.entries(codes).map(([code, why]) => `${code}: ${why}`));
});

test("the rulesets to import are those that --fix makes", () => {
  const [main, ledger, ...more] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, text]) => JSON.parse(text ?? "") as unknown,
  );
  expect(more).toEqual([]);
  expect(main).toEqual(defaultBranchRuleset("Countersign: default branch", [...defaultBranchRules(123456).values()]));
  expect(ledger).toEqual(ledgerRuleset("Countersign: ledger", 123456, [...ledgerRules.values()]));
});
