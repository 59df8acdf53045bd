import type * as z from "zod";
import { type Finder, checkTarget } from "./target-check.ts";
import { finding, hasErrors, inOrder } from "./diagnostics.ts";
import { readFile } from "./read-file.ts";
import type { awsRole, azureRole, gcpRole, githubRole, oidcRole } from "./role-schema.ts";
import { targetSchema } from "./target-schema.ts";
import type { Locate, Parsed, Role, RoleLimits, Target } from "./types.ts";
import { parseTargetPath } from "./policy-paths.ts";

/** A target with the positions of its parts, for checks that need the settings or other targets. */
export type ParsedTarget = Parsed<Target> & { readonly at?: Locate };

/**
 * Parses `targets/<name>.yml`, any kind, with every default filled in. The name comes from the path. Never throws.
 * (DESIGN.md section 3)
 */
export function parseTarget(text: string | undefined, path: string): ParsedTarget {
  const read = readFile(text, path, targetSchema);
  if (!read.ok) return read;
  const { at } = read;
  const diagnostics = [...read.diagnostics];
  const report: Finder = (code, where, message, more) =>
    diagnostics.push(finding(code, path, at(where), message, more));
  const name = parseTargetPath(path);
  if (name === undefined)
    report("CS2002", [], "A target is a file targets/<name>.yml; the name has a-z, 0-9 and - only.");
  const file = read.value;
  const value: Target = {
    name: name ?? "",
    version: file.version,
    cloud: file.cloud,
    description: file.description ?? "",
    ...("region" in file && file.region !== undefined ? { region: file.region } : {}),
    roles: new Map(rolesOf(file)),
    sets: new Map(file.cloud === "aws" ? Object.entries(file.sets ?? {}) : []),
  };
  checkTarget(value, report);
  return hasErrors(diagnostics)
    ? { ok: false, diagnostics: inOrder(diagnostics) }
    : { ok: true, value, at, diagnostics: inOrder(diagnostics) };
}

function rolesOf(file: z.output<typeof targetSchema>): readonly (readonly [string, Role])[] {
  const each = <T>(roles: Readonly<Record<string, T>>, complete: (role: T) => Role): [string, Role][] =>
    Object.entries(roles).map(([name, role]) => [name, complete(role)]);
  if (file.cloud === "aws") return each(file.roles, aws);
  if (file.cloud === "gcp") return each(file.roles, gcp);
  if (file.cloud === "azure") return each(file.roles, azure);
  if (file.cloud === "github") return each(file.roles, github);
  return each(file.roles, oidc);
}

/** Defaults that all kinds share. */
function limits<T extends Omit<z.output<typeof githubRole>, "permissions" | "repositories">>(role: T): T & RoleLimits {
  return {
    ...role,
    also_approved_by: (role.also_approved_by ?? []).map(({ from, count }) => ({ from, count: count ?? 1 })),
    break_glass: role.break_glass ?? false,
    events: role.events ?? ["workflow_dispatch", "push", "schedule"],
    runners: role.runners ?? ["github-hosted"],
    last_issue_before_end: role.last_issue_before_end ?? 0,
  };
}
const hour = 3600;
const aws = (role: z.output<typeof awsRole>): Role => ({
  ...limits(role),
  kind: "aws",
  allow: isEverything(role.allow) ? "everything" : role.allow,
  max_session: role.max_session ?? hour,
  allow_persistence: role.allow_persistence ?? false,
});
const isEverything = (allow: z.output<typeof awsRole>["allow"]): allow is ["*"] => allow[0] === "*";
const gcp = (role: z.output<typeof gcpRole>): Role => ({
  ...limits(role),
  kind: "gcp",
  scopes: role.scopes ?? ["https://www.googleapis.com/auth/cloud-platform"],
  max_session: role.max_session ?? hour,
});
const azure = (role: z.output<typeof azureRole>): Role => ({
  ...limits(role),
  kind: "azure",
  delivery: role.delivery ?? "token",
  resources: role.resources ?? ["https://management.azure.com"],
});
const github = (role: z.output<typeof githubRole>): Role => ({ ...limits(role), kind: "github" });
const oidc = (role: z.output<typeof oidcRole>): Role => ({ ...limits(role), kind: "oidc", claims: role.claims ?? {} });
