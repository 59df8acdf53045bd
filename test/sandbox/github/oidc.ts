import { createHash, createPrivateKey, createPublicKey, randomBytes, randomUUID, type KeyObject } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import { keyPair } from "./key-pair.ts";
import type { Attempt, Json, Run } from "./types.ts";
import type { World } from "./world.ts";

const LIFETIME = 300;

/** The Actions issuer of this host, in the form of GitHub Enterprise Server: `https://HOST/_services/token`. */
export class Issuer {
  readonly #world: World;
  readonly #key: KeyObject;
  readonly #jwk: Json;
  readonly #kid: string;
  readonly #requests = new Map<
    string,
    { run: Run; attempt: number; environment: string | null; jobWorkflowRef: string | null }
  >();

  private constructor(world: World, key: KeyObject, jwk: Json, kid: string) {
    this.#world = world;
    this.#key = key;
    this.#jwk = jwk;
    this.#kid = kid;
  }

  static async create(world: World): Promise<Issuer> {
    const pair = await keyPair("issuer");
    const jwk = await exportJWK(createPublicKey(pair.publicKey));
    const kid = randomUUID().toUpperCase();
    return new Issuer(world, createPrivateKey(pair.privateKey), { ...jwk, kid, alg: "RS256", use: "sig" }, kid);
  }

  get issuer(): string {
    return `${this.#world.url}/_services/token`;
  }
  jwks(): Json {
    return { keys: [{ ...this.#jwk, x5t: this.#x5t() }] };
  }
  #x5t(): string {
    return createHash("sha1").update(this.#kid).digest("base64url");
  }
  configuration(): Json {
    return {
      issuer: this.issuer,
      jwks_uri: `${this.issuer}/.well-known/jwks`,
      subject_types_supported: ["public", "pairwise"],
      response_types_supported: ["id_token"],
      claims_supported: ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "sha", "repository", "repository_id"],
      id_token_signing_alg_values_supported: ["RS256"],
      scopes_supported: ["openid"],
    };
  }

  async sign(claims: Json): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: this.#kid, x5t: this.#x5t() })
      .sign(this.#key);
  }

  /** A token with the newest run's claims; what is given replaces them, and null leaves one out. */
  async jobToken(given: Json): Promise<string> {
    const run = this.#world.runs().at(-1);
    const base = run
      ? this.claims(run, run.attempts.at(-1)?.attempt ?? 1, run.environment, null, null)
      : this.#times(null);
    const claims = Object.fromEntries(Object.entries({ ...base, ...given }).filter(([, v]) => v !== null));
    return this.sign(claims);
  }

  #times(audience: string | null): Json {
    const now = Math.floor(this.#world.now().getTime() / 1000);
    // GitHub backdates `nbf` by five minutes.
    return {
      jti: randomUUID(),
      iss: this.issuer,
      ...(audience === null ? {} : { aud: audience }),
      iat: now,
      nbf: now - 300,
      exp: now + LIFETIME,
    };
  }

  claims(
    run: Run,
    number: number,
    environment: string | null,
    audience: string | null,
    jobWorkflowRef: string | null,
  ): Json {
    const { repo } = run;
    const { owner } = repo;
    const attempt = run.attempts.find((a) => a.attempt === number) as Attempt;
    const name = `${owner.login}/${repo.name}`;
    const workflowRef = `${name}/${run.workflowPath}@${run.ref}`;
    const context = environment !== null ? `environment:${environment.replaceAll(":", "%3A")}` : `ref:${run.ref}`;
    return {
      ...this.#times(audience ?? `https://github.com/${owner.login}`),
      // The immutable form that repositories created since 2026-07-15 get.
      sub: `repo:${owner.login}@${owner.id}/${repo.name}@${repo.id}:${context}`,
      ref: run.ref,
      ref_type: run.ref.startsWith("refs/tags/") ? "tag" : "branch",
      ref_protected: String(repo.protections.has(run.ref.replace("refs/heads/", ""))),
      sha: run.headSha,
      repository: name,
      repository_id: String(repo.id),
      repository_owner: owner.login,
      repository_owner_id: String(owner.id),
      repository_visibility: repo.isPrivate ? "private" : "public",
      workflow: run.workflowName,
      workflow_ref: workflowRef,
      workflow_sha: run.headSha,
      job_workflow_ref: jobWorkflowRef ?? workflowRef,
      job_workflow_sha: run.headSha,
      event_name: run.event,
      actor: run.actor.login,
      actor_id: String(run.actor.id),
      run_id: String(run.id),
      run_number: String(run.number),
      run_attempt: String(number),
      runner_environment: "github-hosted",
      ...(environment === null ? {} : { environment }),
      check_run_id: String(attempt.checkRunId),
      head_ref: "",
      base_ref: "",
    };
  }

  /** What a runner hands to a job that has `id-token: write`. */
  requestTokenFor(run: Run, environment: string | null, jobWorkflowRef: string | null = null) {
    const token = randomBytes(32).toString("base64url");
    this.#requests.set(token, { run, attempt: run.attempts.at(-1)?.attempt ?? 1, environment, jobWorkflowRef });
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.#world.url}/_services/pipelines/idtoken?run=${run.id}`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
    };
  }

  /** `GET …/idtoken?run=…&audience=…`: null where the bearer token is not one of ours for that run. */
  async answer(bearer: string, query: URLSearchParams): Promise<string | null> {
    const known = this.#requests.get(bearer);
    if (!known || String(known.run.id) !== query.get("run")) return null;
    const { run, attempt, environment, jobWorkflowRef } = known;
    return this.sign(this.claims(run, attempt, environment, query.get("audience"), jobWorkflowRef));
  }
}
