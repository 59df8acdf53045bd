import path from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalGitHub, Run } from "./github/index.ts";
import { binDir, runJob } from "./runner/index.ts";

const actionDir = fileURLToPath(new URL("../../action", import.meta.url));

export interface JobOptions {
  readonly github: LocalGitHub;
  readonly appUrl: string;
  readonly awsUrl: string;
  readonly dir: string;
  /** Further variables of the machine. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Executes one queued run of the local GitHub as its runner would: the workflow at the run's commit, the built Action, real tools. */
export async function executeRun({ github, appUrl, awsUrl, dir, env = {} }: JobOptions, run: Run) {
  github.runs.start(run.id);
  const attempt = run.attempts.length;
  const fullName = `${run.repo.owner.login}/${run.repo.name}`;
  const oidc = github.runs.requestTokenFor(run.id, run.environment);
  const blob = await run.repo.git.object(`${run.headSha}:${run.workflowPath}`);
  if (!blob) throw new Error(`no ${run.workflowPath} at ${run.headSha}`);
  const workflowText = blob.content.toString();
  const result = await runJob({
    workflowText,
    inputs: run.inputs,
    github: {
      repository: fullName,
      repository_owner: run.repo.owner.login,
      ref: run.ref,
      sha: run.headSha,
      run_id: String(run.id),
      run_attempt: String(attempt),
      event_name: run.event,
      actor: run.actor.login,
      server_url: github.url,
      api_url: github.apiUrl,
    },
    vars: { COUNTERSIGN_URL: appUrl },
    oidc: { url: oidc.ACTIONS_ID_TOKEN_REQUEST_URL, token: oidc.ACTIONS_ID_TOKEN_REQUEST_TOKEN },
    // Stands for the names that a real machine resolves to AWS; everything else comes from the Action.
    env: { AWS_ENDPOINT_URL: awsUrl, ...env },
    actions: { "acme/countersign-action": actionDir },
    workDir: path.join(dir, `run-${run.id}-${attempt}`),
    path: [binDir],
  });
  github.runs.complete(run.id, result.conclusion);
  return result;
}
