import type { Report } from "./report.ts";
import { oneLine } from "../base/text.ts";
import { listed, quote } from "./diagnostics.ts";
import { firstPersistence } from "./persistence.ts";
import { actionInside, allowedBy, outsidePair, usualEffort } from "./subset.ts";
import { advise, didYouMean } from "./suggest.ts";
import { leastPolicySize, longestEntry, maxSessionPolicy } from "./session-size.ts";
import { isAction, isResource } from "./statement-syntax.ts";
import type {
  AwsRole,
  CloudKind,
  GcpRole,
  GithubRole,
  RequestFile,
  ResolvedRequest,
  Role,
  Statement,
  Target,
} from "./types.ts";

type Narrowing = Pick<ResolvedRequest, "allow" | "narrowed" | "permissions" | "repositories" | "boundary">;

const keysOf: Readonly<Record<"allow" | "sets" | "permissions" | "repositories" | "boundary", CloudKind>> = {
  allow: "aws",
  sets: "aws",
  permissions: "github",
  repositories: "github",
  boundary: "gcp",
};

/** Reading the whole role again for a hint is for the first findings; a hostile file could earn a thousand. */
const mostHints = 10;
/** Statements that are refused one by one; a hostile file could earn a thousand. */
const mostRefused = 20;
/** Names that are looked for among those of the role, which is what costs most. */
const mostAdvised = 10;

/** What of the role the request asks for. Undefined where it asks for something outside. */
export function checkNarrowing(file: RequestFile, target: Target, role: Role, report: Report): Narrowing | undefined {
  let fine = true;
  const refuse: Report = (...finding) => {
    fine = false;
    report(...finding);
  };
  const written = { ...file, sets: file.sets.length > 0 ? file.sets : undefined };
  for (const key of ["allow", "sets", "permissions", "repositories", "boundary"] as const) {
    if (written[key] === undefined || keysOf[key] === role.kind) continue;
    const why =
      role.kind === "azure" || role.kind === "oidc"
        ? `${role.kind} has no way to narrow a token; only the role decides what it can do`
        : `${key} narrows ${keysOf[key]} targets only, and ${target.name} is ${role.kind}`;
    refuse("CS2012", [key], `${key} does not apply: ${why}.`, "Remove the key, or ask for a role that can do less.");
  }
  const narrowing = narrow(file, target, role, refuse);
  return fine ? narrowing : undefined;
}

function narrow(file: RequestFile, target: Target, role: Role, refuse: Report): Narrowing {
  if (role.kind === "aws") return aws(file, target, role, refuse);
  if (role.kind === "gcp") return gcp(file, role, refuse);
  if (role.kind === "github") return github(file, role, refuse);
  return { narrowed: false };
}

function aws(file: RequestFile, target: Target, role: AwsRole, refuse: Report): Narrowing {
  const asked: {
    readonly statement: Statement;
    readonly where: readonly (string | number)[];
    readonly set?: string;
  }[] = [];
  for (const [i, statement] of (file.allow ?? []).entries()) asked.push({ statement, where: ["allow", i] });
  for (const [i, set] of file.sets.entries()) {
    if (file.sets.indexOf(set) < i) continue;
    const statements = target.sets.get(set);
    if (statements === undefined) {
      const advice = advise(set, target.sets.keys(), file.sets);
      refuse("CS2018", ["sets", i], `${target.name} has no set ${quote(set)}.`, advice);
    }
    for (const statement of statements ?? []) asked.push({ statement, where: ["sets", i], set });
  }
  let hints = 0;
  const narrowed = asked.length > 0;
  const allow = narrowed ? asked.map(({ statement }) => statement) : role.allow;
  if (allow !== "everything" && !fitsPolicy(allow, asked[0]?.where[0], refuse)) return { allow, narrowed };
  const roles = role.allow === "everything" ? undefined : role.allow.map(allowedBy);
  const effort = usualEffort();
  let refused = 0;
  for (const { statement, where, set } of asked) {
    if (refused > mostRefused) break;
    const place = (field: "actions" | "resources", i: number) => (set === undefined ? [...where, field, i] : where);
    const inSet = set === undefined ? "" : ` (set ${set})`;
    // The schema has refused these already; a request may also come from elsewhere than a file.
    const badAction = statement.actions.findIndex((a) => !isAction(a));
    const badResource = statement.resources.findIndex((r) => !isResource(r));
    if (badAction >= 0) refuse("CS1020", place("actions", badAction), `Action not accepted${inSet}.`);
    if (badResource >= 0) refuse("CS1020", place("resources", badResource), `Resource not accepted${inSet}.`);
    const outside = roles === undefined ? undefined : outsidePair(statement, roles, effort);
    if (effort.left < 0) {
      const hint = "Write fewer patterns with wildcards.";
      refuse("CS1012", where, "Too many patterns to compare with the role's.", hint);
      break;
    }
    if (badAction >= 0 || badResource >= 0 || outside) refused++;
    if (outside) {
      // The finger goes on what is wrong: the resource where some statement admits the action, else the action.
      const known = outside.actionAllowed;
      const message = `${outside.action} on ${quote(outside.resource, 200)} is not inside one statement of the role${inSet}.`;
      refuse(
        "CS2016",
        known ? place("resources", outside.resourceIndex) : place("actions", outside.actionIndex),
        message,
        hints++ < mostHints ? whatIsAllowed(role.allow, known ? outside.action : undefined) : undefined,
      );
    }
  }
  if (!role.allow_persistence) checkPersistence(allow, asked, refuse);
  return { allow, narrowed };
}

