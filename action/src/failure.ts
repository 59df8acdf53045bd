/** Why the step fails, in words that the job's owner can act on. Never holds a token, a claim or a secret. */
export class Failure extends Error {
  readonly code: string;
  readonly details: FailureDetails;
  constructor(code: string, message: string, details: FailureDetails = {}) {
    super(message);
    this.name = "Failure";
    this.code = code;
    this.details = details;
  }
}

export interface FailureDetails {
  readonly cure?: string | undefined;
  readonly errorUri?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly pullRequest?: string | undefined;
  readonly awaited?: string | undefined;
  /** The request is not approved yet; what the server says of how often to ask. */
  readonly pending?: { readonly intervalSeconds: number | undefined } | undefined;
  /** A later attempt, with a new OIDC token, may succeed. */
  readonly retry?: { readonly afterSeconds: number | undefined } | undefined;
}

/** One fact per line: what, who is awaited, what to do, where to read more, what to tell the operator. */
export function explain({ code, message, details }: Failure): string[] {
  return [
    `${message} (${code})`,
    details.pullRequest && `Pull request: ${details.pullRequest}`,
    details.awaited && `Awaited: ${details.awaited}`,
    details.cure && `What to do: ${details.cure}`,
    details.errorUri && `More: ${details.errorUri}`,
    details.correlationId && `Correlation id: ${details.correlationId}`,
  ].filter((line): line is string => line !== undefined && line !== "");
}
