import { Failure, type FailureDetails } from "./failure.ts";
import type { Machine } from "./runner.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where the body is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

// OpenSSL's and Node's codes; such a certificate is the same a second later.
const certificateError = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;

/**
 * One call, no redirects (a redirect would carry a bearer elsewhere), with a time limit. A lost connection is a failure
 * that a new attempt may cure; its message names the host, not the URL, whose query may hold more than a stranger needs.
 */
export async function call(machine: Machine, url: string, init: RequestInit, timeoutMs: number): Promise<Answer> {
  const host = new URL(url).host;
  try {
    const response = await machine.fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    return { status: response.status, headers: response.headers, body: parseObject(await response.text()) };
  } catch (cause) {
    const why = reason(cause);
    if (certificateError.test(why)) {
      throw new Failure("untrusted_certificate", `The certificate of ${host} is not trusted: ${why}.`, {
        cure: "Check the address. For a private authority set NODE_EXTRA_CA_CERTS on the runner.",
      });
    }
    throw new Failure("connection_failed", `No answer from ${host}: ${why}.`, {
      cure: "Check the address, and that this runner may reach it.",
      retry: { afterSeconds: undefined },
    });
  }
}

/** Google's rule: 408, 429 and 5xx may pass; 400, 401 and 403 will be the same next time, and a retry only hides them. */
export function retryOf(answer: Answer, now: Date, alsoRetry = false): FailureDetails["retry"] {
  const { status } = answer;
  if (status === 400 || status === 401 || status === 403) return undefined;
  if (status !== 408 && status !== 429 && status < 500 && !alsoRetry) return undefined;
  return { afterSeconds: retryAfter(answer.headers.get("retry-after"), now) };
}

/** RFC 9110 section 10.2.3: seconds or an HTTP date. */
function retryAfter(text: string | null, now: Date): number | undefined {
  if (text === null) return undefined;
  if (/^\s*[0-9]{1,9}\s*$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now.getTime()) / 1000);
}

function parseObject(text: string): Answer["body"] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // the parser's message would quote the body
  }
}

/** undici says "fetch failed" and hides why one or two causes deep. Only the code is shown. */
function reason(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === "TimeoutError") return "it took too long";
    if ("code" in at && typeof at.code === "string") return at.code;
    if (!(at.cause instanceof Error)) return at.message;
  }
  return "unknown reason";
}
