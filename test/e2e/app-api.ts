import { createPrivateKey } from "node:crypto";
import { Octokit } from "@octokit/rest";
import { SignJWT } from "jose";
import { accessRepo } from "../sandbox/seed.ts";
import type { World } from "../sandbox/world.ts";

/** The API with an installation token of an App on the access repo: what whoever holds its private key can do. */
export async function asInstallation({ github, clock }: World, slug = "countersign"): Promise<Octokit> {
  const app = github.apps[slug];
  if (!app) throw new Error(`no App ${slug}`);
  const now = Math.floor(clock.now().getTime() / 1000);
  const jwt = await new SignJWT({ iss: String(app.id), iat: now - 10, exp: now + 300 })
    .setProtectedHeader({ alg: "RS256" })
    .sign(createPrivateKey(app.privateKey));
  const asApp = new Octokit({ auth: jwt, baseUrl: github.apiUrl });
  const installation_id = github.installationId(accessRepo, slug) ?? 0;
  const { data } = await asApp.rest.apps.createInstallationAccessToken({ installation_id });
  return new Octokit({ auth: data.token, baseUrl: github.apiUrl });
}
