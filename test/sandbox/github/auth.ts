import { createPublicKey, randomBytes } from "node:crypto";
import { jwtVerify } from "jose";
import { covers } from "./permissions.ts";
import {
  type Actor,
  type App,
  ApiError,
  type AppPermissions,
  type Installation,
  type Json,
  type Level,
} from "./types.ts";
import type { World } from "./world.ts";

const HOUR = 3_600_000;

/** Who calls, from `Authorization: token|Bearer X` or, for git, HTTP basic with the token as the password. */
export async function authenticate(world: World, header: string | undefined): Promise<Actor> {
  if (header === undefined || header === "") return { kind: "anonymous" };
  const [scheme = "", value = ""] = header.split(/\s+(.*)/);
  let secret = value;
  if (scheme.toLowerCase() === "basic") {
    const plain = Buffer.from(value, "base64").toString("utf8");
    secret = plain.slice(plain.indexOf(":") + 1);
  } else if (!["token", "bearer"].includes(scheme.toLowerCase())) throw new ApiError(401, "Bad credentials");
  const known = world.tokens.get(secret);
  if (known) {
    if (known.expiresAt && known.expiresAt <= world.now()) throw new ApiError(401, "Bad credentials");
    if (known.actor.kind === "installation" && known.actor.installation.suspendedAt)
      throw new ApiError(403, "This installation has been suspended");
    return known.actor;
  }
  if (scheme.toLowerCase() === "bearer" && secret.split(".").length === 3) return appFromJwt(world, secret);
  throw new ApiError(401, "Bad credentials");
}

async function appFromJwt(world: World, jwt: string): Promise<Actor> {
  const now = world.now();
  for (const app of world.apps.values()) {
    let claims;
    try {
      claims = (await jwtVerify(jwt, createPublicKey(app.publicKey), { algorithms: ["RS256"], currentDate: now }))
        .payload;
    } catch (error) {
      // The words that @octokit/auth-app looks for before it tries again by GitHub's clock.
      if ((error as { code?: string }).code === "ERR_JWT_EXPIRED")
        throw new ApiError(
          401,
          "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        );
      continue;
    }
    // Probot sends the id as a number, others as a string; GitHub takes both.
    if (String(claims.iss) !== String(app.id)) continue;
    if (claims.exp === undefined || claims.exp * 1000 > now.getTime() + 10 * 60_000)
      throw new ApiError(401, "'Expiration time' claim ('exp') is too far in the future");
    if (claims.iat === undefined || claims.iat * 1000 > now.getTime() + 60_000)
      throw new ApiError(
        401,
        "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
      );
    return { kind: "app", app };
  }
  throw new ApiError(401, "A JSON web token could not be decoded");
}

/** `POST /app/installations/{id}/access_tokens`: narrowing only, 422 for anything the App does not have. */
export function mintInstallationToken(world: World, installation: Installation, body: Json) {
  if (installation.suspendedAt) throw new ApiError(403, "This installation has been suspended");
  const { app } = installation;
  const permissions = narrowed(app, body["permissions"]);
  const repositories = chosen(world, installation, body);
  const token = `ghs_${randomBytes(27).toString("base64url").replace(/[-_]/g, "y")}`;
  const expiresAt = new Date(Math.floor(world.now().getTime() / 1000) * 1000 + HOUR);
  world.tokens.set(token, {
    actor: { kind: "installation", installation, repositories, permissions, token },
    expiresAt,
  });
  return { token, expiresAt, permissions, repositories };
}

function narrowed(app: App, wanted: unknown): AppPermissions {
  if (wanted === undefined || wanted === null) return app.permissions;
  const result: Record<string, Level> = { metadata: "read" };
  for (const [name, level] of Object.entries(wanted as Record<string, unknown>)) {
    if (level !== "read" && level !== "write" && level !== "admin")
      throw new ApiError(422, `Invalid request.\n\n${String(level)} is not a valid permission level.`);
    if (!covers(app.permissions[name], level))
      throw new ApiError(422, "The permissions requested are not granted to this installation.");
    result[name] = level;
  }
  return result;
}

function chosen(world: World, installation: Installation, body: Json): ReadonlySet<number> | null {
  const ids = body["repository_ids"] as readonly number[] | undefined;
  const names = body["repositories"] as readonly string[] | undefined;
  if (ids === undefined && names === undefined) return null;
  const refusal = () =>
    new ApiError(
      422,
      "There is at least one repository that does not exist or is not accessible to the parent installation.",
    );
  const set = new Set<number>();
  for (const id of ids ?? []) {
    if (!installation.repositories.has(id)) throw refusal();
    set.add(id);
  }
  for (const name of names ?? []) {
    const repo = world.repositories.get(`${installation.owner.login}/${name}`.toLowerCase());
    if (!repo || !installation.repositories.has(repo.id)) throw refusal();
    set.add(repo.id);
  }
  return set;
}
