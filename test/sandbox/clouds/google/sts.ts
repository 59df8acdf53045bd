import { randomBytes } from "node:crypto";
import { bucketResource, knowsRole, knowsScope } from "./iam.ts";
import type { IssuerKeys } from "./issuer-keys.ts";
import { admit, poolOf } from "./pool.ts";
import { misfit } from "./published.ts";
import { type BoundaryRule, type GoogleError, oauthError, type Provider, rpcError, type Token } from "./types.ts";

/** Every token that this Google gives out holds it, so that a test can search logs, files and answers for leaks. */
export const tokenCanary = "CSGNCANARY";

export const newTokenValue = (): string => `ya29.c.${tokenCanary}${randomBytes(300).toString("base64url")}`;

const exchangeType = "urn:ietf:params:oauth:grant-type:token-exchange";
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";
const jwtTypes = ["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"];

export interface Sts {
  readonly providers: ReadonlyMap<string, { readonly provider: Provider; readonly keys: IssuerKeys }>;
  readonly disabledPools: ReadonlySet<string>;
  /** The tokens that are good now. */
  readonly tokenOf: (value: string) => Token | undefined;
  readonly boundaryOnFederated: boolean;
  readonly now: Date;
}
interface Exchanged {
  readonly token: Token;
  readonly answer: Readonly<Record<string, unknown>>;
}
type Form = Readonly<Record<string, string>>;

/** `sts.token`. @throws GoogleError with the errors that STS documents, or that others report of it */
export async function exchangeToken(form: Form, sts: Sts): Promise<Exchanged> {
  const stranger = misfit("ExchangeTokenRequest", form);
  if (stranger !== undefined) throw invalid(stranger);
  if (form["grant_type"] !== exchangeType) throw oauthError("unsupported_grant_type", "Invalid value for grant_type.");
  if (form["requested_token_type"] !== accessTokenType) throw invalid("Invalid value for requested_token_type.");
  const type = form["subject_token_type"] ?? "";
  if (!form["subject_token"]) throw invalid("The subject_token is required.");
  if (type === accessTokenType) return downscope(form, sts);
  if (jwtTypes.includes(type)) return federate(form, sts);
  throw invalid("Invalid value for subject_token_type.");
}

async function federate(form: Form, sts: Sts): Promise<Exchanged> {
  const name = /^\/\/iam\.googleapis\.com\/(.+)$/.exec(form["audience"] ?? "")?.[1];
  if (name === undefined)
    throw invalid(
      'Invalid value for "audience". This value should be the full resource name of the Identity Provider.',
    );
  const found = sts.providers.get(name);
  if (!found || found.provider.disabled || sts.disabledPools.has(poolOf(name)))
    throw oauthError(
      "invalid_target",
      'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
    );
  // Only Google's own tokens take a boundary, and a second call does that.
  if (form["options"] !== undefined)
    throw invalid("options is not taken for a credential of a workload identity pool.");
  const scopes = (form["scope"] ?? "").split(" ").filter((scope) => scope !== "");
  if (scopes.length === 0) throw invalid("The scope is required.");
  const unknown = scopes.find((scope) => !knowsScope(scope));
  if (unknown !== undefined) throw oauthError("invalid_scope", `${unknown} is not a valid scope.`);
  const { provider, keys } = found;
  const { member, exp } = await admit(provider, keys, form["subject_token"] ?? "", sts.now);
  // Observed: 30 s of assertion yield 28, 1 h 3598, more than 1 h 3599; 2 s yield a token without expires_in, 1 s an error.
  const left = Math.min(exp - Math.floor(sts.now.getTime() / 1000), 3601) - 2;
  if (left < 0) throw rpcError("INTERNAL", "Internal error encountered.");
  const token: Token = {
    value: newTokenValue(),
    member,
    of: { pool: poolOf(name) },
    scopes,
    boundary: undefined,
    expiresAt: new Date((Math.floor(sts.now.getTime() / 1000) + left + 2) * 1000),
  };
  return { token, answer: answerOf(token, left === 0 ? undefined : left) };
}

/** A Credential Access Boundary on a token of Google: "Create a downscoped short-lived credential". */
function downscope(form: Form, sts: Sts): Exchanged {
  const source = sts.tokenOf(form["subject_token"] ?? "");
  if (!source) throw oauthError("invalid_grant", "The subject token is invalid or expired.");
  // "If an access token already contains security attributes, you cannot apply additional security attributes."
  if (source.boundary) throw invalid("The subject token has an access boundary already.");
  if ("pool" in source.of && !sts.boundaryOnFederated)
    throw invalid("The subject token of a federated identity takes no access boundary.");
  const boundary = rulesOf(form["options"]);
  const token: Token = { ...source, value: newTokenValue(), boundary };
  // sts:v1: absent for a user's token. The source's end is kept either way.
  const left = Math.floor((source.expiresAt.getTime() - sts.now.getTime()) / 1000);
  return { token, answer: answerOf(token, "pool" in source.of ? undefined : left) };
}

const answerOf = ({ value }: Token, expiresIn: number | undefined) => ({
  access_token: value,
  issued_token_type: accessTokenType,
  token_type: "Bearer",
  ...(expiresIn !== undefined && { expires_in: expiresIn }),
});

/** @throws GoogleError where the boundary is not what the overview of Credential Access Boundaries admits */
function rulesOf(options: string | undefined): readonly BoundaryRule[] {
  const { accessBoundary } = object("Options", parse(options));
  if (JSON.stringify(accessBoundary ?? {}).length > 2048) throw invalid("The access boundary exceeds 2048 characters.");
  const { accessBoundaryRules: rules } = object("AccessBoundary", accessBoundary);
  if (!Array.isArray(rules) || rules.length < 1 || rules.length > 10)
    throw invalid("An access boundary has 1 to 10 rules.");
  return rules.map((rule) => {
    const { availableResource, availablePermissions, availabilityCondition } = object("AccessBoundaryRule", rule);
    if (availabilityCondition !== undefined) throw invalid("this Google does not know conditions of boundaries");
    const resource = String(availableResource);
    if (!resource.startsWith(bucketResource("")) || resource === bucketResource(""))
      throw invalid("An access boundary is for buckets of Cloud Storage only.");
    const roles = (availablePermissions as readonly string[] | undefined) ?? [];
    if (roles.length === 0) throw invalid("A rule has at least one permission.");
    return { resource, roles: roles.map(roleOf) };
  });
}

function roleOf(permission: string): string {
  const role = permission.replace(/^inRole:/, "");
  if (role === permission || !knowsRole(role)) throw invalid(`${permission} is not inRole:<a role>.`);
  return role;
}

function object(message: "Options" | "AccessBoundary" | "AccessBoundaryRule", value: unknown) {
  const wrong = misfit(message, value);
  if (wrong !== undefined) throw invalid(wrong);
  return value as Readonly<Record<string, unknown>>;
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    throw invalid("options is no JSON.");
  }
}

const invalid = (description: string): GoogleError => oauthError("invalid_request", description);
