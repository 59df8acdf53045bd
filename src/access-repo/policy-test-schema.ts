import * as z from "zod";
import { parseExpectation } from "./expectation.ts";
import { instant, login, owner, prose, targetName } from "./names.ts";
import { parseRequestPath } from "./request-path.ts";
import { parseOwner } from "./owner.ts";
import { innerRequestSchema } from "./request-schema.ts";
import { atMost, doc, type Frozen, leaf, list, object, trouble, version } from "./schema.ts";

const requestPath = leaf(
  "the path of a request such as requests/aws-prod/2026-11/delete-stale-logs.yml",
  parseRequestPath,
);

const teamName = leaf("a team such as @acme/sre", (text) => (parseOwner(text)?.kind === "team" ? text : undefined));
const teams = atMost(200, z.record(teamName, list(login, 0, 200)), "At most 200 teams in one file.").superRefine(
  (value, context) => {
    const names = Object.keys(value);
    // GitHub's names have no case: of two lists for one team, people would believe the one that they see.
    if (new Set(names.map((name) => name.toLowerCase())).size < names.length)
      trouble(context, [], "Two team names differ only by case.", "CS1013", "Make one list of the two.");
  },
);

const expectation = leaf(
  "allowed, refused <code> such as refused CS2016, or needs <slots> such as needs 2 owners, 1 @acme/security",
  parseExpectation,
  {
    called: "an outcome that can be expected",
    json: { pattern: "^(allowed|refused [A-Za-z0-9_]+|needs [1-9].*)$" },
  },
);

const policyTest = object({
  name: doc(prose(1, 200), "What it shows", "One line.", "Security must agree to bucket deletions"),
  target: doc(targetName.exactOptional(), "Target", "Of the request below.", "aws-prod"),
  path: doc(
    requestPath.exactOptional(),
    "Path",
    "Where the request would stand, if that matters to CODEOWNERS; otherwise in a folder of its target.",
    "requests/aws-prod/2026-11/delete-stale-logs.yml",
  ),
  request: doc(innerRequestSchema, "Request", "What is asked: the keys of a request file, without version."),
  requester: doc(login, "Who asks", "A login.", "@alice"),
  approved_by: doc(list(owner, 0, 50).exactOptional(), "Who approved already", "Logins.", ["@bob"]),
  at: doc(instant.exactOptional(), "When", "The time of the decision; now, if absent.", "2026-11-24T09:00:00Z"),
  expect: doc(
    expectation,
    "What comes of it",
    "allowed: nobody else is needed. refused CS2016: with this code. needs 2 owners, 1 @acme/security: these approvals are missing.",
    "needs 2 owners, 1 @acme/security",
  ),
}).superRefine((value, context) => {
  if ((value.target === undefined) === (value.path === undefined))
    trouble(
      context,
      ["request"],
      "A test names either a target or a path.",
      "CS1013",
      "Add `target:`, or `path:` alone.",
    );
  for (const [i, one] of (value.approved_by ?? []).entries())
    if (one.kind !== "user")
      trouble(context, ["approved_by", i], "People approve, not teams.", "CS1011", "Write a login.");
});

/** `tests/*.yml`: what the policy must answer to whom. */
export const policyTestSchema = object({
  version,
  teams: doc(teams.prefault({}), "Teams", "Who is in which team, for these tests: GitHub is not asked.", {
    "@acme/sre": ["@alice", "@bob"],
  }),
  tests: doc(list(policyTest, 1, 500), "Tests", "Each a request, who asks, and what must come of it."),
});

export type PolicyTestFile = Frozen<z.output<typeof policyTestSchema>>;
export type PolicyTest = PolicyTestFile["tests"][number];
