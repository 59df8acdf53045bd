import { sayApp } from "./default-branch.ts";
import type { Facts, InstallationFacts, TargetRepoFacts } from "./facts.ts";
import { type Finding, found, unknown } from "./finding.ts";
import { list } from "./names.ts";

/** What app.yml asks for (a test compares): the union of the six scopes of tokens (DESIGN.md section 4, Least power over GitHub). */
export const appPermissions: Readonly<Record<string, "read" | "write">> = {
  metadata: "read",
  contents: "write",
  pull_requests: "write",
  checks: "write",
  issues: "write",
  actions: "write",
  members: "read",
};
export const appEvents: readonly string[] = [
  "pull_request",
  "pull_request_review",
  "push",
  "check_run",
  "repository",
  "member",
  "membership",
  "issue_comment",
  "issues",
];

/** The App's installation, and the repositories whose workflows the policy names. */
export function installation(facts: Facts): readonly Finding[] {
  const own = facts.installation.kind === "read" ? known(facts, facts.installation.value) : [unread(facts)];
  const more =
    facts.notLookedAt > 0
      ? [
          found(
            "not-looked-at",
            "unknown",
            `The policy names ${facts.notLookedAt} more teams and repositories than were looked at.`,
            "Look at them yourself.",
          ),
        ]
      : [];
  return [...own, ...facts.targets.flatMap((target) => targetRepo(facts, target)), ...more];
}

function unread(facts: Facts): Finding {
  if (facts.installation.kind === "read") throw new TypeError("it was read");
  const finding = unknown("app-installation", "The installation of our App", facts.installation);
  return facts.app === null ? { ...finding, cure: `Say which App is ours: ${sayApp}.` } : finding;
}

const levels: readonly (string | undefined)[] = [undefined, "read", "write", "admin"];
const atLeast = (have: string | undefined, need: string): boolean => levels.indexOf(have) >= levels.indexOf(need);

function known(facts: Facts, it: InstallationFacts | null): readonly Finding[] {
  if (it === null)
    return [
      found(
        "app-installation",
        "error",
        `Our App (${facts.app?.id ?? "which is not known"}) is not installed for ${facts.owner}.`,
        "Install it, on this repository and on those whose workflows the policy names; or is it another App? Then say which: --app.",
      ),
    ];
  const owner = encodeURIComponent(facts.owner);
  const page = facts.organization
    ? `${facts.webUrl}/organizations/${owner}/settings/installations/${it.id}`
    : `${facts.webUrl}/settings/installations/${it.id}`;
  if (it.suspended)
    return [
      found(
        "app-installation",
        "error",
        "The installation of our App is suspended.",
        `An owner of ${facts.owner} ends that at ${page}.`,
      ),
    ];
  const wanted = Object.entries(appPermissions).filter(([name]) => name !== "members" || facts.organization);
  const missing = wanted.filter(([name, level]) => !atLeast(it.permissions[name], level));
  const more = Object.entries(it.permissions).filter(([name, level]) => !atLeast(appPermissions[name], level));
  const events = appEvents.filter(
    (event) => !it.events.includes(event) && (event !== "membership" || facts.organization),
  );
  const words = (all: readonly (readonly [string, string])[]) => list(all.map(([name, level]) => `${name}: ${level}`));
  const cure = `Whoever owns the App sets what app.yml says in the App's settings; an owner of ${facts.owner} then accepts it at ${page}.`;
  return [
    ...(missing.length > 0
      ? [found("app-permissions", "error", `Our App's installation lacks ${words(missing)}.`, cure)]
      : []),
    ...(events.length > 0 ? [found("app-events", "warning", `Our App is not told of ${list(events)}.`, cure)] : []),
    ...(more.length > 0
      ? [
          found(
            "app-power",
            "warning",
            `Our App's installation has ${words(more)}, which app.yml does not ask for.`,
            cure,
          ),
        ]
      : []),
  ];
}

function targetRepo(facts: Facts, target: TargetRepoFacts): readonly Finding[] {
  const { fullName } = target;
  const otherOwner =
    target.owner.kind === "read"
      ? target.owner.value !== facts.ownerId
      : fullName.split("/")[0]?.toLowerCase() !== facts.owner.toLowerCase();
  if (otherOwner)
    return [
      found(
        "target-owner",
        "error",
        `${fullName} has another owner than ${facts.owner}/${facts.name}.`,
        "Name a repository of the same owner in the target.",
      ),
    ];
  const findings: Finding[] = [];
  if (target.installed.kind === "unreadable")
    findings.push(unknown("target-repository", `Whether our App is installed on ${fullName}`, target.installed));
  else if (!target.installed.value)
    findings.push(
      found(
        "target-repository",
        "error",
        `Our App is not installed on ${fullName}, or there is no such repository.`,
        "Add it to the App's installation, or mend its name in the target.",
      ),
    );
  if (target.subject.kind === "read" && target.subject.value !== "default") {
    const claims = target.subject.value.length > 0 ? `: ${target.subject.value.join(", ")}` : "";
    findings.push(
      found(
        "target-subject",
        "note",
        `${fullName} customises the subject of its OIDC tokens${claims}.`,
        "Nothing to do.",
      ),
    );
  }
  return findings;
}
