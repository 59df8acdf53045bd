import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from "jose";

/** Finds the key for a token's header. */
export type KeySet = JWTVerifyGetKey;

/** GitHub's key set has about 10 kB; without a cap a hostile or broken answer takes our memory (GHSA-75r6-6jg8-pfcq). */
const maxBytes = 102_400;
const timeout = 3000;
/** After a failed fetch nobody causes another one for so long; jose's own cooldown counts from a success only. */
const failurePause = 2000;

/**
 * The issuer's keys from exactly `<issuer>/.well-known/jwks`, which follows from configuration and never from a token or a
 * discovery document (C34). No redirects, bounded in size and time; an unknown kid causes one fetch outside the cooldown.
 */
export function createKeySet(issuer: string, fetchImpl: typeof fetch): KeySet {
  let failedAt = Number.NEGATIVE_INFINITY;
  const bounded: FetchImplementation = async (url, options) => {
    if (performance.now() - failedAt < failurePause) throw new Error("the key set could not be read a moment ago");
    try {
      const response = await fetchImpl(url, { ...options, redirect: "error" });
      if (response.status !== 200) throw new Error(`the key set answered ${response.status}`);
      return Response.json(keySet(await readCapped(response)));
    } catch (error) {
      failedAt = performance.now();
      throw error;
    }
  };
  return createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks`), {
    timeoutDuration: timeout,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
    [customFetch]: bounded,
  });
}

/** Looked at here as well as by jose, so that an answer that is none counts as a failure. */
function keySet(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null || !("keys" in parsed) || !Array.isArray(parsed.keys)) {
    throw new Error("the answer is no key set");
  }
  return parsed;
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error("the key set is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
