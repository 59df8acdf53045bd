import { Command } from "commander";
import { hasErrors, parseRequest, parseRequestPath } from "../access-repo/index.ts";
import type { Diagnostic } from "../access-repo/types.ts";
import { rehearse } from "../approval/index.ts";
import { forJson, forTerminal } from "../base/text.ts";
import type { ExitCode, Io } from "./io.ts";
import { loadRepo } from "./load-repo.ts";
import { Misuse } from "./misuse.ts";
import { readPlace } from "./place.ts";
import { findRepo, pathsInRepo } from "./place-in-repo.ts";
import { readPlanFacts } from "./plan-facts.ts";
import { planJson, planText } from "./plan-text.ts";
import { type PlanFacts, planRequest } from "./plan-request.ts";
import { processIo } from "./process-io.ts";
import { render } from "./render-diagnostics.ts";
import { plainReport } from "./report.ts";

export interface PlanOptions {
  readonly repo?: string;
  /** RFC 3339: plan as if the merge were then. */
  readonly at?: string;
  /** Read ids and the workflow's version from GitHub. */
  readonly online?: boolean;
  readonly json?: boolean;
}

export function planCommand(): Command {
  return new Command("plan")
    .description("What a request would issue, and who must approve it")
    .argument("<file>", "the request's file")
    .option("--repo <dir>", "the access repo's folder (default: the nearest at or above this one)")
    .option("--at <time>", "plan as if it were merged then, such as 2026-11-24T09:00:00Z (default: now)")
    .option("--online", "read ids and the workflow file's version from GitHub, so that the hash is the check run's")
    .option("--json", "one JSON object; the policy under `issue`")
    .exitOverride()
    .addHelpText(
      "after",
      `
Without --online nothing is asked of anybody: the plan is a preview, whole but for ids and the workflow file's version. With it,
GitHub is read with GH_TOKEN or GITHUB_TOKEN; GHE_HOST names another host.
Exit code: 0 a plan; 1 the request has errors; 2 misuse.
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
    const now = timeOf(options.at) ?? io.now();
    const root = await findRepo(io.cwd, options.repo);
    const [path] = await pathsInRepo(root, io.cwd, [file]);
    const name = path === undefined ? undefined : parseRequestPath(path);
    if (path === undefined || name === undefined)
      throw new Misuse(
        `"${forTerminal(file, 200)}" is not a request: those are requests/<target>/[<YYYY-MM>/]<name>.yml.`,
      );
    const repo = await loadRepo({ root, base: undefined, wanted: (p) => p === path, now, progress: undefined });
    const [judged] = repo.requests;
    const { policy } = repo;
    const fail = (diagnostics: readonly Diagnostic[]): ExitCode => {
      const texts = new Map(
        [...repo.files.policy.targets, repo.files.policy.settings, judged?.file].map((f) => [f?.path, f?.text]),
      );
      const report = plainReport(diagnostics, (f) => texts.get(f));
      io.out(
        render(report, { format: options.json ? "json" : "text", all: true, colour: io.tty && !io.env["NO_COLOR"] }),
      );
      return 1;
    };
    if (judged === undefined) return fail(repo.files.findings);
    if (!policy.ok) return fail(policy.diagnostics.filter((d) => d.severity === "error"));
    const merged = judged.state === "merged";
    if (!merged && hasErrors(judged.diagnostics)) return fail(judged.diagnostics);
    const parsed = parseRequest(judged.file.text, path);
    if (!parsed.ok) return fail(parsed.diagnostics);
    const basis = { policy: policy.policy, files: repo.files.policy, actions: repo.actions };
    const asked = { file: parsed.value, at: parsed.at, path: name, now, merged };
    const preview = await planRequest(basis, asked);
    if (!preview.ok) return fail(preview.diagnostics);
    const facts = options.online ? await factsOf(root, preview.request, io) : undefined;
    const planned = facts === undefined ? preview : await planRequest(basis, asked, facts);
    if (!planned.ok) return fail(planned.diagnostics);
    // Nobody has approved: the slots are what the rules want filled, by whom and by which line.
    const decision = rehearse(basis, planned.request, { requester: "the-requester", approvedBy: [], teams: {} });
    const shown = { path, planned, decision, policy: policy.policy, at: now, complete: facts !== undefined };
    io.out(options.json ? `${forJson(planJson(shown))}\n` : planText(shown));
    return 0;
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    io.err(`${forTerminal(`countersign plan: ${error.message}`, 5000)}\n`);
    return 2;
  }
}

function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/.test(text) ? new Date(text) : undefined;
  if (time === undefined || Number.isNaN(time.getTime()))
    throw new Misuse(`--at: write a time with its zone, such as 2026-11-24T09:00:00Z, not "${forTerminal(text, 60)}".`);
  return time;
}

async function factsOf(root: string, request: Parameters<typeof readPlanFacts>[1], io: Io): Promise<PlanFacts> {
  const place = await readPlace(root, {});
  if (place === null)
    throw new Misuse("--online: the folder has no remote `origin` on GitHub, so its repository is not known.");
  const facts = await readPlanFacts(place.fullName, request, io.env);
  if (typeof facts === "string") throw new Misuse(`--online: ${facts}`);
  return facts;
}
