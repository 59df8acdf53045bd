import { formatDuration } from "../base/duration.ts";
import type { Owner } from "./owner.ts";
import { ownersOf } from "./owners-of.ts";
import type { Policy, Role, Statement, Target } from "./types.ts";

/** A role in words, for people who look for what to ask. Plain text, not escaped for any sink. */
export interface RoleDescription {
  readonly target: string;
  readonly role: string;
  /** What the credentials can do at most: one line each. */
  readonly can: readonly string[];
  /** Who has to agree, then what else holds: one sentence each. */
  readonly rules: readonly string[];
}

const owners = (list: readonly Owner[]): string => list.map(ownerText).join(" ");
const ownerText = (owner: Owner): string =>
  owner.kind === "email" ? owner.address : owner.kind === "team" ? `@${owner.org}/${owner.slug}` : `@${owner.login}`;

/** Describes one role under its policy. The owners are those of an ordinary path of the target. */
export function describeRole(policy: Policy, target: Target, name: string, role: Role): RoleDescription {
  return {
    target: target.name,
    role: name,
    can: can(target, role),
    rules: [
      ...approval(policy, target, role),
      `Lasts at most ${formatDuration(role.max_duration)}${role.defaults?.duration === undefined ? "" : `, ${formatDuration(role.defaults.duration)} if nothing is said`}.`,
      ...(role.tickets === undefined ? [] : [`Needs a ticket: ${role.tickets.map((t) => `${t}-123`).join(" or ")}.`]),
      ...where(role),
    ],
  };
}

function can(target: Target, role: Role): string[] {
  switch (role.kind) {
    case "aws":
      return [
        `Role ${role.role_arn}`,
        ...(role.allow === "everything" ? ["Everything that this role allows"] : role.allow.map(statement)),
        ...[...target.sets].map(([set, statements]) => `Set ${set}: ${statements.map(statement).join("; ")}`),
      ];
    case "gcp":
      return [
        role.service_account === undefined
          ? `Federated identity of ${role.workload_identity_provider}`
          : `Service account ${role.service_account}`,
        `Scopes ${role.scopes.join(", ")}`,
        ...(role.boundary ?? []).map(({ resource, permissions }) => `${permissions.join(", ")} on ${resource}`),
      ];
    case "azure":
      return [
        `Application ${role.client_id} of tenant ${role.tenant_id}`,
        role.delivery === "token"
          ? `A token for ${role.resources.join(" or ")}`
          : "An assertion that the job's tools trade for tokens",
      ];
    case "github":
      return [
        `${Object.entries(role.permissions)
          .map(([permission, level]) => `${permission}: ${level}`)
          .join(", ")} on ${role.repositories.join(", ")}`,
      ];
    case "oidc":
      return [
        `A token for ${role.audience}`,
        ...Object.entries(role.claims).map(([claim, value]) => `with ${claim}: ${value}`),
      ];
  }
}

const statement = ({ actions, resources }: Statement): string => `${actions.join(", ")} on ${resources.join(", ")}`;

function approval(policy: Policy, target: Target, role: Role): string[] {
  const rule = ownersOf(policy.codeowners, `requests/${target.name}/2000-01/a-request.yml`);
  const count = Math.max(policy.settings.approvals, role.approvals ?? 0);
  const whom =
    rule === undefined || rule.owners.length === 0
      ? "nobody: no line of CODEOWNERS gives it owners, so it cannot be approved"
      : `${count} of ${owners(rule.owners)} (CODEOWNERS line ${rule.line})`;
  const more = role.also_approved_by.map(({ from, count: n }) => ` and ${n} of ${owners(from)}`).join("");
  const automatic = role.auto_approve;
  return [
    `Approved by ${whom}${more}.`,
    ...(automatic === undefined
      ? []
      : [
          `No approval for ${owners(automatic.requesters)} up to ${formatDuration(automatic.max_duration)}, ${automatic.per_day} times a day${
            "actions" in automatic && automatic.actions !== undefined ? `, for ${automatic.actions.join(", ")}` : ""
          }.`,
        ]),
    ...(role.break_glass && policy.settings.break_glass !== undefined
      ? [`Break-glass by ${owners(policy.settings.break_glass.members)}.`]
      : []),
  ];
}

function where(role: Role): string[] {
  return [
    role.workflows === undefined
      ? "Used by any workflow of the same owner, started by hand or by its events."
      : `Used by ${role.workflows.map((w) => w.text).join(", ")}.`,
    ...(role.reusable_workflows === undefined
      ? []
      : [`Inside reusable workflows: ${role.reusable_workflows.map((w) => w.text).join(", ")}.`]),
    ...(role.environments === undefined ? [] : [`In environment ${role.environments.join(" or ")}.`]),
    `On ${role.runners.join(" or ")} runners, by ${role.events.join(", ")}.`,
    ...(role.last_issue_before_end === 0
      ? []
      : [`Nothing is issued in the last ${formatDuration(role.last_issue_before_end)}.`]),
  ];
}
