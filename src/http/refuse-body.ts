import { type Ctx, refuse } from "./context.ts";

/** The answer where a body was not read to its end. The connection is closed: what is left of the body is not a request. */
export function refuseBody(c: Ctx, why: "too_large" | "busy" | "broken", limit: number): Response {
  const close = { connection: "close" };
  if (why === "too_large") return refuse(c, 413, "payload_too_large", `At most ${limit} bytes are read.`, close);
  if (why === "busy")
    return refuse(c, 503, "busy", "Too much is being read. Try again.", { ...close, "retry-after": "5" });
  return refuse(c, 400, "invalid_request", "The body ended too early.", close);
}