/** Whether all of it can be one session policy at all; the plan counts exactly. */
function fitsPolicy(allow: readonly Statement[], asked: string | number | undefined, refuse: Report): boolean {
  const size = leastPolicySize(allow);
  if (size <= maxSessionPolicy) return true;
  const longest = longestEntry(allow);
  const message = `The session policy would be at least ${size - maxSessionPolicy} characters over the ${maxSessionPolicy} that AWS takes; the longest entry is ${quote(longest, 200)} (${longest.length} characters).`;
  const hint = asked === undefined ? "Ask for a part of what the role allows, with allow." : undefined;
  refuse("CS2030", [asked ?? "role"], message, hint);
  return false;
}

function checkPersistence(
  allow: readonly Statement[] | "everything",
  asked: readonly { readonly where: readonly (string | number)[]; readonly set?: string }[],
  refuse: Report,
): void {
  const reached =
    allow === "everything"
      ? { statement: 0, index: 0, action: "*", reaches: "sts:AssumeRole*" }
      : firstPersistence(allow);
  if (reached === undefined) return;
  const from = asked[reached.statement];
  if (from === undefined) {
    const message = `The role's whole allow reaches ${reached.reaches}, which makes access that outlives the window.`;
    refuse(
      "CS2017",
      ["role"],
      message,
      "Narrow the request with allow, or have the target's owners set allow_persistence: true.",
    );
    return;
  }
  const where = from.set === undefined ? [...from.where, "actions", reached.index] : from.where;
  const itself = reached.action.toLowerCase() === reached.reaches.toLowerCase();
  const what = itself ? quote(reached.action) : `${quote(reached.action)} reaches ${reached.reaches}, which`;
  refuse("CS2017", where, `${what} makes access that outlives the window.`);
}

/** What the role allows for an action, or which actions it allows at all. */
function whatIsAllowed(allow: AwsRole["allow"], action: string | undefined): string | undefined {
  if (allow === "everything") return undefined;
  const entries =
    action === undefined
      ? allow.flatMap((s) => s.actions)
      : allow.filter((s) => s.actions.some((a) => actionInside(action, a))).flatMap((s) => s.resources);
  const unique = [...new Set(entries)];
  const shown = listed(
    "and",
    unique.map((entry) => oneLine(entry, 200)),
  );
  const what = action === undefined ? `The role allows ${shown}` : `For ${action} the role allows ${shown}`;
  return `${what}. Ask within that, or have the target's owners widen the role.`;
}

function gcp(file: RequestFile, role: GcpRole, refuse: Report): Narrowing {
  const ceiling = role.boundary;
  for (const [i, rule] of (file.boundary ?? []).entries()) {
    const inside =
      ceiling === undefined ||
      rule.permissions.every((p) => ceiling.some((c) => c.resource === rule.resource && c.permissions.includes(p)));
    if (!inside) refuse("CS2016", ["boundary", i], "This rule is not inside the role's boundary.");
  }
  const boundary = file.boundary ?? ceiling;
  return { narrowed: file.boundary !== undefined, ...(boundary === undefined ? {} : { boundary }) };
}

function github(file: RequestFile, role: GithubRole, refuse: Report): Narrowing {
  for (const [name, level] of Object.entries(file.permissions ?? {})) {
    const most = Object.hasOwn(role.permissions, name) ? role.permissions[name] : undefined;
    if (most === undefined) {
      // The schema has refused all names that are none; no two of the others are a slip apart, so nothing is mended here.
      const hint = didYouMean(name, Object.keys(role.permissions));
      refuse("CS2016", ["permissions", name], `The role does not grant ${name}.`, { hint, finger: "key" });
    } else if (level === "write" && most === "read") {
      refuse("CS2016", ["permissions", name], `The role grants ${name} for reading only.`, "Write read.");
    }
  }
  let advised = 0;
  // Exact, with case: two spellings of one name are one repository, but the plan shows one.
  for (const [i, name] of (file.repositories ?? []).entries()) {
    if (role.repositories.includes(name)) continue;
    const advice = advised++ < mostAdvised ? advise(name, role.repositories, file.repositories) : undefined;
    refuse("CS2016", ["repositories", i], `The role does not cover ${quote(name)}.`, advice);
  }
  return {
    narrowed: file.permissions !== undefined || file.repositories !== undefined,
    permissions: file.permissions ?? role.permissions,
    repositories: file.repositories ?? role.repositories,
  };
}
