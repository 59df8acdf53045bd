import type { AwsRole } from "../access-repo/types.ts";
import { AWS_MIN_SESSION } from "./lifetimes.ts";
import { jobRisks, note, notNarrowed, whatIsDoneStays } from "./notes.ts";
import type { AwsPlanData, RiskNote } from "./types.ts";

/** Whether a session can outlive the window: AWS's minimum is longer than what may be left at the last exchange. */
const hasTail = (data: AwsPlanData): boolean => data.last_issue_before_end < AWS_MIN_SESSION;

const isEverything = (data: AwsPlanData): boolean =>
  data.statements.some((statement) => statement.actions.includes("*") && statement.resources.includes("*"));

/** What a reviewer should not overlook, each a plain sentence. */
export function awsRisks(data: AwsPlanData, role: AwsRole, narrowed: boolean): readonly RiskNote[] {
  const entries = (of: "actions" | "resources"): readonly string[] => [
    ...new Set(data.statements.flatMap((s) => s[of])),
  ];
  const wild = (values: readonly string[]): string => values.filter((value) => /[*?]/.test(value)).join(", ");
  const everything = isEverything(data);
  const actions = wild(entries("actions"));
  const resources = wild(entries("resources"));
  return [
    ...note(everything, "everything", "Every action on every resource that the role itself allows."),
    ...notNarrowed(narrowed),
    ...note(!everything && actions !== "", "wildcard_action", `Wildcards in actions: ${actions}.`),
    ...note(!everything && resources !== "", "wildcard_resource", `Wildcards in resources: ${resources}.`),
    ...note(
      role.allow_persistence,
      "persistence_allowed",
      "The role may be asked for actions whose effect outlives the end, such as assuming other roles and creating access keys.",
    ),
    ...jobRisks(data),
    ...note(
      hasTail(data),
      "session_tail",
      "AWS sessions last at least 15 minutes: one issued near the end lives on past it, with everything denied by its session policy.",
    ),
  ];
}

/** What AWS does not let us limit, each a plain sentence. */
export function awsNotLimited(data: AwsPlanData, role: AwsRole): readonly string[] {
  return [
    hasTail(data)
      ? "sts:GetCallerIdentity cannot be denied: the credentials prove the role's identity until their session ends, up to 15 minutes past the end of the grant."
      : "sts:GetCallerIdentity cannot be denied: the credentials prove the role's identity until their session ends.",
    "A resource policy that names the role's session itself can allow more than is listed here, until the end of the grant.",
    whatIsDoneStays,
    ...(role.allow_persistence
      ? ["Sessions of other roles and keys obtained with these credentials do not end with the grant."]
      : []),
  ];
}
