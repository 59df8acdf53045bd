import { dispatchConflict, isPolicyPath, sameDispatch } from "../access-repo/index.ts";
import type { LoadedPolicy } from "../access-repo/index.ts";
import type { Diagnostic, ResolvedRequest } from "../access-repo/types.ts";
import type { AccessRepoFiles } from "./access-repo-files.ts";
import type { History } from "./history.ts";
import type { JudgedRequest } from "./judge-request.ts";

/** Everything that a check may look at: an access repo, read, parsed and judged file by file. */
export interface LoadedRepo {
  /** Absolute, without links. */
  readonly root: string;
  readonly files: AccessRepoFiles;
  readonly policy: LoadedPolicy;
  readonly history: History;
  /** Those that were asked for. */
  readonly requests: readonly JudgedRequest[];
  readonly now: Date;
}

/** One kind of finding over a loaded repo. Never throws on what the repo holds. */
export type Check = (repo: LoadedRepo) => readonly Diagnostic[] | Promise<readonly Diagnostic[]>;

/** What `validate` does, in this order; findings are sorted by place afterwards. */
export const checks: readonly Check[] = [files, policy, requests, dispatches];

function files({ files }: LoadedRepo): readonly Diagnostic[] {
  return files.findings;
}

/** A file that is no plain one is told once: that it cannot be read follows from it. */
function policy({ policy }: LoadedRepo): readonly Diagnostic[] {
  const odd = new Set(policy.diagnostics.filter((d) => d.code === "CS2001").map((d) => d.file));
  return policy.diagnostics.filter((d) => d.code !== "CS1001" || !odd.has(d.file));
}

function requests({ requests }: LoadedRepo): readonly Diagnostic[] {
  return requests.flatMap((request) => request.diagnostics);
}

/** C71: what is not merged will be one pull request, in which one workflow is not started in two ways. */
function dispatches({ requests, history }: LoadedRepo): readonly Diagnostic[] {
  if (history.merged === undefined) return [];
  const found: Diagnostic[] = [];
  const first = new Map<string, ResolvedRequest>();
  for (const { resolved } of requests) {
    if (resolved?.request.dispatch === undefined) continue;
    const { request, at } = resolved;
    const { repository, file, ref } = request.workflow;
    const key = JSON.stringify([repository.toLowerCase(), file, ref]);
    const other = first.get(key);
    if (other === undefined) first.set(key, request);
    else if (!sameDispatch(other, request))
      found.push(dispatchConflict({ file: request.path.path, at }, other.path.path));
  }
  return found;
}

/** Requests are judged under a policy only where all of it is there and fits. */
export const policyStands = (policy: LoadedPolicy, { findings }: AccessRepoFiles): boolean =>
  policy.ok && !findings.some((d) => d.severity === "error" && isPolicyPath(d.file));
