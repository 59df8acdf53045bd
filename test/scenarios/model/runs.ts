import type { Actor } from "../../../src/approval/types.ts";
import { type RunId, runId } from "../../../src/base/ids.ts";
import type { Run } from "../../../src/github/types.ts";

/** A workflow run, with what the token of one of its jobs says. */
export interface ModelRun extends Omit<Run, "attempt" | "triggeringActor"> {
  /** Full name. */
  readonly repository: string;
  readonly file: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Who started each attempt, the first one first. */
  readonly starters: Actor[];
  cancelled: boolean;
}

/** The runs of all workflows. A run keeps its id and its actor when it is run again; only the attempt has another starter. */
export class Runs {
  readonly all: ModelRun[] = [];
  readonly #nextId: () => number;
  constructor(nextId: () => number) {
    this.#nextId = nextId;
  }

  start(by: Actor, run: Pick<ModelRun, "repository" | "file" | "ref" | "inputs" | "headSha" | "createdAt">): ModelRun {
    const id = runId(this.#nextId());
    const made = {
      ...run,
      id,
      event: "workflow_dispatch",
      status: "queued",
      actor: by,
      starters: [by],
      cancelled: false,
    };
    this.all.push(made);
    return made;
  }
  get(id: RunId): ModelRun | undefined {
    return this.all.find((run) => run.id === id);
  }
  /** As GitHub's API tells of one attempt, by default the newest. */
  view(id: RunId, attempt?: number): (Run & { readonly repository: string }) | null {
    const run = this.get(id);
    if (!run) return null;
    const number = attempt ?? run.starters.length;
    const triggeringActor = run.starters[number - 1];
    const { event, status, actor, headSha, createdAt, repository } = run;
    return triggeringActor
      ? { id, attempt: number, event, status, actor, triggeringActor, headSha, createdAt, repository }
      : null;
  }
  /** Newest first, as GitHub lists them; one that was cancelled stays listed. */
  of(repository: string, file: string, since: Date): readonly Run[] {
    return this.all
      .filter((run) => run.repository === repository && run.file === file && run.createdAt >= since)
      .flatMap((run) => this.view(run.id) ?? [])
      .reverse();
  }
}
