import { type ReadBody, textOf } from "./body.ts";
import { type Answer, answer, type Ctx, mediaType, metaOf, refuse, type RequestMeta } from "./context.ts";
import { refuseBody } from "./refuse-body.ts";

const limit = 64 * 1024;
export const noStore = { "cache-control": "no-store", pragma: "no-cache" }; // RFC 6749 section 5.1

/** The exchange; see exchange/. What it throws becomes a 5xx that holds nothing of it. */
export type TokenHandler = (params: URLSearchParams, meta: RequestMeta) => Promise<Answer>;
/** `POST /requests`; `bearer` is the token of the Authorization header. */
export type RequestsHandler = (
  body: string,
  meta: RequestMeta & { readonly bearer: string | undefined },
) => Promise<Answer>;

/** `POST /token` (RFC 8693): everything about the form is settled here, everything about trust in exchange/. */
export const token =
  (exchange: TokenHandler, readBody: ReadBody) =>
  async (c: Ctx): Promise<Response> => {
    if (mediaType(c) !== "application/x-www-form-urlencoded")
      return refuse(c, 415, "invalid_request", "Send the parameters as application/x-www-form-urlencoded.", noStore);
    const body = await readBody(c, limit);
    if (!body.ok) return refuseBody(c, body.why, limit);
    const text = textOf(body.bytes);
    if (text === undefined) return refuse(c, 400, "invalid_request", "The body must be UTF-8.", noStore);
    const params = new URLSearchParams(text);
    // RFC 6749 section 3.2: a parameter at most once. Two readers that pick different ones would check one token and use
    // the other. (RFC 8693 lets audience and resource repeat; one exchange is for one target here.)
    const names = [...params.keys()];
    if (new Set(names).size < names.length)
      return refuse(c, 400, "invalid_request", "A parameter must not be given twice.", noStore);
    // The same section: a parameter without a value is one that was not sent.
    for (const name of names) if (params.get(name) === "") params.delete(name);
    const result = await exchange(params, metaOf(c));
    return answer(c, { ...result, headers: { ...result.headers, ...noStore } });
  };

/** `POST /requests`: the body as text, for the one parser of request files. */
export const requests =
  (handler: RequestsHandler | undefined, readBody: ReadBody) =>
  async (c: Ctx): Promise<Response> => {
    if (!handler) return refuse(c, 501, "not_implemented", "This server takes requests by pull request only.", noStore);
    if (mediaType(c) !== "application/json")
      return refuse(c, 415, "unsupported_media_type", "Send the request as application/json.", noStore);
    const body = await readBody(c, limit);
    if (!body.ok) return refuseBody(c, body.why, limit);
    const text = textOf(body.bytes);
    if (text === undefined) return refuse(c, 400, "invalid_request", "The body must be UTF-8.", noStore);
    const bearer = /^Bearer +([^\s]+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const result = await handler(text, { ...metaOf(c), bearer });
    return answer(c, { ...result, headers: { ...result.headers, ...noStore } });
  };
