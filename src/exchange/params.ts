import { parseRequestPath } from "../access-repo/index.ts";
import { Refused } from "./refused.ts";

/** What a job asks for. Absent narrows nothing. */
export interface TokenParams {
  readonly subjectToken: string;
  /** Access repo as `owner/name` in lower case, where `audience` names one. */
  readonly accessRepository?: string;
  readonly target?: string;
  readonly request?: string;
  readonly role?: string;
  /** azure only; one URI, as the role writes it. */
  readonly resource?: string;
  /** gcp only: `requested_token_type` was given, as an access token. */
  readonly accessToken?: true;
  /** gcp only: what the client would like. The token has what the role has, and the answer says so (RFC 6749 section 3.3). */
  readonly scopes?: readonly string[];
}

const grantType = "urn:ietf:params:oauth:grant-type:token-exchange";
/** A job has an OIDC token and says so by either name; both are JWTs (RFC 8693 section 3). */
const tokenTypes = new Set(["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"]);
/**
 * What Google's client libraries send besides, when a credentials file has this server as its `token_url`: always this type,
 * and the scopes of the API that is called. Seen with google-auth-library 11.3.4 for Node, google-auth 2.63.0 for Python,
 * golang.org/x/oauth2 0.38.0 and cloud.google.com/go/auth 0.24.4. No more than that is taken.
 */
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";
const scopeForm = /^https:\/\/www\.googleapis\.com\/auth\/[a-z0-9._/-]{1,100}$/;
const maxScopes = 20;
/** Delegation is not what we do, and ignoring these would answer another question than was asked. */
const refused = ["actor_token", "actor_token_type", "options"] as const;
const known = [
  "grant_type",
  "subject_token",
  "subject_token_type",
  "audience",
  "request",
  "role",
  "resource",
  "requested_token_type",
  "scope",
] as const;
type Known = (typeof known)[number];

const audienceForm = /^(?:([A-Za-z0-9_.-]{1,100}\/[A-Za-z0-9_.-]{1,100})\/)?([a-z0-9][a-z0-9-]{0,62})$/;
const roleForm = /^[a-z0-9][a-z0-9-]{0,31}$/;

/**
 * RFC 8693 section 2.1, strictly: each parameter once, an empty one is an absent one (RFC 6749 section 3.2), unknown ones
 * are ignored as that section says.
 * @throws Refused `invalid_request`, `unsupported_grant_type`, `invalid_target`, `invalid_scope`
 */
export function parseParams(params: URLSearchParams): TokenParams {
  const values = new Map<Known, string>();
  for (const name of known) {
    const all = params.getAll(name).filter((value) => value !== "");
    if (all.length > 1)
      throw new Refused(name === "audience" || name === "resource" ? "invalid_target" : "invalid_request", {
        repeated: name,
      });
    if (all[0] !== undefined) values.set(name, all[0]);
  }
  for (const name of refused) if (params.get(name)) throw new Refused("invalid_request", { unsupported: name });

  const grant = values.get("grant_type");
  if (grant !== grantType) throw new Refused(grant === undefined ? "invalid_request" : "unsupported_grant_type");
  const subjectToken = values.get("subject_token");
  if (subjectToken === undefined) throw new Refused("invalid_request", { missing: "subject_token" });
  if (!tokenTypes.has(values.get("subject_token_type") ?? ""))
    throw new Refused("invalid_request", { parameter: "subject_token_type" });
  const requested = values.get("requested_token_type");
  if (requested !== undefined && requested !== accessTokenType)
    throw new Refused("invalid_request", { unsupported: "requested_token_type" });
  const scopes = scopesOf(values.get("scope"));

  const audience = values.get("audience");
  const parts = audience === undefined ? undefined : audienceForm.exec(audience);
  if (parts === null) throw new Refused("invalid_target", { parameter: "audience" });
  const request = values.get("request");
  if (request !== undefined && !parseRequestPath(request))
    throw new Refused("invalid_target", { parameter: "request" });
  const role = formed(values, "role", roleForm);
  const resource = formed(values, "resource", /^(?:https|api):\/\/[\x21-\x7e]{1,500}$/);
  return {
    subjectToken,
    ...(parts?.[1] === undefined ? {} : { accessRepository: parts[1].toLowerCase() }),
    ...(parts?.[2] === undefined ? {} : { target: parts[2] }),
    ...(request === undefined ? {} : { request }),
    ...(role === undefined ? {} : { role }),
    ...(resource === undefined ? {} : { resource }),
    ...(requested === undefined ? {} : { accessToken: true }),
    ...(scopes === undefined ? {} : { scopes }),
  };
}

function scopesOf(text: string | undefined): readonly string[] | undefined {
  const scopes = text?.split(" ", maxScopes + 1);
  if (scopes && (scopes.length > maxScopes || !scopes.every((scope) => scopeForm.test(scope))))
    throw new Refused("invalid_scope");
  return scopes;
}

function formed(values: ReadonlyMap<Known, string>, name: Known, form: RegExp): string | undefined {
  const value = values.get(name);
  if (value !== undefined && !form.test(value)) throw new Refused("invalid_target", { parameter: name });
  return value;
}
