import { formatDuration } from "../base/duration.ts";
import type { Role, Target } from "./types.ts";

/**
 * A request of a role with everything that is known filled in and everything that a person must say left empty, each with a
 * word on what belongs there. It is not valid as it stands: an empty reason must not become a reason that says nothing.
 */
export function requestTemplate(target: Target, roleName: string, role: Role): string {
  const { defaults } = role;
  const duration = defaults?.duration ?? Math.min(role.max_duration, 3600);
  const { workflow } = { workflow: defaults?.workflow ?? {} };
  const lines = [
    "version: 1",
    `role: ${roleName}`,
    "reason:               # why, in one line that an approver understands",
    ...(role.tickets === undefined ? [] : [`ticket:               # such as ${role.tickets[0] ?? "OPS"}-123`]),
    ...narrowing(target, role),
    `duration: ${formatDuration(duration)}          # at most ${formatDuration(role.max_duration)}`,
    "workflow:",
    ...(workflow.repository === undefined
      ? ["  repository:         # owner/name, of the owner of this access repo"]
      : [`  # repository: ${workflow.repository}`]),
    ...(workflow.file === undefined
      ? ["  file:               # .github/workflows/<file>.yml"]
      : [`  # file: ${workflow.file}`]),
    ...(workflow.ref === undefined ? ["  ref: refs/heads/main"] : [`  # ref: ${workflow.ref}`]),
    ...environmentLines(role),
  ];
  // A mapping with nothing but comments is no mapping.
  const all = lines.some((line) => /^ {2}[a-z]/.test(line))
    ? lines
    : lines.map((line) => (line === "workflow:" ? "# workflow:   # from the role:" : line));
  return `${all.join("\n")}\n`;
}

function environmentLines(role: Role): string[] {
  const standard = role.defaults?.workflow?.environment;
  if (standard !== undefined) return [`  # environment: ${standard}`];
  if (role.environments === undefined) return [];
  return [`  environment:        # one of ${role.environments.slice(0, 5).join(", ")}`];
}

function narrowing(target: Target, role: Role): string[] {
  switch (role.kind) {
    case "aws": {
      const [first] = role.allow === "everything" ? [] : role.allow;
      const list = (values: readonly string[] = ["…"]) =>
        `[${values
          .slice(0, 4)
          .map((v) => JSON.stringify(v))
          .join(", ")}]`;
      const sets = [...target.sets.keys()];
      return [
        "# What you need of the role, and no more. Without these lines you ask for all that it allows.",
        `# actions: ${list(first?.actions ?? ["s3:GetObject"])}`,
        `# resources: ${list(first?.resources ?? ["arn:aws:s3:::…"])}`,
        ...(sets.length === 0 ? [] : [`# sets: [${sets.slice(0, 6).join(", ")}]`]),
      ];
    }
    case "github":
      return [
        "# Less than the role's, where less will do:",
        `# permissions: { ${Object.entries(role.permissions)
          .map(([name, level]) => `${name}: ${level}`)
          .join(", ")} }`,
        `# repositories: [${role.repositories.slice(0, 4).join(", ")}]`,
      ];
    case "gcp":
      return role.boundary === undefined
        ? []
        : ["# boundary:           # narrower than the role's, where less will do"];
    case "azure":
    case "oidc":
      return [];
  }
}
