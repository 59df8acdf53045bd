import type { Facts } from "./facts.ts";
import { type Finding, type Fix, found, unknown } from "./finding.ts";

/** Settings of the repository itself and of its Actions. */
export function repository(facts: Facts): readonly Finding[] {
  return [...state(facts), ...squash(facts), ...actions(facts)];
}

const change = (
  facts: Facts,
  id: string,
  does: string,
  body: Fix["call"]["body"],
  loosens: readonly string[] = [],
): Fix => ({
  id,
  does,
  loosens,
  call: { method: "PATCH", path: `repos/${facts.owner}/${facts.name}`, ...(body && { body }) },
});

function state(facts: Facts): readonly Finding[] {
  const findings: Finding[] = [];
  if (facts.archived)
    findings.push(found("archived", "error", "The repository is archived.", "Bring it back, on its page of settings."));
  if (facts.visibility === "public") {
    const fix = change(facts, "visibility", "makes the repository private", { visibility: "private" }, [
      "that everybody may read it; forks are cut off, stars and watchers are lost",
    ]);
    findings.push(
      found(
        "visibility",
        "error",
        "The repository is public.",
        "Make it private. What was public may have been copied.",
        fix,
      ),
    );
  } else if (facts.visibility !== "private")
    findings.push(
      found(
        "visibility",
        "note",
        `The repository is ${facts.visibility}: everybody in the enterprise reads it.`,
        "Nothing to do, if that is meant.",
      ),
    );
  return findings;
}

function squash(facts: Facts): readonly Finding[] {
  if (facts.squash.kind === "unreadable") return [unknown("squash", "Whether squash merges are allowed", facts.squash)];
  if (facts.squash.value) return [];
  const fix = change(facts, "squash", "allows squash merges", { allow_squash_merge: true });
  return [found("squash", "error", "Squash merges are not allowed.", "Allow them.", fix)];
}

function actions(facts: Facts): readonly Finding[] {
  if (facts.actions.kind === "unreadable")
    return [unknown("actions-approve", "What workflows may do by default", facts.actions)];
  const { approve, write } = facts.actions.value;
  const call = (body: Fix["call"]["body"]): Fix["call"] => ({
    method: "PUT",
    path: `repos/${facts.owner}/${facts.name}/actions/permissions/workflow`,
    ...(body && { body }),
  });
  const findings: Finding[] = [];
  if (approve)
    findings.push(
      found("actions-approve", "warning", "Workflows may approve pull requests.", "Turn it off.", {
        id: "actions-approve",
        does: "forbids workflows to create and approve pull requests",
        loosens: [],
        call: call({ can_approve_pull_request_reviews: false }),
      }),
    );
  if (write)
    findings.push(
      found(
        "actions-write",
        "warning",
        "Tokens of workflows may write by default.",
        "Make them read; a workflow that writes says so in `permissions`.",
        {
          id: "actions-write",
          does: "makes tokens of workflows read-only, where a workflow does not say otherwise",
          loosens: [],
          call: call({ default_workflow_permissions: "read" }),
        },
      ),
    );
  return findings;
}
