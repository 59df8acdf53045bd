import * as z from "zod";
import { boundary, permissions, repositories } from "./kind-schema.ts";
import {
  commit,
  duration,
  environment,
  gitRef,
  instant,
  prose,
  repository,
  reusable,
  roleName,
  targetName,
  workflowFile,
} from "./names.ts";
import { atMost, doc, type Frozen, integer, leaf, list, object, oneOf, trouble, version } from "./schema.ts";
import { actions, resources, statements } from "./statement-schema.ts";

/** Which workflow; every part may come from the role's defaults instead. */
const workflow = object({
  repository: doc(
    repository.exactOptional(),
    "Repository of the workflow",
    "owner/name, of the owner of this access repo.",
    "acme/infra",
  ),
  file: doc(
    workflowFile.exactOptional(),
    "Workflow file",
    "Its content at approval is what may run.",
    ".github/workflows/delete-bucket.yml",
  ),
  ref: doc(gitRef.exactOptional(), "Ref that it runs from", "Full: a branch or a tag.", "refs/heads/main"),
  environment: doc(
    environment.exactOptional(),
    "Environment of the job",
    "Exactly as the job names it; without this key the job must name none.",
    "production",
  ),
  sha: doc(
    commit.exactOptional(),
    "Commit",
    "Only a run of exactly this commit.",
    "3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c",
  ),
  reusable: doc(
    reusable.exactOptional(),
    "Reusable workflow that the job runs inside",
    "With its commit. Without this key the job must not run inside a reusable workflow.",
    "acme/pipelines/.github/workflows/x.yml@3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c",
  ),
  actor: doc(
    oneOf(["requester", "any"]).exactOptional(),
    "Who may start the run",
    "requester (the default): only you. any: whoever may start the workflow.",
    "requester",
  ),
});

// GitHub takes at most 25 inputs (its OpenAPI description of the dispatch endpoint, `maxProperties: 25`). The size bound is
// ours: what is approved must be shown whole in a plan.
const maxInputs = 25;
const maxInputCharacters = 16_384;
const inputName = leaf("an input name such as dry_run", (text) =>
  /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/.test(text) ? text : undefined,
);
// Always text to us, as GitHub hands it to the workflow; a person may write `dry_run: true`.
const inputValue = z.string().meta({ type: ["string", "number", "boolean"] });
const tooManyInputs = `GitHub takes at most ${maxInputs} inputs.`;
const inputs = atMost(maxInputs, z.record(inputName, inputValue), tooManyInputs).superRefine((value, context) => {
  const names = Object.keys(value);
  const size = Object.entries(value).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  if (size > maxInputCharacters)
    trouble(context, [], `Inputs hold at most ${maxInputCharacters} characters in all.`, "CS1012");
  // Runners hand inputs on as INPUT_<NAME>, without case.
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) {
    trouble(context, [], "Two input names differ only by case.", "CS1013");
  }
});

// AWS takes a session policy of at most 2048 characters, so more can never be issued; and judging costs time.
const maxParts = 500;

const fields = {
  role: doc(roleName, "Role", "A role of the target that the folder names.", "operator"),
  reason: doc(
    prose(10, 500),
    "Reason",
    "Why, in one line that an approver understands. It stays in the history.",
    "Delete the log bucket left behind by the storage migration",
  ),
  ticket: doc(prose(1, 100).exactOptional(), "Ticket", "Where the work is tracked.", "OPS-1423"),
  allow: doc(
    statements.exactOptional(),
    "What is asked for",
    "aws only. Every action and resource pair must be inside one statement of the role. Without it, the role's whole allow.",
    [{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }],
  ),
  actions: doc(actions.exactOptional(), "Actions", "aws only: one statement, with resources, instead of allow.", [
    "s3:DeleteBucket",
  ]),
  resources: doc(resources.exactOptional(), "Resources", "aws only: what the actions are for.", [
    "arn:aws:s3:::acme-stale-logs",
  ]),
  sets: doc(list(roleName, 1, 20).exactOptional(), "Sets", "aws only: named statements of the target.", ["tf-state"]),
  permissions: doc(permissions.exactOptional(), "Permissions", "github only: fewer than the role's.", {
    contents: "read",
  }),
  repositories: doc(repositories.exactOptional(), "Repositories", "github only: fewer than the role's.", [
    "acme/infra",
  ]),
  boundary: doc(boundary.exactOptional(), "Credential Access Boundary", "gcp only: narrower than the role's."),
  duration: doc(
    duration(60).exactOptional(),
    "How long",
    "From the merge, or from start. At most the role's max_duration.",
    "1h",
  ),
  start: doc(
    instant.exactOptional(),
    "Start",
    "A wall-clock slot [start, start + duration), whenever the approval comes. At most 30 days ahead.",
    "2026-11-24T09:00:00Z",
  ),
  runs: doc(integer(1, 20).prefault("1"), "Run attempts", "How many run attempts may exchange.", 1),
  workflow: doc(workflow.exactOptional(), "Workflow", "Which workflow may use the grant. The role's defaults fill in."),
  dispatch: doc(
    object({
      inputs: doc(
        inputs.prefault({}),
        "Inputs",
        "Exactly these inputs and no others. Texts: quote numbers and booleans as you like, they stay texts.",
        { bucket: "acme-stale-logs" },
      ),
    }).exactOptional(),
    "Start the workflow",
    "It is started at the merge, and the grant is bound to that run.",
  ),
  break_glass: doc(
    prose(10, 500).exactOptional(),
    "Break-glass",
    "Instead of approval, where role and person may: what is on fire. An owner reviews it after.",
    "INC-2041 checkout is down",
  ),
};

type Fields = z.output<z.ZodObject<typeof fields>>;

function checkTogether(value: Fields, context: Parameters<typeof trouble>[0]): void {
  const parts = (value.allow ?? []).reduce((sum, s) => sum + s.actions.length + s.resources.length, 0);
  if (parts > maxParts) trouble(context, ["allow"], `At most ${maxParts} actions and resources in all.`, "CS1012");
  const short = value.actions !== undefined || value.resources !== undefined;
  if (short && value.allow !== undefined) {
    trouble(context, ["allow"], "Write either allow, or actions and resources, not both.");
  }
  if (value.actions !== undefined && value.resources === undefined) {
    trouble(
      context,
      ["actions"],
      "actions needs resources beside it.",
      "CS1013",
      "Add `resources:` with what they act on.",
    );
  }
  if (value.resources !== undefined && value.actions === undefined) {
    trouble(context, ["resources"], "resources needs actions beside it.", "CS1013", "Add `actions:`.");
  }
}

/** `requests/<target>/[<YYYY-MM>/]<name>.yml` (DESIGN.md section 3). */
export const requestSchema = object({ version, ...fields }).superRefine(checkTogether);

/** A request inside another file, whose version is its own: in policy tests. */
export const innerRequestSchema = object(fields).superRefine(checkTogether);

/** What a job sends to `POST /requests`: the fields of a request file, and where it belongs. */
export const askSchema = object({
  version: version.exactOptional(),
  target: doc(targetName, "Target", "The folder of the request.", "aws-prod"),
  access_repo: doc(
    repository.exactOptional(),
    "Access repo",
    "owner/name. Needed only where several access repos know the target.",
    "acme/access",
  ),
  ...fields,
}).superRefine(checkTogether);

/** As checked, before parseRequest() turns the short form into `allow`. */
export type CheckedRequest = Frozen<z.output<typeof requestSchema>>;
