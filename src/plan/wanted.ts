import { formatDuration } from "../base/duration.ts";
import type { PlanData } from "./types.ts";

/** What a plan wants of its cloud, in parts that two plans can be compared by; names and values as they are. */
export interface Wanted {
  /** One value each, by what it is called. */
  readonly fields: ReadonlyMap<string, string>;
  /** Many of a sort, by what one of them is called: `action`, `resource`, `permission`, ... */
  readonly sets: ReadonlyMap<string, readonly string[]>;
  /** Every left pairs with every right. */
  readonly pairs: readonly { readonly left: readonly string[]; readonly right: readonly string[] }[];
}

/** Every member of the plan's data that is its kind's own is in here, and none is left out. */
export function wantedOf(data: PlanData, names: ReadonlyMap<number, string>): Wanted {
  const subject = ["Subject", data.subject] as const;
  switch (data.kind) {
    case "aws": {
      const { statements } = data;
      return {
        fields: new Map([
          subject,
          ["Role", data.role_arn],
          ["Region", data.region],
          ["Longest session", formatDuration(data.max_session)],
        ]),
        sets: new Map([
          ["action", distinct(statements.flatMap((s) => s.actions))],
          ["resource", distinct(statements.flatMap((s) => s.resources))],
        ]),
        pairs: statements.map((s) => ({ left: s.actions, right: s.resources })),
      };
    }
    case "gcp": {
      const boundary = data.boundary ?? [];
      return {
        fields: new Map([
          subject,
          ["Provider", data.workload_identity_provider],
          ["Service account", data.service_account ?? "none"],
          ["Boundary in Cloud Storage", data.boundary === null ? "no" : "yes"],
          ["Longest token", formatDuration(data.max_session)],
        ]),
        sets: new Map([
          ["scope", data.scopes],
          ["permission", distinct(boundary.flatMap((rule) => rule.permissions))],
          ["resource", distinct(boundary.map((rule) => rule.resource))],
        ]),
        pairs: boundary.map((rule) => ({ left: rule.permissions, right: [rule.resource] })),
      };
    }
    case "azure":
      return {
        fields: new Map([
          subject,
          ["Tenant", data.tenant_id],
          ["Application", data.client_id],
          ["Subscription", data.subscription_id ?? "none"],
          ["Delivery", data.delivery],
        ]),
        sets: new Map([["resource", data.resources]]),
        pairs: [],
      };
    case "github":
      return {
        fields: new Map([subject]),
        sets: new Map([
          ["permission", Object.entries(data.permissions).map(([name, level]) => `${name}: ${level}`)],
          ["repository", data.repository_ids.map((id) => `${names.get(id) ?? "repository"} (id ${id})`)],
        ]),
        pairs: [],
      };
    case "oidc":
      return {
        fields: new Map([subject, ["Audience", data.audience]]),
        sets: new Map([["claim", Object.entries(data.claims).map(([name, value]) => `${name}=${value}`)]]),
        pairs: [],
      };
  }
}

const distinct = (items: readonly string[]): readonly string[] => [...new Set(items)];
