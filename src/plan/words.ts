import type { AwsPlanData, AzurePlanData, GcpPlanData, GithubPlanData, OidcPlanData, Plan } from "./types.ts";

/** What a description says of each kind in its own way. Not escaped for any sink. */
export interface KindWords {
  /** For the title: what is asked for, in a few words. */
  readonly asked: string;
  /** Whose rights these are, as whom. */
  readonly as: string;
  /** Said where the request does not narrow. */
  readonly whole: string;
  /** What is allowed: one sentence per item, however many, so that nothing is cut off. */
  readonly allows: readonly string[];
}

export function wordsOf(plan: Plan): KindWords {
  const { data } = plan;
  switch (data.kind) {
    case "aws":
      return aws(data, plan.narrowed);
    case "gcp":
      return gcp(data);
    case "azure":
      return azure(data);
    case "github":
      return github(data, plan.repositories);
    case "oidc":
      return oidc(data);
  }
}

const whole = "Not narrowed: all that the role may be asked for.";

const firstOf = (values: readonly string[]): string =>
  values.length > 1 ? `${values[0] ?? ""} +${values.length - 1}` : (values[0] ?? "");

function aws(data: AwsPlanData, narrowed: boolean): KindWords {
  const actions = [...new Set(data.statements.flatMap((statement) => statement.actions))];
  const resources = [...new Set(data.statements.flatMap((statement) => statement.resources))];
  return {
    asked: narrowed ? `${firstOf(actions)} on ${firstOf(resources.map(shortArn))}` : "all that the role allows",
    as: `Role ${data.role_arn} in ${data.region}, as ${data.subject}.`,
    whole,
    allows: data.statements.map((s) => `Allows ${s.actions.join(", ")} on ${s.resources.join(", ")}.`),
  };
}

/** The sixth field of an ARN, which may itself hold colons: `acme-stale-logs`, `log-group:x`. */
const shortArn = (arn: string): string => /^arn:(?:[^:]*:){4}(.+)$/.exec(arn)?.[1] ?? arn;

function gcp(data: GcpPlanData): KindWords {
  const { service_account, boundary, scopes } = data;
  // Only what every scope and nearly every account begins or ends with is left out: what is left still names one.
  const short = scopes.map((scope) => scope.replace(/^https:\/\/www\.googleapis\.com\/auth\//, ""));
  const who =
    service_account === null
      ? "by direct federation"
      : `as ${service_account.replace(/\.iam\.gserviceaccount\.com$/, "")}`;
  const buckets = [...new Set((boundary ?? []).map(({ resource }) => resource.replace(/^.*\/buckets\//, "")))];
  return {
    asked: `${firstOf(short)} ${who}${boundary === null ? "" : `, in Storage only ${firstOf(buckets)}`}`,
    as:
      service_account === null
        ? `Directly as ${data.subject}, by ${data.workload_identity_provider}.`
        : `Service account ${service_account}, as ${data.subject}, by ${data.workload_identity_provider}.`,
    whole,
    allows: [
      ...scopes.map((scope) => `Scope ${scope}.`),
      ...(boundary ?? []).map((rule) => `In Cloud Storage only ${rule.permissions.join(", ")} on ${rule.resource}.`),
    ],
  };
}

function azure(data: AzurePlanData): KindWords {
  const { resources, delivery } = data;
  const subscription = data.subscription_id === null ? "" : `, subscription ${data.subscription_id}`;
  return {
    asked: `${delivery === "assertion" ? "assertion for " : ""}${firstOf(resources)} as ${data.client_id}`,
    as: `Application ${data.client_id} of tenant ${data.tenant_id}${subscription}, as ${data.subject}.`,
    whole: "Not narrowed: Azure has no way to narrow a token.",
    allows:
      delivery === "token"
        ? resources.map((resource) => `A token for ${resource}.`)
        : [
            "The assertion itself is handed to the job.",
            ...resources.map((resource) => `It is meant for tokens of ${resource}.`),
          ],
  };
}

function github(data: GithubPlanData, names: ReadonlyMap<number, string>): KindWords {
  // Writes first: what a title leaves out is never more than what it shows.
  const permissions = Object.entries(data.permissions)
    .sort(([a, x], [b, y]) => Number(x === "read") - Number(y === "read") || (a < b ? -1 : 1))
    .map(([name, level]) => `${name}: ${level}`);
  const repositories = data.repository_ids.map((id) => ({ id, name: names.get(id) ?? `repository ${id}` }));
  return {
    asked: `${firstOf(permissions)} on ${firstOf(repositories.map(({ name }) => name).sort())}`,
    as: `A token of the GitHub App for github targets, for ${data.subject}.`,
    whole,
    allows: [
      `Allows ${permissions.join(", ")}.`,
      ...repositories.map(({ id, name }) => `On repository ${name}, id ${id}.`),
    ],
  };
}

function oidc(data: OidcPlanData): KindWords {
  const claims = Object.entries(data.claims)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  return {
    asked: `token for ${data.audience}${claims.length === 0 ? "" : ` with ${firstOf(claims)}`}`,
    as: `A token of this server's issuer, as ${data.subject}.`,
    whole: "Not narrowed: a request cannot narrow an OIDC token.",
    allows: [`A token for ${data.audience}.`, ...claims.map((claim) => `With the claim ${claim}.`)],
  };
}
