import type { CodeEntry } from "./code-entry.ts";

/** Codes about the named workflow. */
export const codesCs5 = {
  CS5001: {
    title: "Workflow of another owner",
    cause:
      "Whoever owns a workflow's repository decides what its next version does. So that has to be the owner of the access repo, without exception.",
    cure: "Name a workflow of a repository of the same owner.",
  },
  CS5002: {
    title: "Workflow repository not reachable",
    cause: "The repository does not exist, or the app is not installed on it. GitHub does not say which.",
    cure: "Check the name, or have the app installed on the repository.",
  },
  CS5003: {
    title: "Requester may not write there",
    cause: "Who may not start a workflow by hand may not have it started by a request either.",
    cure: "Get write permission on the repository first, or have somebody who has it ask.",
  },
  CS5004: {
    title: "Workflow file not found",
    cause: "The repository has no plain file of this path at this ref.",
    cure: "Check workflow.file and workflow.ref.",
  },
  CS5005: {
    title: "Workflow cannot be dispatched",
    cause:
      "The request has its workflow started, but the workflow file has no event workflow_dispatch, or cannot be read.",
    cure: "Add `on: workflow_dispatch` to the workflow, or remove dispatch from the request.",
  },
  CS5006: {
    title: "Undeclared input",
    cause: "The workflow does not declare this input, so GitHub would refuse to start it.",
    cure: "Remove the input, or declare it under on.workflow_dispatch.inputs of the workflow.",
  },
  CS5007: {
    title: "Required input missing",
    cause: "The workflow requires the input and has no default for it, so GitHub would refuse to start it.",
    cure: "Add it under dispatch.inputs.",
  },
  CS5008: {
    title: "Input value not admitted",
    cause: "The workflow lists the values that this input may have.",
    cure: "Write one of the listed values.",
  },
} as const satisfies Record<`CS5${number}`, CodeEntry>;
