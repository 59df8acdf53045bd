import { Command } from "commander";
import { hasErrors, parseRequest, parseRequestPath } from "../access-repo/index.ts";
import type { Diagnostic, Policy, RequestPath, ResolvedRequest } from "../access-repo/types.ts";
import { nobody, rehearse, withoutApproval } from "../approval/index.ts";
import { forJson, forTerminal } from "../base/text.ts";
import { type LoadedRepo, policyInForce } from "./checks.ts";
import { colourful, type ExitCode, type Io } from "./io.ts";
import { findingsText, sourceOf } from "./load-policy.ts";
import { loadRepo } from "./load-repo.ts";
import { mergeTime } from "./merge-time.ts";
import { Misuse } from "./misuse.ts";
import { readPlace, shown } from "./place.ts";
import { findRepo, pathsInRepo } from "./place-in-repo.ts";
import { hostOf, readPlanFacts } from "./plan-facts.ts";
import { type Basis, type PlanFacts, type Planned, planRequest } from "./plan-request.ts";
import { noPlanJson, planJson, planText } from "./plan-text.ts";
import { processIo } from "./process-io.ts";

export interface PlanOptions {
  readonly repo?: string;
  /** RFC 3339: plan as if the merge were then. */
  readonly at?: string;
  /** Read ids and the workflow's version from GitHub. */
  readonly online?: boolean;
  /** owner/name of the access repo, for `online`. */
  readonly repository?: string;
  readonly json?: boolean;
}

export function planCommand(): Command {
  return new Command("plan")
    .description("What a request would issue, and who must approve it")
    .argument("<file>", "the request's file")
    .option("--repo <dir>", "the access repo's folder (default: the nearest at or above this one)")
    .option("--at <time>", "plan as if it were merged then, such as 2026-11-24T09:00:00Z (default: now)")
    .option("--online", "read ids and the workflow file's version from GitHub, so that the hash is the check run's")
    .option("--repository <owner/name>", "the access repo on GitHub, for --online (default: the remote origin)")
    .option("--json", "one JSON object; what would be issued under `issue`")
    .exitOverride()
    .addHelpText(
      "after",
      `
Without --online nothing is asked of anybody: the plan is a preview, whole but for ids and the workflow file's version. With it,
GitHub is read with GH_TOKEN or GITHUB_TOKEN; GHE_HOST names another host than github.com, whose token is in GH_ENTERPRISE_TOKEN or
GITHUB_ENTERPRISE_TOKEN unless it is a ghe.com.
Exit code: 0 a plan; 1 the request or the policy has errors; 2 misuse, with nothing on standard output.
Examples:
  countersign plan requests/aws-prod/2026-11/delete-stale-logs.yml
  countersign plan requests/aws-prod/2026-11/delete-stale-logs.yml --json | jq .issue`,
    )
    .action(async (file: string, options: PlanOptions) => {
      process.exitCode = await plan(file, options, processIo());
    });
}

/** `countersign plan` (DESIGN.md section 6): prints, and returns the exit code. */
export async function plan(file: string, options: PlanOptions, io: Io): Promise<ExitCode> {
  try {
    return await run(file, options, io);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    io.err(`${forTerminal(`countersign plan: ${error.message}`, 5000)}\n`);
    return 2;
  }
}

