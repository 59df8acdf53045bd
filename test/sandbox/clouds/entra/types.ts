/** Microsoft Graph, federatedIdentityCredential: each text at most 600 characters, compared exactly and with case, no wildcards. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

export interface Application {
  readonly tenantId: string;
  readonly clientId: string;
  /** At most 20; issuer and subject together are unique. */
  readonly federatedCredentials: readonly FederatedCredential[];
  /** Resources with a service principal in the tenant; default Azure Resource Manager, Key Vault and Microsoft Graph. */
  readonly resources?: readonly string[];
  /** Subscriptions in which a role assignment lets it read and write resource groups. */
  readonly subscriptions: readonly string[];
  readonly disabled?: boolean;
  /** A Conditional Access policy for workload identities blocks it. */
  readonly blocked?: boolean;
}

/** An error of Entra's token endpoint, with the number that its error page explains. */
export class EntraError extends Error {
  readonly status: number;
  /** RFC 6749's word. */
  readonly error: string;
  readonly number: number;
  constructor(status: number, error: string, number: number, message: string) {
    super(`AADSTS${number}: ${message}`);
    this.name = "EntraError";
    this.status = status;
    this.error = error;
    this.number = number;
  }
}

/** An error of Azure Resource Manager. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ArmError";
    this.status = status;
    this.code = code;
  }
}

/** One call as the sign-in log and the activity log would tell it. No token, no assertion. */
export interface LoggedCall {
  readonly at: Date;
  /** `token`, `resourceGroups/list`, `resourceGroups/write`, `discovery`. */
  readonly action: string;
  readonly status: number;
  /** `AADSTS700213` or ARM's code. */
  readonly error: string | undefined;
  readonly clientId: string | undefined;
  readonly correlationId: string | undefined;
  readonly requestId: string;
  /** UniqueTokenIdentifier of the token that was given or used. */
  readonly uniqueTokenId: string | undefined;
  /** Token requests only: the form without its assertion, and the assertion's claims. */
  readonly form: Readonly<Record<string, string>> | undefined;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
}
