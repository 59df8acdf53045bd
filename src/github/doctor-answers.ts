import { z } from "zod";
import type { BypassActor, Json, Protection, Rule, Ruleset } from "../doctor/index.ts";

// What GitHub answers to doctor's questions, parsed into the facts of `src/doctor`.

const json = z.record(z.string(), z.unknown());

/** `GET /rules/branches/{branch}`: rules of every ruleset in force, those of organization and enterprise as well. */
export const rulesAnswer = z.array(
  z
    .looseObject({
      type: z.string(),
      parameters: json.optional(),
      ruleset_id: z.number(),
      ruleset_source_type: z.enum(["Repository", "Organization", "Enterprise"]),
      ruleset_source: z.string(),
    })
    .transform(
      (r): Rule => ({
        type: r.type,
        parameters: r.parameters ?? {},
        ruleset: r.ruleset_id,
        sourceType: r.ruleset_source_type,
        source: r.ruleset_source,
      }),
    ),
);

const bypassActor = z
  .object({ actor_id: z.number().nullish(), actor_type: z.string(), bypass_mode: z.string().default("always") })
  .transform((a): BypassActor => ({ type: a.actor_type, id: a.actor_id ?? null, mode: a.bypass_mode }));

/** `GET /rulesets/{id}`: without `bypass_actors` for whoever may not change the ruleset. */
export const rulesetAnswer = z
  .object({
    id: z.number(),
    name: z.string(),
    rules: z.array(json).default([]),
    conditions: z
      .looseObject({ ref_name: z.looseObject({ include: z.array(z.string()).optional() }).optional() })
      .nullish(),
    bypass_actors: z.array(bypassActor).optional(),
    current_user_can_bypass: z.string().optional(),
  })
  .transform(
    (r): Ruleset => ({
      id: r.id,
      name: r.name,
      rules: r.rules satisfies readonly Json[],
      branches: r.conditions?.ref_name?.include ?? [],
      bypass: r.bypass_actors
        ? { kind: "read", value: r.bypass_actors }
        : {
            kind: "unreadable",
            why: "GitHub shows the list only to those who may change the ruleset.",
            needs: "a token of an admin of the repository (or of an owner of the organization, for its rulesets)",
          },
      readerBypasses: r.current_user_can_bypass ?? null,
    }),
  );

export const rulesetNames = z.array(z.object({ name: z.string() })).transform((all) => all.map(({ name }) => name));

const enabled = z.object({ enabled: z.boolean() }).optional();

/** `GET /branches/{branch}/protection`, for admins. */
export const protectionAnswer = z
  .object({
    required_pull_request_reviews: z
      .object({
        required_approving_review_count: z.number().default(1),
        require_code_owner_reviews: z.boolean(),
        require_last_push_approval: z.boolean().default(false),
      })
      .optional(),
    required_status_checks: z
      .object({
        strict: z.boolean().default(false),
        checks: z.array(z.object({ context: z.string(), app_id: z.number().nullable() })),
      })
      .optional(),
    restrictions: z.object({ apps: z.array(z.object({ slug: z.string() })) }).optional(),
    enforce_admins: enabled,
    allow_force_pushes: enabled,
    allow_deletions: enabled,
    lock_branch: enabled,
    required_signatures: enabled,
  })
  .transform((p): Protection => {
    const reviews = p.required_pull_request_reviews;
    const checks = p.required_status_checks;
    return {
      reviews: reviews
        ? {
            approvals: reviews.required_approving_review_count,
            codeOwners: reviews.require_code_owner_reviews,
            lastPush: reviews.require_last_push_approval,
          }
        : null,
      checks: checks
        ? {
            strict: checks.strict,
            // -1 and null: from anybody.
            required: checks.checks.map(({ context, app_id: id }) => ({ context, appId: id === -1 ? null : id })),
          }
        : null,
      pushers: p.restrictions ? p.restrictions.apps.map(({ slug }) => slug) : null,
      admins: p.enforce_admins?.enabled ?? false,
      forcePushes: p.allow_force_pushes?.enabled ?? true,
      deletions: p.allow_deletions?.enabled ?? true,
      locked: p.lock_branch?.enabled ?? false,
      signatures: p.required_signatures?.enabled ?? false,
    };
  });

export const actionsAnswer = z
  .object({ default_workflow_permissions: z.string(), can_approve_pull_request_reviews: z.boolean() })
  .transform((a) => ({
    approve: a.can_approve_pull_request_reviews,
    // Anything but "read" counts as more.
    write: a.default_workflow_permissions !== "read",
  }));

export const codeownersAnswer = z
  .object({ errors: z.array(z.object({ path: z.string(), line: z.number(), kind: z.string() })) })
  .transform(({ errors }) => errors);

export const installationAnswer = z
  .object({
    id: z.number(),
    app_id: z.number(),
    app_slug: z.string(),
    suspended_at: z.string().nullish(),
    permissions: z.record(z.string(), z.string()),
    events: z.array(z.string()),
    repository_selection: z.string(),
  })
  .transform((i) => ({
    id: i.id,
    appId: i.app_id,
    slug: i.app_slug,
    suspended: i.suspended_at !== null && i.suspended_at !== undefined,
    permissions: i.permissions,
    events: i.events,
    allRepositories: i.repository_selection === "all",
  }));

export const subjectAnswer = z
  .object({ use_default: z.boolean(), include_claim_keys: z.array(z.string()).optional() })
  .transform((s): readonly string[] | "default" => (s.use_default ? "default" : (s.include_claim_keys ?? [])));

export const repositoryAnswer = z.object({
  id: z.number(),
  full_name: z.string(),
  owner: z.object({ id: z.number(), login: z.string(), type: z.string() }),
  default_branch: z.string(),
  private: z.boolean(),
  visibility: z.string().optional(),
  archived: z.boolean().default(false),
  allow_squash_merge: z.boolean().optional(),
});

export const teamAnswer = z.object({ privacy: z.string() });
export const teamRepoAnswer = z.object({ permissions: z.object({ push: z.boolean() }) });

export const branchAnswer = z.object({
  protected: z.boolean(),
  protection: z.object({ enabled: z.boolean().optional() }).optional(),
});
