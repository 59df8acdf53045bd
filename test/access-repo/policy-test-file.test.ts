import { describe, expect, test } from "vitest";
import { isPolicyTestPath, parsePolicyTests } from "../../src/access-repo/policy-test-file.ts";
import { placed, valueOf } from "./expect-codes.ts";

const one = (more = "", expectation = "allowed", head = ""): string => `version: 1
${head}tests:
  - name: one
    requester: "@alice"
    request: { role: operator, reason: Delete the old log bucket }
    expect: ${expectation}
    target: aws-prod
${more}`;
const found = (text: string): string[] => placed(parsePolicyTests(text, "tests/a.yml").diagnostics);

describe("a file of policy tests", () => {
  test("logins are with or without @, and as old accounts have them", () => {
    const text = one('    approved_by: ["@bob"]\n', "allowed", 'teams: { "@acme/sre": [bob, "@a--b-"] }\n');
    const { teams, tests } = valueOf(parsePolicyTests(text, "tests/a.yml"));
    expect(teams).toEqual({ "@acme/sre": ["bob", "a--b-"] });
    expect(tests).toMatchObject([{ requester: "alice", approved_by: [{ kind: "user", login: "bob" }] }]);
  });
  test.each<[string, string, readonly string[]]>([
    ["`refused` without a code", one("", "refused"), ["6:13 CS1011"]],
    [
      "two spellings of one team",
      one("", "allowed", 'teams: { "@acme/sre": [a], "@Acme/SRE": [b] }\n'),
      ["2:1 CS1013"],
    ],
    ["a team that is none", one("", "allowed", "teams: { sre: [a] }\n"), ["2:10 CS1011"]],
    ["a team with a name that no team has", one("", "allowed", 'teams: { "@acme/sré": [a] }\n'), ["2:10 CS1011"]],
    ["a team that approves", one('    approved_by: ["@acme/sre"]\n'), ["8:19 CS1011"]],
    ["an app that asks", one().replace('"@alice"', '"dependabot[bot]"'), ["4:16 CS1011"]],
    ["target and path", one("    path: requests/aws-prod/a.yml\n"), ["5:5 CS1013"]],
    ["neither target nor path", one().replace("    target: aws-prod\n", ""), ["5:5 CS1013"]],
    ["a path that is no request's", one("    path: requests/a.yml\n"), ["8:11 CS1011"]],
    ["a slip in the request", one().replace("reason", "reson"), ["5:5 CS1009", "5:32 CS1007"]],
    ["a version in the request", one().replace("{ role", "{ version: 1, role"), ["5:16 CS1007"]],
    ["no tests", "version: 1\ntests: []\n", ["2:1 CS1012"]],
  ])("%s is an error at its place", (_, text, places) => expect(found(text)).toEqual(places));
});

test.each([
  ["tests/a.yml", true],
  ["tests/deep/er/still/a.b-c_D.yml", true],
  ["tests/a.yaml", false],
  ["tests/.a.yml", false],
  ["tests/a b.yml", false],
  ["tests/../a.yml", false],
  ["tests/1/2/3/4/a.yml", false],
  ["test/a.yml", false],
  ["x/tests/a.yml", false],
  [`tests/${"a".repeat(500)}.yml`, false],
])("%s is a file of policy tests: %s", (path, is) => expect(isPolicyTestPath(path)).toBe(is));
