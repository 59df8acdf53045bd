import { Failure } from "./failure.ts";
import { call, retryOf } from "./http.ts";
import type { Machine, Runner } from "./runner.ts";

const timeoutMs = 15_000;

/**
 * A new OIDC token of this job for `audience`, masked before it is returned. The server accepts each token once, so every
 * attempt asks for its own. Source: docs.github.com, "OpenID Connect reference", Requesting the JWT.
 */
export async function idToken(machine: Machine, runner: Runner, audience: string, limitMs: number): Promise<string> {
  const url = machine.env["ACTIONS_ID_TOKEN_REQUEST_URL"];
  const bearer = machine.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
  if (!url || !bearer) {
    throw new Failure("no_id_token", "This job may not ask for an OIDC token.", {
      cure:
        "Give the job (or the workflow) `permissions: id-token: write`; setting permissions drops the defaults, so add " +
        "`contents: read` where the job checks out code. Runs for pull requests from forks never get a token.",
    });
  }
  const answer = await call(
    machine,
    `${url}&audience=${encodeURIComponent(audience)}`,
    { headers: { authorization: `Bearer ${bearer}`, accept: "application/json" } },
    Math.min(timeoutMs, limitMs),
  );
  const token = answer.body?.["value"];
  if (typeof token === "string") runner.mask(token);
  if (answer.status !== 200 || typeof token !== "string" || token === "") {
    throw new Failure("no_id_token", `GitHub gave no OIDC token: status ${answer.status}.`, {
      retry: retryOf(answer, machine.wallClock()),
    });
  }
  return token;
}
