import type * as z from "zod";
import { approvals, duration, environment, gitRef, owner, repository, reusable, workflowFile } from "./names.ts";
import { boolean, doc, type Frozen, integer, leaf, list, object, oneOf, pattern } from "./schema.ts";
import { parseReusablePattern, parseWorkflowPattern } from "./workflow-pattern.ts";

// Only events that people with write start, over content that is in the repository. Not: pull_request*, issue_comment,
// workflow_run and all others, which strangers cause or which run what nobody reviewed (CHECKLIST C39).
const listable = ["workflow_dispatch", "push", "schedule", "repository_dispatch", "release", "deployment"] as const;

const event = leaf(
  `one of ${listable.join(", ")}; other events cannot be listed`,
  (text): string | undefined => listable.find((known) => known === text),
  { json: { enum: listable }, called: "an event that a role may list", code: "CS1019" },
);
const workflowPattern = leaf(
  "a pattern such as acme/infra/.github/workflows/*.yml@refs/heads/main (owner literal, ref full with at most one trailing *)",
  parseWorkflowPattern,
  { called: "a pattern of workflows" },
);
const reusablePattern = leaf(
  "a pattern such as acme/pipelines/.github/workflows/*.yml (owner literal, no ref: requests name the commit)",
  parseReusablePattern,
  { called: "a pattern of reusable workflows" },
);
const minutes = 60;

const workflowDefaults = object({
  repository: doc(repository.exactOptional(), "Repository of the workflow", "owner/name.", "acme/infra"),
  file: doc(workflowFile.exactOptional(), "Workflow file", "Path in that repository.", ".github/workflows/deploy.yml"),
  ref: doc(gitRef.exactOptional(), "Ref that it runs from", "Full: a branch or a tag.", "refs/heads/main"),
  environment: doc(environment.exactOptional(), "Environment of the job", "Exactly as the job names it.", "production"),
  reusable: doc(
    reusable.exactOptional(),
    "Reusable workflow that the job runs inside",
    "With its commit. Without this key the job must not run inside a reusable workflow.",
  ),
  actor: doc(
    oneOf(["requester", "any"]).exactOptional(),
    "Who may start the run",
    "requester: only the account that asked. any: whoever may start the workflow.",
    "requester",
  ),
});

/** Keys that a role of every kind has (DESIGN.md section 3). */
export const limits = {
  max_duration: doc(duration(minutes), "Longest access", "No request of this role lasts longer.", "4h"),
  approvals: doc(
    approvals.exactOptional(),
    "Approvals by owners",
    "Owner slots of each request path. May raise the settings' number, never lower it.",
    2,
  ),
  also_approved_by: doc(
    list(
      object({
        from: doc(list(owner, 1, 20), "Who may fill these slots", "Logins or teams.", ["@acme/security"]),
        count: doc(integer(1, 20).prefault("1"), "How many of them", "Slots beside those of the owners.", 1),
      }),
      1,
      10,
    ).default([]),
    "Further approvals",
    "More slots. One person fills one slot of a request.",
    [{ from: ["@acme/security"], count: 1 }],
  ),
  break_glass: doc(
    boolean.prefault("false"),
    "Break-glass admitted",
    "true: members of the settings' break_glass may use this role without approval, and an owner reviews it after.",
  ),
  tickets: doc(
    list(pattern("a prefix such as OPS", /^[A-Z][A-Z0-9_]{0,31}$/, 32), 1, 50).exactOptional(),
    "Ticket prefixes",
    "A request must name a ticket of one of these projects. Shape only: OPS admits OPS-123.",
    ["OPS", "SEC"],
  ),
  workflows: doc(
    list(workflowPattern, 1, 100).exactOptional(),
    "Workflows that may use the role",
    "owner/repo/.github/workflows/<file>@<ref>. Without it: any workflow of the same owner, and none is started for a request.",
    ["acme/infra/.github/workflows/*.yml@refs/heads/main"],
  ),
  reusable_workflows: doc(
    list(reusablePattern, 1, 100).exactOptional(),
    "Reusable workflows that a job may run inside",
    "owner/repo/.github/workflows/<file>. Without it: those of the owner of the workflow's repository.",
    ["acme/pipelines/.github/workflows/*.yml"],
  ),
  environments: doc(
    list(environment, 1, 100).exactOptional(),
    "Environments",
    "The job must run in one of these. Without it: any, or none.",
    ["production"],
  ),
  events: doc(
    list(event, 1, listable.length).prefault(["workflow_dispatch", "push", "schedule"]),
    "Events that may start the run",
    "Only events that people with write permission cause over reviewed content can be listed.",
    ["workflow_dispatch"],
  ),
  runners: doc(
    list(oneOf(["github-hosted", "self-hosted"]), 1, 2).prefault(["github-hosted"]),
    "Kinds of runner",
    "On a self-hosted runner others may read the credentials.",
    ["github-hosted"],
  ),
  defaults: doc(
    object({
      duration: doc(duration(minutes).exactOptional(), "Duration", "Where the request gives none.", "1h"),
      workflow: doc(workflowDefaults.exactOptional(), "Workflow", "What the request leaves out."),
    }).exactOptional(),
    "Defaults for requests",
    "What a request leaves out. The plan shows the whole.",
  ),
  last_issue_before_end: doc(
    duration(0).prefault("0m"),
    "Nothing issued this long before the end",
    "Moves what a cloud lets live on into the window.",
    "15m",
  ),
};
export type RoleLimits = Frozen<z.output<z.ZodObject<typeof limits>>>;

/** auto_approve without the keys that one kind alone has. */
export const autoApproveKeys = {
  requesters: doc(list(owner, 1, 50), "Who needs no approval", "Logins or teams.", ["@acme/sre"]),
  max_duration: doc(duration(minutes), "Longest access without approval", "Longer requests need approval.", "30m"),
  per_day: doc(integer(1, 1000), "How often", "Requests of this role by one person in 24 hours.", 5),
};
export const autoApproveTitle = [
  "Automatic approval",
  "No human is needed when all of it holds for every file of the pull request, and the requester alone wrote and pushed it.",
] as const;
