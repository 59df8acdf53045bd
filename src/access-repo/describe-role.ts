import { formatDuration } from "../base/duration.ts";
import { type Owner, ownerText } from "./owner.ts";
import { ownersOf } from "./owners-of.ts";
import type { Policy, Role, Statement, Target } from "./types.ts";

/** A role in words, for people who look for what to ask. Plain text, not escaped for any sink. */
export interface RoleDescription {
  readonly target: string;
  readonly role: string;
  /** Whom the credentials stand for: `AWS role arn:…`. */
  readonly as: string;
  /** What they can do at most: one line each. */
  readonly can: readonly string[];
  /** Who has to agree, then what else holds: one sentence each. */
  readonly rules: readonly string[];
}

const owners = (list: readonly Owner[]): string => list.map(ownerText).join(" ");
/** Addresses stand for nobody where it is decided (approval/owners.ts), so people must not be sent to them. */
const counting = (list: readonly Owner[]): readonly Owner[] => list.filter(({ kind }) => kind !== "email");

/** Describes one role under its policy. The owners are those of an ordinary path of the target. */
export function describeRole(policy: Policy, target: Target, name: string, role: Role): RoleDescription {
  return {
    target: target.name,
    role: name,
    ...power(target, role),
    rules: [
      ...approval(policy, target, role),
      `Lasts at most ${formatDuration(role.max_duration)}${role.defaults?.duration === undefined ? "" : `, ${formatDuration(role.defaults.duration)} if nothing is said`}.`,
      ...(role.tickets === undefined ? [] : [`Needs a ticket: ${role.tickets.map((t) => `${t}-123`).join(" or ")}.`]),
      ...where(role),
    ],
  };
}

function power(target: Target, role: Role): Pick<RoleDescription, "as" | "can"> {
  switch (role.kind) {
    case "aws":
      return {
        as: `AWS role ${role.role_arn}`,
        can: [
          ...(role.allow === "everything" ? ["everything that the role itself allows"] : role.allow.map(statement)),
          ...[...target.sets].map(([set, statements]) => `set ${set}: ${statements.map(statement).join("; ")}`),
        ],
      };
    case "gcp":
      return {
        as:
          role.service_account === undefined
            ? `federated identity of ${role.workload_identity_provider}`
            : `service account ${role.service_account}`,
        can: [
          `scopes ${role.scopes.join(", ")}`,
          ...(role.boundary ?? []).map(({ resource, permissions }) => `${permissions.join(", ")} on ${resource}`),
        ],
      };
    case "azure":
      return {
        as: `application ${role.client_id} of tenant ${role.tenant_id}`,
        can: [
          role.delivery === "token"
            ? `a token for ${role.resources.join(" or ")}`
            : "an assertion that the job's tools trade for tokens",
        ],
      };
    case "github":
      return {
        as: "the GitHub App for github targets",
        can: [
          `${Object.entries(role.permissions)
            .map(([permission, level]) => `${permission}: ${level}`)
            .join(", ")} on ${role.repositories.join(", ")}`,
        ],
      };
    case "oidc":
      return {
        as: "a token of this server's issuer",
        can: [
          `for ${role.audience}`,
          ...Object.entries(role.claims).map(([claim, value]) => `with the claim ${claim}: ${value}`),
        ],
      };
  }
}

const statement = ({ actions, resources }: Statement): string => `${actions.join(", ")} on ${resources.join(", ")}`;

function approval(policy: Policy, target: Target, role: Role): string[] {
  const rule = ownersOf(policy.codeowners, `requests/${target.name}/2000-01/a-request.yml`);
  const people = counting(rule?.owners ?? []);
  const count = Math.max(policy.settings.approvals, role.approvals ?? 0);
  const groups = role.also_approved_by.map(({ from, count: n }) => ({ people: counting(from), count: n }));
  const more = groups.map((group) => ` and ${group.count} of ${owners(group.people)}`).join("");
  const nobody =
    rule === undefined || people.length === 0
      ? "no line of CODEOWNERS gives its requests an owner"
      : groups.some((group) => group.people.length === 0)
        ? "also_approved_by names nobody"
        : undefined;
  return [
    nobody === undefined
      ? `Approved by ${count} of ${owners(people)}${more} (CODEOWNERS line ${rule?.line ?? 0}).`
      : `Cannot be approved: ${nobody}.`,
    ...without(policy, role),
  ];
}

/** How it goes without the owners. */
function without(policy: Policy, role: Role): string[] {
  const { auto_approve: automatic, break_glass: admitted } = role;
  const urgent = policy.settings.break_glass;
  const actions = automatic !== undefined && "actions" in automatic ? automatic.actions : undefined;
  // Of a role with actions, a list that is not there admits none (approval/auto-approve.ts).
  const never = role.kind === "aws" && actions === undefined;
  return [
    ...(automatic === undefined || never
      ? []
      : [
          `Approved automatically for ${owners(counting(automatic.requesters))}: up to ${formatDuration(automatic.max_duration)}, ${automatic.per_day} times a day each${
            actions === undefined ? "" : `, ${actions.join(", ")}`
          }.`,
        ]),
    ...(admitted && urgent !== undefined
      ? [
          `Break-glass by ${owners(counting(urgent.members))}: no approval, up to ${formatDuration(urgent.max_duration)}, and an owner reviews it within ${formatDuration(urgent.review_within)}.`,
        ]
      : []),
  ];
}

function where(role: Role): string[] {
  return [
    role.workflows === undefined
      ? "Used by any workflow of the same owner, but not with dispatch, since the role lists no workflows."
      : `Used by ${role.workflows.map((w) => w.text).join(", ")}.`,
    ...(role.reusable_workflows === undefined
      ? []
      : [`Inside reusable workflows: ${role.reusable_workflows.map((w) => w.text).join(", ")}.`]),
    ...(role.environments === undefined ? [] : [`In environment ${role.environments.join(" or ")}.`]),
    `On ${role.runners.join(" or ")} runners, started by ${role.events.join(", ")}.`,
    ...(role.last_issue_before_end === 0
      ? []
      : [`Nothing is issued in the last ${formatDuration(role.last_issue_before_end)}.`]),
  ];
}
