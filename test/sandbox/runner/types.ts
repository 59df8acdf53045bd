export type Variables = Readonly<Record<string, string>>;

export interface RunJobOptions {
  /** The workflow file as it is at the run's commit. */
  readonly workflowText: string;
  /** Which job; needed where the workflow has several. */
  readonly job?: string;
  /** `workflow_dispatch` inputs. */
  readonly inputs?: Variables;
  /** The `github` context: `repository`, `ref`, `run_id`, ... Each string becomes GITHUB_<NAME> as well. */
  readonly github: Variables;
  /** The `vars` context. */
  readonly vars?: Variables;
  /** Handed to the steps only where the job's permissions have `id-token: write`, as GitHub does. */
  readonly oidc: { readonly url: string; readonly token: string };
  /** What the machine has before the job starts, AWS_ENDPOINT_URL for example. Nothing of this process's environment leaks in. */
  readonly env?: Variables;
  /** `uses` without its `@version` (or with it, to tell versions apart) -> folder of the action. */
  readonly actions: Readonly<Record<string, string>>;
  /** An empty or missing folder; holds workspace, temp and command files. */
  readonly workDir: string;
  /** Put before the usual PATH. */
  readonly path?: readonly string[];
  /** A step that takes longer is killed and fails. Default 60 000. */
  readonly stepTimeoutMs?: number;
}

export type Outcome = "success" | "failure" | "skipped";

export interface StepResult {
  readonly id: string | undefined;
  readonly name: string;
  /** Before `continue-on-error`. */
  readonly outcome: Outcome;
  readonly conclusion: Outcome;
  readonly outputs: Variables;
  /** What the step appended to GITHUB_STEP_SUMMARY, masked. */
  readonly summary: string;
}

export interface JobResult {
  readonly conclusion: "success" | "failure";
  /** As a person reads it on GitHub: masked, workflow commands turned into `##[error]...` and the like. */
  readonly log: string;
  readonly steps: readonly StepResult[];
  /** The job's `outputs`; one that holds a masked value is left out, as GitHub does. */
  readonly outputs: Variables;
}
