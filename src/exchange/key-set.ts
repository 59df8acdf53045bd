import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from "jose";

/** The issuer's keys. */
export interface KeySet {
  /** Finds the key for a token's header, asking the issuer where that may help. */
  readonly get: JWTVerifyGetKey;
  /** Whether a key is in memory and fresh: whatever else is asked for takes a call of the issuer, which takes its time. */
  has(kid: string): boolean;
}

/** GitHub's key set has about 10 kB; without a cap a hostile or broken answer takes our memory (GHSA-75r6-6jg8-pfcq). */
const maxBytes = 102_400;
const maxKeys = 100;
const timeout = 3000;
/** After a failed fetch nobody causes another one for so long; jose's own cooldown counts from a success only. */
const failurePause = 2000;
/** After a fetch no unknown kid causes another one for so long: a key that the issuer signs with was published before. */
const cooldown = 30_000;
/** A key that the issuer took back is accepted no longer than this. */
const maxAge = 600_000;

/**
 * The issuer's keys from exactly `<issuer>/.well-known/jwks`, which follows from configuration and never from a token or a
 * discovery document (C34). No redirects, bounded in size and time; an unknown kid causes one fetch outside the cooldown, so
 * that a rotation needs no restart (C35).
 */
export function createKeySet(issuer: string, fetchImpl: typeof fetch): KeySet {
  let failedAt = Number.NEGATIVE_INFINITY;
  let known: { readonly kids: ReadonlySet<string>; readonly at: number } = { kids: new Set(), at: 0 };
  const bounded: FetchImplementation = async (url, options) => {
    if (performance.now() - failedAt < failurePause) throw new Error("the key set could not be read a moment ago");
    try {
      const response = await fetchImpl(url, { ...options, redirect: "error" });
      if (response.status !== 200) throw new Error(`the key set answered ${response.status}`);
      const keys = signingKeys(await readCapped(response));
      known = { kids: new Set(keys.map((key) => key.kid)), at: Date.now() };
      return Response.json({ keys });
    } catch (error) {
      failedAt = performance.now();
      throw error;
    }
  };
  const get = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks`), {
    timeoutDuration: timeout,
    cooldownDuration: cooldown,
    cacheMaxAge: maxAge,
    [customFetch]: bounded,
  });
  return { get, has: (kid) => known.kids.has(kid) && Date.now() - known.at < maxAge };
}

interface SigningKey {
  readonly kid: string;
}

/**
 * The keys that an RS256 token can name. Looked at here, so that an answer without any counts as a failure: an empty set that
 * took the place of a good one would have every honest token denied, which nobody tries again.
 */
function signingKeys(text: string): readonly SigningKey[] {
  const parsed: unknown = JSON.parse(text);
  const all = isRecord(parsed) && Array.isArray(parsed["keys"]) ? parsed["keys"] : [];
  const keys = all.filter(
    (key: unknown): key is SigningKey =>
      isRecord(key) &&
      key["kty"] === "RSA" &&
      typeof key["kid"] === "string" &&
      (key["alg"] ?? "RS256") === "RS256" &&
      (key["use"] ?? "sig") === "sig",
  );
  if (keys.length === 0 || keys.length > maxKeys) throw new Error("the answer is no key set");
  return keys;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

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
