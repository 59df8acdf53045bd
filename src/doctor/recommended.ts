import type { Json } from "./facts.ts";

// The rules that an access repo should have, as `POST /repos/{owner}/{repo}/rulesets` and GitHub's page "Import a ruleset" take them.

/** The check run that the app posts. */
export const checkName = "countersign";
export const ledgerBranch = "countersign-ledger";

/** Types of rules for the default branch. The app's check counts from the app alone, so its rule needs to know which App is ours. */
export const defaultBranchRules = (appId: number | null): ReadonlyMap<string, Json> =>
  new Map<string, Json>([
    ["deletion", { type: "deletion" }],
    ["non_fast_forward", { type: "non_fast_forward" }],
    [
      "pull_request",
      {
        type: "pull_request",
        parameters: {
          // Countersign's rules ask for the reviews; an approval that GitHub asks for itself would stop the app's own merges.
          required_approving_review_count: 0,
          require_code_owner_review: false,
          require_last_push_approval: false,
          dismiss_stale_reviews_on_push: false,
          required_review_thread_resolution: false,
        },
      },
    ],
    ...(appId === null
      ? []
      : ([
          [
            "required_status_checks",
            {
              type: "required_status_checks",
              parameters: {
                strict_required_status_checks_policy: false,
                do_not_enforce_on_create: false,
                required_status_checks: [{ context: checkName, integration_id: appId }],
              },
            },
          ],
        ] as const)),
  ]);

export const ledgerRules: ReadonlyMap<string, Json> = new Map(
  ["creation", "update", "deletion", "non_fast_forward"].map((type) => [type, { type }]),
);

/** `~DEFAULT_BRANCH` follows the branch when it is renamed. Nobody may bypass. */
export const defaultBranchRuleset = (name: string, rules: readonly Json[]): Json => ({
  name,
  target: "branch",
  enforcement: "active",
  conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
  bypass_actors: [],
  rules,
});

/** Only our App may bypass. */
export const ledgerRuleset = (name: string, appId: number, rules: readonly Json[]): Json => ({
  name,
  target: "branch",
  enforcement: "active",
  conditions: { ref_name: { include: [`refs/heads/${ledgerBranch}`], exclude: [] } },
  bypass_actors: [{ actor_id: appId, actor_type: "Integration", bypass_mode: "always" }],
  rules,
});