async function run(file: string, options: PlanOptions, io: Io): Promise<ExitCode> {
  const now = timeOf(options.at) ?? io.now();
  const root = await findRepo(io.cwd, options.repo);
  const [given] = await pathsInRepo(root, io.cwd, [file]);
  const path = given === undefined ? undefined : parseRequestPath(given);
  if (path === undefined)
    throw new Misuse(`${shown(file)} is not a request: those are requests/<target>/[<YYYY-MM>/]<name>.yml.`);
  const place = await readPlace(root, options, hostOf(io.env));
  if (options.online === true && place === null)
    throw new Misuse("--online: there is no remote `origin` on GitHub: add --repository owner/name.");
  const repo = await loadRepo({ root, base: undefined, wanted: (p) => p === path.path, now, progress: undefined });
  const facts = async (request: ResolvedRequest): Promise<PlanFacts | undefined> => {
    if (options.online !== true || place === null) return undefined;
    const read = await readPlanFacts(place, request, io.env);
    if (typeof read === "string") throw new Misuse(`--online: ${read}`);
    return read;
  };
  const planned = await planOf(repo, path, now, facts);
  if (!planned.ok) {
    const { diagnostics } = planned;
    const ofPolicy = sourceOf(repo.files.policy);
    const source = (name: string) => (name === path.path ? repo.requests[0]?.file.text : ofPolicy(name));
    if (options.json === true) io.out(`${forJson(noPlanJson(path.path, diagnostics))}\n`);
    else io.out(findingsText(diagnostics, source, colourful(io)));
    return 1;
  }
  // Nobody has approved, and nobody is known to ask: the slots are what the rules want filled, by whom and by which line.
  const { policy, basis, diagnostics, merged } = planned;
  const { break_glass: _urgent, ...ordinary } = planned.request;
  const decision = rehearse(basis, ordinary, nobody);
  const mergedAt = merged && options.at === undefined ? await mergeTime(root, repo.history.base, path.path) : undefined;
  const result = {
    path: path.path,
    planned,
    decision,
    without: withoutApproval(policy, planned.request),
    policy,
    diagnostics,
    at: mergedAt ?? now,
    merged: mergedAt !== undefined,
    complete: options.online === true,
  };
  io.out(options.json === true ? `${forJson(planJson(result))}\n` : planText(result));
  if (options.json !== true && diagnostics.length > 0)
    io.err(findingsText(diagnostics, () => repo.requests[0]?.file.text, false));
  return 0;
}

type PlanOf =
  | (Extract<Planned, { readonly ok: true }> & {
      readonly basis: Basis;
      readonly policy: Policy;
      readonly merged: boolean;
    })
  | Extract<Planned, { readonly ok: false }>;

/** Plans the one request of a loaded repo; with what GitHub says of it, where that is asked. */
async function planOf(
  { requests: [judged], policy, files, actions }: LoadedRepo,
  path: RequestPath,
  now: Date,
  factsOf: (request: ResolvedRequest) => Promise<PlanFacts | undefined>,
): Promise<PlanOf> {
  const inForce = policyInForce(policy, files);
  if (inForce === undefined) return failed([...files.findings, ...policy.diagnostics]);
  if (judged === undefined) {
    if (hasErrors(files.findings)) return failed(files.findings);
    throw new Misuse(`${path.path} stands where git has another repository: a request is a file of the access repo.`);
  }
  const merged = judged.state === "merged";
  const parsed = parseRequest(judged.file.text, path.path);
  if (!parsed.ok || (!merged && hasErrors(judged.diagnostics))) return failed(judged.diagnostics);
  const basis = { policy: inForce, files: files.policy, actions };
  const asked = { file: parsed.value, at: parsed.at, path, now, merged };
  const preview = await planRequest(basis, asked);
  if (!preview.ok) return preview;
  const facts = await factsOf(preview.request);
  const planned = facts === undefined ? preview : await planRequest(basis, asked, facts);
  if (!planned.ok) return planned;
  const diagnostics = [...parsed.diagnostics, ...planned.diagnostics];
  return { ...planned, diagnostics, basis, policy: basis.policy, merged };
}

const failed = (diagnostics: readonly Diagnostic[]): PlanOf => ({
  ok: false,
  diagnostics: diagnostics.filter((d) => d.severity === "error"),
});

/** A day that does not exist (30 February) is refused, not moved. */
function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const [, day] = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const midnight = new Date(`${day ?? ""}T00:00:00Z`);
  const time = new Date(text);
  const exists = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day ?? "-");
  if (day === undefined || !exists || Number.isNaN(time.getTime()))
    throw new Misuse(`--at: write a time with its zone, such as 2026-11-24T09:00:00Z, not ${shown(text)}.`);
  return time;
}
