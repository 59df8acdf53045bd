import type { PlanCommon, RiskNote } from "./types.ts";

// Notes of all kinds. Prose: in no hash. What each kind adds is in notes-<kind>.ts; every sentence is plain and true by itself.

/** One note, or none. */
export const note = (when: boolean, code: string, text: string): readonly RiskNote[] => (when ? [{ code, text }] : []);

export const notNarrowed = (narrowed: boolean): readonly RiskNote[] =>
  note(!narrowed, "not_narrowed", "Not narrowed: it asks for all that the role may be asked for.");

/** Who else may come by the credentials, whatever they are. */
export const jobRisks = ({ workflow }: PlanCommon): readonly RiskNote[] => [
  ...note(
    workflow.actor === "any",
    "any_actor",
    "Anyone who may start the workflow can use the grant, not the requester alone.",
  ),
  ...note(
    workflow.runners.includes("self-hosted"),
    "self_hosted_runners",
    "The job may run on a self-hosted runner, where others on that machine may read the credentials.",
  ),
];

export const whatIsDoneStays = "What the job creates or changes stays after the end.";
