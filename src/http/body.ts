import type { Readable } from "node:stream";
import type { Ctx } from "./context.ts";

/** `too_large`: over its own limit. `busy`: all bodies together are over theirs. `broken`: the sender went away. */
export type Body =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly why: "too_large" | "busy" | "broken" };
export type ReadBody = (c: Ctx, limit: number) => Promise<Body>;

/**
 * Reads bodies up to a limit, counting while they stream: a length that the sender states is a promise, not a fact. All
 * bodies in hand together stay under `total` bytes, since nobody has proved to be anybody yet when a body is read.
 */
export function createBodyReader(total: number): ReadBody {
  let inHand = 0;
  return async (c, limit) => {
    if (Number(c.req.header("content-length") ?? 0) > limit) return { ok: false, why: "too_large" };
    const chunks: Uint8Array[] = [];
    let size = 0;
    const take = (chunk: Uint8Array): "too_large" | "busy" | undefined => {
      size += chunk.byteLength;
      inHand += chunk.byteLength;
      chunks.push(chunk);
      return size > limit ? "too_large" : inHand > total ? "busy" : undefined;
    };
    try {
      const { incoming } = c.env ?? {};
      const why = await (incoming ? fromSocket(incoming, take) : fromRequest(c.req.raw, take));
      return why ? { ok: false, why } : { ok: true, bytes: Buffer.concat(chunks, size) };
    } catch {
      return { ok: false, why: "broken" };
    } finally {
      inHand -= size;
    }
  };
}

/** Looks at each chunk; a word ends the reading. */
type Take = (chunk: Uint8Array) => "too_large" | "busy" | undefined;

/**
 * Node's stream itself: making a web stream of it costs more than the exchange's own work on the body. Left as it is where a
 * chunk was one too many: the answer must still get out, and closes the connection.
 */
function fromSocket(incoming: Readable, take: Take): Promise<ReturnType<Take>> {
  return new Promise((resolve, reject) => {
    const onData = (chunk: Uint8Array): void => {
      const why = take(chunk);
      if (!why) return;
      incoming.pause();
      done(() => resolve(why));
    };
    const onEnd = (): void => done(() => resolve(undefined));
    const onClose = (): void => done(() => reject(new Error("the sender went away")));
    const done = (settle: () => void): void => {
      incoming.off("data", onData).off("end", onEnd).off("error", onClose).off("close", onClose);
      settle();
    };
    if (incoming.destroyed || incoming.readableEnded) return reject(new Error("there is no body to read"));
    incoming.on("data", onData).on("end", onEnd).on("error", onClose).on("close", onClose);
  });
}

/** Without a socket: a test's request, or another server's. */
async function fromRequest(request: Request, take: Take): Promise<ReturnType<Take>> {
  const reader = request.body?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (!next || next.done) return undefined;
    const why = take(next.value);
    if (!why) continue;
    // Not awaited: a sender that never stops must not hold the answer.
    reader?.cancel().catch(() => undefined);
    return why;
  }
}

/** UTF-8 text whose bytes are exactly these: no replacement, no lost byte order mark. Undefined for anything else. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
