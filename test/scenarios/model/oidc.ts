import { generateKeyPairSync, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { createKeySet, type KeySet } from "../../../src/exchange/index.ts";
import type { Repository } from "./repository.ts";
import type { ModelRun } from "./runs.ts";

/** GitHub's issuer of tokens for jobs, with a key of its own. One for all stories: nothing of it changes. */
export const oidcIssuer = "https://token.actions.githubusercontent.com";
const kid = "stories";

let made: { readonly privateKey: Parameters<SignJWT["sign"]>[0]; readonly keySet: KeySet } | undefined;
/** Made when the first job asks: most stories need none. */
function issuer(): NonNullable<typeof made> {
  if (made) return made;
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = [{ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" }];
  const answer: typeof fetch = async (input) =>
    new Request(input).url === `${oidcIssuer}/.well-known/jwks`
      ? Response.json({ keys })
      : new Response(null, { status: 404 });
  made = { privateKey, keySet: createKeySet(oidcIssuer, answer) };
  return made;
}

/** The server's own reader of that issuer's keys. */
export const modelKeySet = (): KeySet => issuer().keySet;

/** A new token for a job of the newest attempt of a run, with the claims that GitHub documents. */
export function tokenOf(run: ModelRun, { id, ownerId }: Repository, audience: string, now: Date): Promise<string> {
  const seconds = Math.floor(now.getTime() / 1000);
  const { repository, file, ref, headSha, event, actor, starters } = run;
  const workflow = `${repository}/${file}@${ref}`;
  return new SignJWT({
    iss: oidcIssuer,
    aud: audience,
    sub: `repo:${repository}:ref:${ref}`,
    jti: randomUUID(),
    iat: seconds,
    nbf: seconds - 600,
    exp: seconds + 300,
    repository,
    repository_id: String(id),
    repository_owner_id: String(ownerId),
    workflow_ref: workflow,
    workflow_sha: headSha,
    job_workflow_ref: workflow,
    job_workflow_sha: headSha,
    ref,
    sha: headSha,
    event_name: event,
    run_id: String(run.id),
    run_attempt: String(starters.length),
    // Of the one who started the first attempt, whoever runs it again.
    actor: actor?.login,
    actor_id: String(actor?.id),
    runner_environment: "github-hosted",
  })
    .setProtectedHeader({ alg: "RS256", kid, typ: "JWT" })
    .sign(issuer().privateKey);
}
