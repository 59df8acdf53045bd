import type { Json } from "../base/canonical-json.ts";
import { formatDuration, formatInstant } from "../base/duration.ts";
import { azureClouds, azureTokenRequest, azureTokenUrl } from "./azure-requests.ts";
import {
  GCP_STS,
  gcpAssertionAudience,
  gcpBoundaryOptions,
  gcpExchange,
  gcpImpersonation,
  gcpImpersonationUrl,
  gcpNarrowing,
} from "./gcp-requests.ts";
import { githubTokenBody, githubTokenPath } from "./github-requests.ts";
import { sessionLength } from "./lifetimes.ts";
import { policyDocument } from "./session-policy.ts";
import type { AzurePlanData, GcpPlanData, GithubPlanData, OidcPlanData, Plan, PlanData } from "./types.ts";
import { planWindow } from "./window.ts";

// What is not known before the merge stands in angle brackets.

/**
 * What would be issued, literally: what the cloud is sent, made by the functions that the brokers send it with. `aws`: the
 * session policy. `gcp`, `azure`, `github`: the requests, in order. `oidc`: the claims of the token.
 */
export function issueOf({ data, repositories }: Plan): Json {
  switch (data.kind) {
    case "aws":
      return policyDocument(data, knownEnd(data) ?? "<end of the grant>");
    case "gcp":
      return gcp(data);
    case "azure":
      return azure(data);
    case "github":
      return github(data, repositories);
    case "oidc":
      return oidc(data);
  }
}

/**
 * For people, indented. What is not plain ASCII is written as JSON's escapes: two values that look the same to the eye must
 * not look the same here, and nothing may reorder the line.
 */
export const issueText = (issue: Json): string =>
  JSON.stringify(issue, null, 2).replace(/[^\n -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Known where the slot is; else not before the merge. */
const knownEnd = (data: PlanData): string | undefined =>
  data.start === null ? undefined : formatInstant(planWindow(data, new Date(0)).expiresAt);

/** Where `exp` is bounded by the end of the grant. */
const soonerOf = (data: PlanData): string =>
  `<${formatDuration(sessionLength(data).max)} after its issue, at the latest at ${knownEnd(data) ?? "the end of the grant"}>`;
/** Where an assertion never leaves the server and is used at once. */
const soon = "<a few minutes after its issue>";

/** Claims of an assertion that decide something. */
const assertion = (data: PlanData, audience: string, exp: string) => ({
  iss: "<this server's issuer>",
  sub: data.subject,
  aud: audience,
  exp,
});

function gcp(data: GcpPlanData): Json {
  const { service_account, boundary } = data;
  const exchange = { post: GCP_STS, form: gcpExchange(data, "<assertion>") };
  const lifetime = `<seconds to the end of the grant, at most ${data.max_session}>s`;
  const account =
    service_account === null
      ? []
      : [{ post: gcpImpersonationUrl(service_account), body: gcpImpersonation(data, lifetime) }];
  // `options` is sent serialised; here it is shown as what it is.
  const narrowing =
    boundary === null
      ? []
      : [
          {
            post: GCP_STS,
            form: { ...gcpNarrowing("<token of the call before>", boundary), options: gcpBoundaryOptions(boundary) },
          },
        ];
  return {
    assertion: assertion(data, gcpAssertionAudience(data), service_account === null ? soonerOf(data) : soon),
    requests: [exchange, ...account, ...narrowing],
  };
}

function azure(data: AzurePlanData): Json {
  const [cloud] = azureClouds(data.resources);
  const { tenant_id, client_id, subscription_id, delivery } = data;
  const handed = delivery === "assertion";
  const requests = data.resources.map((resource) => ({
    post: azureTokenUrl(cloud, tenant_id),
    form: azureTokenRequest(data, resource, "<assertion>"),
  }));
  return {
    tenant_id,
    client_id,
    subscription_id,
    delivery,
    assertion: assertion(data, cloud.audience, handed ? soonerOf(data) : soon),
    ...(handed ? { requests_of_the_job: requests } : { one_request_of: requests }),
  };
}

const github = (data: GithubPlanData, names: ReadonlyMap<number, string>): Json => ({
  requests: [{ post: githubTokenPath("<installation of the App for github targets>"), body: githubTokenBody(data) }],
  repositories: data.repository_ids.map((id) => ({ id, name: names.get(id) ?? null })),
});

const oidc = (data: OidcPlanData): Json => ({
  ...data.claims,
  ...assertion(data, data.audience, soonerOf(data)),
  iat: "<its issue>",
  nbf: "<5s before its issue>",
  jti: "<new for every token>",
});
