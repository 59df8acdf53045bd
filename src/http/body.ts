/** `too_large`: over its own limit. `busy`: all bodies together are over theirs. `broken`: the sender went away. */
export type Body =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly why: "too_large" | "busy" | "broken" };
export type ReadBody = (request: Request, limit: number) => Promise<Body>;

/**
 * Reads bodies up to a limit, counting while they stream: a length that the sender states is a promise, not a fact. All
 * bodies in hand together stay under `total` bytes, since nobody has proved to be anybody yet when a body is read.
 */
export function createBodyReader(total: number): ReadBody {
  let inHand = 0;
  return async (request, limit) => {
    if (Number(request.headers.get("content-length") ?? 0) > limit) return { ok: false, why: "too_large" };
    const chunks: Uint8Array[] = [];
    let size = 0;
    const reader = request.body?.getReader();
    try {
      for (;;) {
        const next = await reader?.read();
        if (!next || next.done) break;
        size += next.value.byteLength;
        inHand += next.value.byteLength;
        const why = size > limit ? "too_large" : inHand > total ? "busy" : undefined;
        if (why) {
          // Not awaited: a sender that never stops must not hold the answer.
          reader?.cancel().catch(() => undefined);
          return { ok: false, why };
        }
        chunks.push(next.value);
      }
      return { ok: true, bytes: Buffer.concat(chunks, size) };
    } catch {
      return { ok: false, why: "broken" };
    } finally {
      inHand -= size;
    }
  };
}

/** UTF-8 text whose bytes are exactly these: no replacement, no lost byte order mark. Undefined for anything else. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
