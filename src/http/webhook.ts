// The one part of Octokit that is allowed here: it computes and compares a signature, and calls nobody.
// oxlint-disable-next-line no-restricted-imports
import { verifyWithFallback } from "@octokit/webhooks-methods";
import type { Delivery, Log } from "../queue/index.ts";
import { type ReadBody, textOf } from "./body.ts";
import { type Ctx, mediaType, metaOf, refuse } from "./context.ts";
import { refuseBody } from "./refuse-body.ts";

/** GitHub's own limit for a payload. */
const limit = 25 * 1024 * 1024;

export interface WebhookDeps {
  readonly webhookSecret: { readonly current: string; readonly previous?: string };
  /** Stores the delivery durably; GitHub is told 202 only after that (C46). */
  readonly receive: (delivery: Delivery) => Promise<unknown>;
  readonly log: Log;
}

/** `POST /api/github/webhooks`: verify, store, answer. The work is the queue's; GitHub waits ten seconds and never retries. */
export const webhook =
  ({ webhookSecret, receive, log }: WebhookDeps, readBody: ReadBody) =>
  async (c: Ctx): Promise<Response> => {
    if (mediaType(c) !== "application/json")
      return refuse(c, 415, "unsupported_media_type", "Set the webhook's content type to application/json.");
    const id = c.req.header("x-github-delivery") ?? "";
    const event = c.req.header("x-github-event") ?? "";
    const signature = c.req.header("x-hub-signature-256");
    if (!/^[\w-]{1,100}$/.test(id) || !/^[a-z0-9_]{1,100}$/.test(event))
      return refuse(c, 400, "invalid_request", "X-GitHub-Delivery and X-GitHub-Event are needed.");
    // Before the body is read: who does not even claim to have signed costs us no memory.
    if (signature === undefined || !/^sha256=[0-9a-f]{64}$/.test(signature)) return unsigned(c, log, id, event);
    const body = await readBody(c, limit);
    if (!body.ok) return refuseBody(c, body.why, limit);
    const payload = textOf(body.bytes);
    if (!payload) return refuse(c, 400, "invalid_request", "The body must be JSON in UTF-8.");
    const { current, previous } = webhookSecret;
    if (!(await verifyWithFallback(current, payload, signature, previous === undefined ? undefined : [previous])))
      return unsigned(c, log, id, event);
    await receive({ id, event, payload });
    return c.json({ accepted: true }, 202);
  };

function unsigned(c: Ctx, log: Log, delivery: string, event: string): Response {
  log.warn({ ...metaOf(c), delivery, event }, "webhook without a valid signature");
  return refuse(
    c,
    401,
    "bad_signature",
    "The signature does not fit the body. Compare the webhook secret on both sides.",
  );
}
