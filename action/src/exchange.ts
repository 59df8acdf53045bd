import { Failure } from "./failure.ts";
import { type Handover, optionalWord, strange } from "./handover.ts";
import { call, retryOf, type Answer } from "./http.ts";
import type { Inputs } from "./inputs.ts";
import { kinds } from "./kinds.ts";
import type { Machine, Runner } from "./runner.ts";

/** Longer than the server's own deadline of 45 s, so that it is the server that gives up and says why. */
const timeoutMs = 60_000;
/** Errors that pass by themselves, whatever status carries them (never 400, 401 or 403). */
const passing = new Set(["not_ready", "temporarily_unavailable"]);

/** What one exchange brought, and the names under which others know it. */
export interface Exchanged extends Handover {
  readonly grant: string | undefined;
  readonly request: string | undefined;
  readonly correlationId: string | undefined;
}

/** RFC 8693 token exchange, once. Every secret of the answer is masked before this returns or throws. */
export async function exchange(
  machine: Machine,
  runner: Runner,
  inputs: Inputs,
  subjectToken: string,
  limitMs: number,
): Promise<Exchanged> {
  const form = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: subjectToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    audience: inputs.target,
  });
  if (inputs.request !== undefined) form.set("request", inputs.request);
  if (inputs.role !== undefined) form.set("role", inputs.role);
  if (inputs.resource !== undefined) form.set("resource", inputs.resource);
  const answer = await call(
    machine,
    `${inputs.url}/token`,
    {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: form.toString(),
    },
    Math.min(timeoutMs, limitMs),
  );
  if (answer.status !== 200) throw refused(answer, machine.wallClock());
  return read(answer, { machine, runner, inputs });
}

/** Masks first: whatever the answer turns out to be, its token is not shown by what is said about it. */
function read(answer: Answer, about: { machine: Machine; runner: Runner; inputs: Inputs }): Exchanged {
  const { body, headers } = answer;
  const token = body?.["access_token"];
  if (typeof token === "string") about.runner.mask(token);
  const kind = kinds.get(String(body?.["kind"]));
  if (!kind) {
    const known = [...kinds.keys()].join(", ");
    throw strange(
      "it is for another kind of target",
      `This version of the Action knows ${known}; a newer one may know it.`,
    );
  }
  return {
    ...kind.read(answer, about),
    grant: optionalWord(body, "grant"),
    request: optionalWord(body, "request"),
    correlationId: optionalWord(body, "correlation_id") ?? headers.get("x-correlation-id") ?? undefined,
  };
}

function refused(answer: Answer, now: Date): Failure {
  const text = (name: string) => {
    const value = answer.body?.[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const code = text("error") ?? (answer.status < 400 ? "redirected" : `http_${answer.status}`);
  return new Failure(code, text("error_description") ?? `The server answered with status ${answer.status}.`, {
    cure: cures.get(code),
    errorUri: text("error_uri"),
    correlationId: text("correlation_id") ?? answer.headers.get("x-correlation-id") ?? undefined,
    pullRequest: text("pull_request"),
    awaited: listed(answer.body?.["awaited"]),
    pending: code === "authorization_pending" ? { intervalSeconds: seconds(answer.body?.["interval"]) } : undefined,
    retry: retryOf(answer, now, passing.has(code)),
  });
}

const seconds = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

const listed = (value: unknown): string | undefined =>
  [value]
    .flat()
    .filter((one) => typeof one === "string")
    .join(", ") || undefined;

// The server's description says what is wrong; these say what the job's owner can do about it from here.
const cures = new Map([
  // A runner that waits for a person costs by the minute, and a grant with `dispatch` starts the run by itself.
  [
    "authorization_pending",
    "Have the pull request approved and merged, then re-run this job; with the input `wait` it waits for that itself.",
  ],
  ["not_ready", "Re-run this job in a minute."],
  ["temporarily_unavailable", "Re-run this job later; if it stays so, give the operator the correlation id."],
  ["policy_changed", "Policy changed after the approval. Ask again with a new request."],
  ["invalid_target", "Compare the inputs `target`, `role`, `request` and `resource` with the access repo."],
  ["redirected", "Give the address that the server redirects to as the input `url`; the Action follows no redirect."],
  ["http_404", "Check the input `url`: it is the server's address, to which the Action adds /token."],
]);
