import type {
  AwsRole,
  AzureRole,
  Effort,
  GcpRole,
  GithubRole,
  OidcRole,
  Role,
  RoleLimits,
} from "../access-repo/index.ts";
import { gainedStatements } from "../access-repo/index.ts";
import { formatDuration } from "../base/duration.ts";
import { added, another, few, type Gains, gainsOf } from "./role-gains.ts";

/**
 * What a role can do, or whom it stands for, that it could and did not: ends of sentences about the role. Both are of one kind;
 * of two kinds nothing can be compared, and it is told so.
 */
export function powerGained(old: Role, now: Role, effort: Effort): readonly string[] {
  if (old.kind === "aws" && now.kind === "aws") return gainsOf(aws(effort), old, now);
  if (old.kind === "gcp" && now.kind === "gcp") return gainsOf(gcp, old, now);
  if (old.kind === "azure" && now.kind === "azure") return gainsOf(azure, old, now);
  if (old.kind === "github" && now.kind === "github") return gainsOf(github, old, now);
  if (old.kind === "oidc" && now.kind === "oidc") return gainsOf(oidc, old, now);
  return [`is of ${now.kind} instead of ${old.kind}`];
}

/** The keys that one kind alone has; policy-loosened.ts tells auto_approve. */
type Own<R> = Omit<R, keyof RoleLimits | "kind" | "auto_approve">;

const aws = (effort: Effort): Gains<Own<AwsRole>> => ({
  role_arn: (old, now) => another("the IAM role", old.role_arn, now.role_arn),
  allow_persistence: (old, now) =>
    now.allow_persistence && !old.allow_persistence
      ? ["admits actions whose effect outlives the window (allow_persistence)"]
      : [],
  allow: ({ allow: old }, { allow: now }) => {
    if (old === "everything") return [];
    if (now === "everything") return ["may do everything that its IAM role may"];
    const { statements, complete } = gainedStatements(old, now, effort);
    return [
      ...(complete ? [] : ["has another allow, with too many patterns to compare: read all of it as new"]),
      ...statements.map(({ actions, resources }) => `may do ${few(actions, 6, 80)} on ${few(resources, 3, 140)}`),
    ];
  },
  max_session: session,
});

function session(old: { readonly max_session: number }, now: { readonly max_session: number }): readonly string[] {
  return now.max_session > old.max_session
    ? [`has sessions of up to ${formatDuration(now.max_session)} instead of ${formatDuration(old.max_session)}`]
    : [];
}

const gcp: Gains<Own<GcpRole>> = {
  workload_identity_provider: (old, now) =>
    another("the provider", old.workload_identity_provider, now.workload_identity_provider),
  service_account: (old, now) => another("the service account", old.service_account, now.service_account),
  scopes: (old, now) => added(old.scopes, now.scopes, "has the scope"),
  boundary: ({ boundary: old }, { boundary: now }) => {
    if (old === undefined) return [];
    if (now === undefined) return ["has no Credential Access Boundary any more"];
    return now.flatMap(({ resource, permissions }) => {
      const known = old.filter((rule) => rule.resource === resource).flatMap((rule) => rule.permissions);
      return added(known, permissions, `may on ${resource} use`);
    });
  },
  max_session: session,
};

const azure: Gains<Own<AzureRole>> = {
  tenant_id: (old, now) => another("the tenant", old.tenant_id, now.tenant_id),
  client_id: (old, now) => another("the client id", old.client_id, now.client_id),
  subscription_id: (old, now) => another("the subscription", old.subscription_id, now.subscription_id),
  delivery: (old, now) =>
    now.delivery === "assertion" && old.delivery === "token"
      ? ["gives jobs an assertion, which their tools trade for tokens of any resource"]
      : [],
  resources: (old, now) => added(old.resources, now.resources, "gives tokens for"),
};

const github: Gains<Own<GithubRole>> = {
  permissions: ({ permissions: old }, { permissions: now }) => {
    const more = Object.entries(now).filter(([name, level]) => {
      const had = Object.hasOwn(old, name) ? old[name] : undefined;
      return had !== level && had !== "write"; // write holds read
    });
    return added(
      [],
      more.map(([name, level]) => `${name}: ${level}`),
      "has the permission",
    );
  },
  repositories: (old, now) => added(old.repositories, now.repositories, "reaches the repository"),
};

const oidc: Gains<Own<OidcRole>> = {
  audience: (old, now) => another("the audience", old.audience, now.audience),
  // What a claim is worth, and what its absence is, only the relying party knows.
  claims: ({ claims: old }, { claims: now }) =>
    [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name) =>
      another(`the claim ${name}:`, claim(old, name), claim(now, name)),
    ),
};

const claim = (claims: OidcRole["claims"], name: string): string | undefined =>
  Object.hasOwn(claims, name) ? claims[name] : undefined;
