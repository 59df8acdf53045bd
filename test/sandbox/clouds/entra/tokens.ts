import { createHmac, randomBytes } from "node:crypto";
import { verifyAssertion } from "./assertion.ts";
import { type Application, ArmError, EntraError } from "./types.ts";

/** In every access token that this Entra gives out, so that a test can search logs, files and answers for leaks. */
export const tokenCanary = "CSGNCANARY";

export const resourceManager = "https://management.azure.com";
const graph = "https://graph.microsoft.com";
const ordinary = [resourceManager, "https://vault.azure.net", graph];

export interface AccessToken {
  readonly text: string;
  readonly clientId: string;
  /** `aud`: the resource without a slash at its end. */
  readonly resource: string;
  readonly uniqueTokenId: string;
  readonly expiresAt: Date;
}

export interface TokenOptions {
  readonly applications: readonly Application[];
  readonly now: Date;
  /** [0, 1). */
  readonly random: number;
}

const request = (number: number, message: string) => new EntraError(400, "invalid_request", number, message);

/** `POST /{tenant}/oauth2/v2.0/token` for client credentials with an assertion. @throws EntraError */
export async function giveToken(
  tenantId: string,
  form: URLSearchParams,
  { applications, now, random }: TokenOptions,
): Promise<AccessToken> {
  const needed = (name: string): string => {
    const [value, ...more] = form.getAll(name);
    if (!value) throw request(900144, `The request body must contain the following parameter: '${name}'.`);
    if (more.length > 0) throw request(900142, `The parameter '${name}' is duplicated.`);
    return value;
  };
  if (needed("grant_type") !== "client_credentials")
    throw new EntraError(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.");
  if (needed("client_assertion_type") !== "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    throw request(50027, "The client assertion type is not supported.");
  const inTenant = applications.filter((application) => application.tenantId === tenantId);
  if (inTenant.length === 0) throw request(90002, `Tenant '${tenantId}' not found.`);
  const clientId = needed("client_id");
  const application = inTenant.find((one) => one.clientId === clientId);
  if (!application)
    throw new EntraError(
      400,
      "unauthorized_client",
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${tenantId}'.`,
    );
  if (application.disabled === true)
    throw new EntraError(401, "unauthorized_client", 7000112, `Application '${clientId}' is disabled.`);
  await verifyAssertion(needed("client_assertion"), application, now);
  const resource = resourceOf(needed("scope"), application);
  if (application.blocked === true)
    throw new EntraError(400, "invalid_grant", 53003, "Access has been blocked by Conditional Access policies.");
  const lifetime = Math.round(3600 + random * 1800);
  return newToken(application, resource, now, wantsDay(form, resource) ? 86_400 : lifetime);
}

/** Exactly one resource, by its `.default`. */
function resourceOf(scope: string, { resources = ordinary }: Application): string {
  const named = /^(\S+)\/\.default$/.exec(scope)?.[1];
  if (named === undefined)
    throw new EntraError(
      400,
      "invalid_scope",
      /\s/.test(scope) ? 70011 : 1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`,
    );
  const resource = named.replace(/\/$/, "");
  if (!resources.includes(resource))
    throw request(500011, `The resource principal named ${named} was not found in the tenant.`);
  return resource;
}

/** Continuous access evaluation: for whom declares the client capability, at Microsoft Graph only. */
const wantsDay = (form: URLSearchParams, resource: string): boolean =>
  resource === graph && (form.get("claims") ?? "").includes('"cp1"');

const signingKey = randomBytes(32);

function newToken({ clientId, tenantId }: Application, resource: string, now: Date, lifetime: number): AccessToken {
  const iat = Math.floor(now.getTime() / 1000);
  const uniqueTokenId = randomBytes(16).toString("base64url");
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { aud: resource, iss: `https://sts.windows.net/${tenantId}/`, iat, nbf: iat, exp: iat + lifetime };
  const unsigned = `${part({ typ: "JWT", alg: "HS256" })}.${part({ ...claims, appid: clientId, tid: tenantId, uti: uniqueTokenId })}`;
  const signature = createHmac("sha256", signingKey).update(unsigned).digest("base64url");
  const expiresAt = new Date((iat + lifetime) * 1000);
  return { text: `${unsigned}.${tokenCanary}${signature}`, clientId, resource, uniqueTokenId, expiresAt };
}

/** Whose token a bearer is, at a resource. @throws ArmError */
export function checkToken(bearer: string, given: ReadonlyMap<string, AccessToken>, resource: string, now: Date) {
  const token = given.get(bearer);
  if (!token) throw new ArmError(401, "InvalidAuthenticationToken", "The access token is invalid.");
  if (token.resource !== resource)
    throw new ArmError(
      401,
      "InvalidAuthenticationTokenAudience",
      `The access token has been obtained for wrong audience or resource '${token.resource}'.`,
    );
  if (now >= token.expiresAt)
    throw new ArmError(401, "ExpiredAuthenticationToken", "The access token expiry is in the past.");
  return token;
}
