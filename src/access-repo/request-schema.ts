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
  workflowFile,
} from "./names.ts";
import { integer, leaf, list, object, oneOf, trouble, version } from "./schema.ts";
import { actions, resources, statements } from "./statement-schema.ts";

/** Which workflow; every part may come from the role's defaults instead. */
const workflow = object({
  repository: repository.exactOptional(),
  file: workflowFile.exactOptional(),
  ref: gitRef.exactOptional(),
  environment: environment.exactOptional(),
  sha: commit.exactOptional(),
  reusable: reusable.exactOptional(),
  actor: oneOf(["requester", "any"]).exactOptional(),
});

// GitHub takes at most 25 inputs (its OpenAPI description of the dispatch endpoint, `maxProperties: 25`). The size bound is
// ours: what is approved must be shown whole in a plan.
const maxInputs = 25;
const maxInputCharacters = 16_384;
const inputName = leaf("an input name such as dry_run", (text) =>
  /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/.test(text) ? text : undefined,
);
const inputs = z.record(inputName, z.string()).superRefine((value, context) => {
  const names = Object.keys(value);
  if (names.length > maxInputs) trouble(context, [], `GitHub takes at most ${maxInputs} inputs.`, "CS1012");
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

/** `requests/<target>/[<YYYY-MM>/]<name>.yml` (DESIGN.md section 3). */
export const requestSchema = object({
  version,
  role: roleName,
  reason: prose(10, 500),
  ticket: prose(1, 100).exactOptional(),
  allow: statements.exactOptional(),
  actions: actions.exactOptional(),
  resources: resources.exactOptional(),
  sets: list(roleName, 1, 20).exactOptional(),
  permissions: permissions.exactOptional(),
  repositories: repositories.exactOptional(),
  boundary: boundary.exactOptional(),
  duration: duration(60).exactOptional(),
  start: instant.exactOptional(),
  runs: integer(1, 20).exactOptional(),
  workflow: workflow.exactOptional(),
  dispatch: object({ inputs: inputs.exactOptional() }).exactOptional(),
  break_glass: prose(10, 500).exactOptional(),
}).superRefine((value, context) => {
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
});
