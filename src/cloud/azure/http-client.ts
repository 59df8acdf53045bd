import type { ClientAssertionCredentialOptions } from "@azure/identity";

type HttpClient = NonNullable<ClientAssertionCredentialOptions["httpClient"]>;
type Answer = Awaited<ReturnType<HttpClient["sendRequest"]>>;

/** The one request that a mint makes. */
export interface TokenRequest {
  /** Where it goes, whatever host the SDK came to. */
  readonly url: string;
  /** Members that the SDK's form must have, each once and exactly so: what the plan showed. */
  readonly form: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}
/** What Entra's sign-in log has of the request, and how long the token lives. */
export interface Trace {
  /** `CorrelationId` there. */
  correlationId?: string;
  /** `Id` there. */
  requestId?: string;
  /** `expires_in` of the answer, in seconds. */
  lifetime?: number;
}

/** A token has some kilobytes. */
const maxBytes = 262_144;
const id = /^[0-9a-f-]{8,64}$/i;

/**
 * What the SDK sends through. It takes the host from `AZURE_REGIONAL_AUTHORITY_NAME` and a proxy from `HTTPS_PROXY`, would ask
 * the machine's metadata service for a region, follows redirects, and never looks at the caller's signal
 * (getTokenByClientAssertion drops it). Here it has one way out: the token request of this mint, to the table's address. Anything
 * else is refused, so that the assertion can go nowhere else and nothing is asked for that the plan did not show; a form
 * with `claims` would ask for the 24 hours of continuous access evaluation.
 */
export function pinnedClient({ url, form, signal }: TokenRequest, trace: Trace): HttpClient {
  return {
    async sendRequest(request) {
      if (request.method !== "POST" || typeof request.body !== "string") throw new Error("only a token is asked for");
      const sent = new URLSearchParams(request.body);
      const exact = Object.entries(form).every(([name, value]) => {
        const all = sent.getAll(name);
        return all.length === 1 && all[0] === value;
      });
      if (!exact || sent.has("claims")) throw new Error("the token request is not the one that was planned");
      const correlation = sent.get("client-request-id") ?? "";
      if (id.test(correlation)) trace.correlationId = correlation;
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
        body: request.body,
        redirect: "error",
        signal,
      });
      const requestId = response.headers.get("x-ms-request-id") ?? "";
      if (id.test(requestId)) trace.requestId = requestId;
      const bodyAsText = await readCapped(response);
      trace.lifetime = lifetimeIn(bodyAsText);
      return { request, status: response.status, headers: headersOf(response.headers), bodyAsText };
    },
  };
}

/** Whole seconds; 0 where there are none, which no token has. Never throws. */
function lifetimeIn(body: string): number {
  try {
    const { expires_in } = JSON.parse(body) as { expires_in?: unknown };
    const seconds = Number(expires_in);
    return Number.isSafeInteger(seconds) ? seconds : 0;
  } catch {
    return 0;
  }
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The SDK's own shape of headers, without its package: `undefined` for what is absent, and plain JSON. */
const headersOf = (headers: Headers): Answer["headers"] => ({
  get: (name) => headers.get(name) ?? undefined,
  has: (name) => headers.has(name),
  set: (name, value) => headers.set(name, String(value)),
  delete: (name) => headers.delete(name),
  toJSON: () => Object.fromEntries(headers),
  [Symbol.iterator]: () => headers.entries(),
});
