import type { DecisionInput, Snapshot } from "../approval/types.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Enrolment } from "./enrolment.ts";
import type { Posted } from "./posted-plan.ts";

/** One open pull request that is being judged: what was read of it, and what it was shown as. */
export interface Judgement {
  readonly deps: ReconcileDeps;
  readonly enrolment: Enrolment;
  readonly accepted: NonNullable<Enrolment["accepted"]>;
  readonly snapshot: Snapshot;
  /** Who may not approve beside those that the snapshot shows. */
  readonly excluded: DecisionInput["excluded"];
  /** A job asked for it. */
  readonly byJob: boolean;
  readonly posted: Posted | null;
}
