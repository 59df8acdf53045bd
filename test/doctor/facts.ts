import { loadPolicy } from "../../src/access-repo/index.ts";
import { objectId } from "../../src/base/ids.ts";
import type { Facts, Finding, Json, Reading, Rule, Ruleset } from "../../src/doctor/index.ts";
import { diagnose } from "../../src/doctor/index.ts";
import { appEvents, appPermissions } from "../../src/doctor/installation.ts";
import { defaultBranchRules, ledgerRules } from "../../src/doctor/recommended.ts";
import { target } from "../sandbox/seed.ts";

export const appId = 4711;
export const read = <T>(value: T): Reading<T> => ({ kind: "read", value });
export const unreadable: Reading<never> = { kind: "unreadable", why: "GitHub answered 403 (x).", needs: "an admin" };

/** A policy of one target, with the CODEOWNERS that is given. */
export function policyOf(codeowners = "* @acme/cloud-owners\n", files: { settings?: string; target?: string } = {}) {
  let n = 0;
  const file = (path: string, text: string) => ({
    path,
    text,
    mode: 0o100644,
    oid: objectId(String(++n).padStart(40, "0")),
  });
  return loadPolicy({
    settings: file(".github/countersign.yml", files.settings ?? "version: 1\napprovals: 1\n"),
    targetsTree: objectId("f".repeat(40)),
    targets: [file("targets/aws-prod.yml", files.target ?? target)],
    codeowners: [file(".github/CODEOWNERS", codeowners), undefined, undefined],
  });
}

export const rulesOf = (rules: Iterable<Json>, id: number, more: Partial<Rule> = {}): Rule[] =>
  [...rules].map((rule) => ({
    type: String(rule["type"]),
    parameters: (rule["parameters"] ?? {}) as Json,
    ruleset: id,
    sourceType: "Repository",
    source: "acme/access",
    ...more,
  }));

export const ruleset = (id: number, rules: Iterable<Json>, more: Partial<Ruleset> = {}): Ruleset => ({
  id,
  name: `rules ${id}`,
  rules: [...rules],
  branches: ["~DEFAULT_BRANCH"],
  bypass: read([]),
  readerBypasses: "never",
  ...more,
});
export const ourBypass = { type: "Integration", id: appId, mode: "always" } as const;

/** An access repo of which doctor finds nothing; what a test breaks is given. */
export function facts(more: Partial<Facts> = {}): Facts {
  const main = [...defaultBranchRules(appId).values()];
  const ledger = [...ledgerRules.values()];
  return {
    reader: "person",
    host: "github.com",
    webUrl: "https://github.com",
    owner: "acme",
    name: "access",
    ownerId: 52,
    organization: true,
    defaultBranch: "main",
    visibility: "private",
    archived: false,
    squash: read(true),
    app: { id: appId, slug: "countersign" },
    rules: read(rulesOf(main, 1)),
    ledgerRules: read(rulesOf(ledger, 2)),
    rulesets: new Map([
      [1, read(ruleset(1, main))],
      [
        2,
        read(
          ruleset(2, ledger, {
            bypass: read([ourBypass]),
            readerBypasses: "always",
            branches: ["refs/heads/countersign-ledger"],
          }),
        ),
      ],
    ]),
    rulesetNames: ["rules 1", "rules 2"],
    protection: read(null),
    actions: read({ approve: false, write: false }),
    policy: read(policyOf()),
    codeowners: read([]),
    teams: new Map([["acme/cloud-owners", read({ visible: true, canWrite: true })]]),
    installation: read({
      id: 9,
      slug: "countersign",
      suspended: false,
      permissions: appPermissions,
      events: appEvents,
      allRepositories: true,
    }),
    targets: [{ fullName: "acme/infra", owner: read(52), installed: read(true), subject: read("default" as const) }],
    notLookedAt: 0,
    ...more,
  };
}

/** Rules of the default branch that are one ruleset, number 1. */
export function withRules(
  rules: readonly Json[],
  more: Partial<Ruleset> = {},
  rule: Partial<Rule> = {},
): Partial<Facts> {
  const { rulesets } = facts();
  return {
    rules: read(rulesOf(rules, 1, rule)),
    rulesets: new Map([...rulesets, [1, read(ruleset(1, rules, more))]]),
  };
}
export const good = (): Json[] => [...defaultBranchRules(appId).values()];
/** The recommended rules, of which one has other parameters. */
export const changed = (type: string, parameters: Json): Json[] =>
  good().map((rule) =>
    rule["type"] === type ? { type, parameters: { ...(rule["parameters"] as Json), ...parameters } } : rule,
  );

export const find = (more: Partial<Facts>): readonly Finding[] => diagnose(facts(more));
export const brief = (more: Partial<Facts>): string[] => find(more).map((f) => `${f.level} ${f.code}`);
