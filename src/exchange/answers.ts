import { forErrorDescription } from "../base/text.ts";
import type { Minted } from "../cloud/types.ts";
import { codes } from "./codes.ts";
import type { LoadedGrant } from "./grants.ts";
import type { Refused } from "./refused.ts";
import type { Answer } from "./types.ts";

/** RFC 6749 section 5.1: nobody may keep an answer of the token endpoint. */
const headers = { "Cache-Control": "no-store", Pragma: "no-cache" } as const;

/** RFC 8693 section 2.2.1, with what the Action and people need to tell which grant it was. */
export function released(minted: Minted, grant: LoadedGrant): Answer {
  const body = { ...minted.response, kind: grant.plan.kind, grant: grant.id, request: grant.path };
  return { status: 200, headers, body };
}

/** RFC 6749 section 5.2. Constants and the correlation id only: no upstream text and no name of ours (C44). */
export function refused(refusal: Refused, publicUrl: string, correlationId: string): Answer {
  const { status, error, sentence, cure, retryAfter } = codes[refusal.code];
  const wait = retryAfter === undefined ? undefined : (refusal.retryAfter ?? retryAfter);
  return {
    status,
    headers: {
      ...headers,
      ...(wait === undefined ? {} : { "Retry-After": String(Math.ceil(wait)) }),
      // RFC 6750 section 3.
      ...(status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
    },
    body: {
      error: error ?? refusal.code,
      error_description: forErrorDescription(refusal.text ?? `${sentence} ${cure}`),
      error_uri: `${publicUrl}/errors#${refusal.code}`,
      correlation_id: correlationId,
      ...refusal.members,
    },
  };
}
