import { formatDuration, formatInstant, type Seconds } from "../base/duration.ts";
import type { RepositoryId } from "../base/ids.ts";
import { checkNarrowing } from "./check-narrowing.ts";
import { checkWorkflow } from "./check-workflow.ts";
import { finding, hasErrors, inOrder, nowhere, listed, quote } from "./diagnostics.ts";
import type { Report } from "./report.ts";
import { advise, didYouMean, nearest } from "./suggest.ts";
import type { Diagnostic, Locate, Parsed, Policy, RequestFile, RequestPath, ResolvedRequest, Role } from "./types.ts";

export interface CheckRequestInput {
  readonly file: RequestFile;
  readonly path: RequestPath;
  /** `at` of the parsed request; without it, findings stand at the start of the file. */
  readonly at?: Locate;
  readonly policy: Policy;
  readonly now: Date;
  /** True where the file is on the default branch already: a `start` may then have passed. */
  readonly merged: boolean;
  /** The access repo's id, which is part of the subject; without it the subject's length is not checked. */
  readonly repositoryId?: RepositoryId;
}

const day = 86_400_000;
const maxSubjectBytes = 126;

/**
 * Fills in the role's defaults and the target's sets, and checks the request against the policy (DESIGN.md section 3).
 * What only GitHub knows (owner, write permission, the workflow file) is checked elsewhere. Never throws.
 */
export function checkRequest(input: CheckRequestInput): Parsed<ResolvedRequest> {
  const { file, path, policy } = input;
  const at = input.at ?? nowhere;
  const diagnostics: Diagnostic[] = [];
  const report: Report = (code, where, message, advice) => {
    const { hint, fix, finger } = typeof advice === "object" ? advice : { hint: advice };
    diagnostics.push(finding(code, path.path, at(where, finger), message, { hint, fix }));
  };
  const failed = (): Parsed<ResolvedRequest> => ({ ok: false, diagnostics: inOrder(diagnostics) });

  const target = policy.targets.get(path.target);
  if (target === undefined) {
    // The path is wrong, not a line.
    report("CS2010", [], `There is no target ${quote(path.target)}.`, rightFolder(path, policy));
    return failed();
  }
  const role = target.roles.get(file.role);
  if (role === undefined) {
    report(
      "CS2011",
      ["role"],
      `${path.target} has no role ${quote(file.role)}.`,
      advise(file.role, target.roles.keys()),
    );
    return failed();
  }
  const duration = checkDuration(file, role, policy, report);
  checkTicket(file, role, report);
  checkStart(input, duration, report);
  checkSubject(input, target.cloud, report);
  if (file.break_glass !== undefined && (!role.break_glass || policy.settings.break_glass === undefined)) {
    const who = role.break_glass ? "The settings name nobody who may." : "The role does not admit it.";
    report("CS2025", ["break_glass"], `Break-glass is not possible here. ${who}`);
  }
  const narrowing = checkNarrowing(file, target, role, report);
  const workflow = checkWorkflow(file, role, report);
  if (duration === undefined || narrowing === undefined || workflow === undefined || hasErrors(diagnostics))
    return failed();
  const value: ResolvedRequest = {
    path,
    target,
    role,
    roleName: file.role,
    reason: file.reason,
    ...(file.ticket === undefined ? {} : { ticket: file.ticket }),
    ...narrowing,
    duration,
    ...(file.start === undefined ? {} : { start: file.start }),
    runs: file.runs,
    workflow,
    ...(file.dispatch === undefined ? {} : { dispatch: file.dispatch }),
    ...(file.break_glass === undefined ? {} : { break_glass: file.break_glass }),
  };
  return { ok: true, value, diagnostics: inOrder(diagnostics) };
}

/** The target is named by the folder, so the way out is a path, not a text to put into the file. */
function rightFolder({ path, target }: RequestPath, { targets }: Policy): string {
  const meant = nearest(target, targets.keys());
  if (meant !== undefined) return `Did you mean ${quote(meant)}? Then move the file to ${movedTo(path, meant)}.`;
  return `${didYouMean(target, targets.keys())} The folder under requests/ names it.`;
}
const movedTo = (path: string, target: string): string => path.replace(/^requests\/[^/]*\//, `requests/${target}/`);

function checkDuration(file: RequestFile, role: Role, policy: Policy, report: Report): number | undefined {
  const duration = file.duration ?? role.defaults?.duration;
  if (duration === undefined) {
    report("CS2014", ["duration"], "Neither the request nor the role's defaults say how long.");
    return undefined;
  }
  if (duration > role.max_duration) {
    const most = formatDuration(role.max_duration);
    report(
      "CS2013",
      ["duration"],
      `${formatDuration(duration)} is longer than the role's ${most}.`,
      `Write ${most} or less.`,
    );
  }
  const urgent = policy.settings.break_glass?.max_duration;
  if (file.break_glass !== undefined && urgent !== undefined && duration > urgent) {
    const most = formatDuration(urgent);
    report("CS2013", ["duration"], `Break-glass access lasts at most ${most}.`, `Write ${most} or less.`);
  }
  if (duration <= role.last_issue_before_end) {
    const least = formatDuration(role.last_issue_before_end);
    report(
      "CS2013",
      ["duration"],
      `The role issues nothing in the last ${least}, so nothing could be issued.`,
      `Ask for more than ${least}.`,
    );
  }
  return duration;
}

/** Shape only: whether the ticket exists is for people to see. */
function checkTicket(file: RequestFile, role: Role, report: Report): void {
  if (role.tickets === undefined) return;
  const shapes = listed(
    "or",
    role.tickets.map((prefix) => `${prefix}-123`),
  );
  if (file.ticket === undefined) {
    report("CS2015", ["ticket"], "This role wants a ticket.", `Add \`ticket:\`, such as ${shapes}.`);
    return;
  }
  const dash = file.ticket.lastIndexOf("-");
  const fits =
    role.tickets.includes(file.ticket.slice(0, dash)) && /^[1-9][0-9]{0,9}$/.test(file.ticket.slice(dash + 1));
  if (!fits)
    report("CS2015", ["ticket"], `${quote(file.ticket)} is not a ticket of this role.`, `Write it like ${shapes}.`);
}

/** A slot is wall-clock, whenever the approval comes: one that has begun is shorter, one that is over is none. */
function checkStart({ file, now, merged }: CheckRequestInput, duration: Seconds | undefined, report: Report): void {
  if (file.start === undefined || merged) return;
  const start = file.start.getTime();
  // Where no duration is admitted that is said instead, and the start is held to itself.
  const end = start + (duration ?? 0) * 1000;
  if (end <= now.getTime()) {
    const slot = `The slot from ${formatInstant(file.start)} to ${formatInstant(new Date(end))}`;
    report("CS2023", ["start"], `${slot} is over; it is ${formatInstant(now)}.`);
  } else if (start > now.getTime() + 30 * day) {
    report("CS2023", ["start"], `${formatInstant(file.start)} is more than 30 days ahead.`);
  }
}

/** Clouds cut or refuse longer subjects, and GCP counts bytes (CLOUDS.md section 0). All parts are ASCII. */
function checkSubject({ file, path, repositoryId }: CheckRequestInput, kind: string, report: Report): void {
  if (repositoryId === undefined) return;
  const length = `repository:${repositoryId}:${kind}:${path.target}:${file.role}`.length;
  if (length > maxSubjectBytes)
    report("CS2024", ["role"], `The subject would have ${length} bytes, of at most ${maxSubjectBytes}.`);
}
