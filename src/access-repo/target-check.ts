import { formatDuration } from "../base/duration.ts";
import type { Code } from "./codes.ts";
import { quote } from "./diagnostics.ts";
import { firstPersistence } from "./persistence.ts";
import type { AwsRole, Role, Target } from "./types.ts";

/** Adds a finding at a path of the file. */
export type Finder = (
  code: Code,
  where: readonly (string | number)[],
  message: string,
  more?: { readonly hint?: string },
) => void;

/** What one target's keys say against each other. */
export function checkTarget(target: Target, report: Finder): void {
  for (const [name, role] of target.roles) {
    const at = (...rest: readonly string[]) => ["roles", name, ...rest];
    const { defaults, max_duration } = role;
    if (defaults?.duration !== undefined && defaults.duration > max_duration) {
      report(
        "CS1013",
        at("defaults", "duration"),
        `The default is longer than max_duration, ${formatDuration(max_duration)}.`,
      );
    }
    if (role.last_issue_before_end >= max_duration) {
      report("CS1013", at("last_issue_before_end"), "This leaves no time in which credentials could be issued.");
    }
    if (role.auto_approve !== undefined && role.auto_approve.max_duration > max_duration) {
      report(
        "CS1013",
        at("auto_approve", "max_duration"),
        `Longer than the role's max_duration, ${formatDuration(max_duration)}.`,
      );
    }
    if (new Set(role.events).size < role.events.length) report("CS1013", at("events"), "An event stands here twice.");
    checkDefaultEnvironment(role, at, report);
    if (role.kind === "aws") checkAws(target, role, at, report);
  }
}

function checkDefaultEnvironment(role: Role, at: (...rest: string[]) => string[], report: Finder): void {
  const environment = role.defaults?.workflow?.environment;
  if (environment !== undefined && role.environments !== undefined && !role.environments.includes(environment)) {
    report(
      "CS1013",
      at("defaults", "workflow", "environment"),
      `${quote(environment)} is not among the role's environments.`,
    );
  }
}

function checkAws(target: Target, role: AwsRole, at: (...rest: string[]) => string[], report: Finder): void {
  const partition = role.role_arn.split(":")[1] ?? "";
  if (target.region !== undefined && partitionOf(target.region) !== partition) {
    report(
      "CS1013",
      ["region"],
      `Region ${target.region} is not in the partition ${partition} of the role of ${at()[1]}.`,
    );
  }
  if (role.allow_persistence) return;
  const reached = role.allow === "everything" ? undefined : firstPersistence(role.allow);
  if (role.allow === "everything" || reached !== undefined) {
    const what = reached === undefined ? "Everything includes actions" : `${quote(reached.action)} reaches actions`;
    report("CS2006", at("allow"), `${what} that outlive the window; requests must leave them out.`);
  }
}

/** By the names of regions: cn-*, us-gov-*, us-iso*-, eu-isoe-*, eusc-*; all others are commercial. */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  if (region.startsWith("eusc-")) return "aws-eusc";
  const iso = /^[a-z]{2}-iso([a-z]?)-/.exec(region);
  if (iso) return iso[1] ? `aws-iso-${iso[1]}` : "aws-iso";
  return "aws";
}
