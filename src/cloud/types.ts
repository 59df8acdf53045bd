import type { Role } from "../access-repo/types.ts";
import type { OwnerId, RepositoryId } from "../base/ids.ts";
import type { AssertionRequest } from "../issuer/types.ts";
import type { PlanData, PlanDataOf, Window } from "../plan/types.ts";

export type { AssertionRequest } from "../issuer/types.ts";

type Kind = PlanData["kind"];

export interface MintInput<K extends Kind = Kind> {
  readonly plan: PlanDataOf<K>;
  readonly window: Window;
  /** azure only: the one of the plan's `resources` that the job named; absent where it need not (plan/azure-requests.ts). */
  readonly resource?: string;
  readonly now: Date;
  /** Shown in the cloud's own log; ASCII, no personal data beyond the numeric ids. */
  readonly context: {
    readonly grant: string;
    readonly exchange: string;
    readonly accessRepositoryId: number;
    readonly pullRequest: number;
    readonly requesterId: number;
    readonly runId: number;
    readonly runAttempt: number;
  };
  readonly sign: (request: AssertionRequest) => Promise<string>;
  readonly signal: AbortSignal;
}
export interface Minted {
  /** RFC 8693 section 2.2.1 members of the answer. The only place where the secret is. */
  readonly response: {
    readonly access_token: string;
    readonly issued_token_type: string;
    readonly token_type: "Bearer" | "N_A";
    readonly expires_in: number;
    readonly [member: string]: unknown;
  };
  /** For the ledger: what the cloud's log shows (session name, access key id, source identity, ...). Never a secret. */
  readonly identifiers: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
  /** Where the cloud can end them before their time: what `revoke` needs, as secret as they are, and when they end anyway. */
  readonly revocable?: { readonly secret: string; readonly until: Date };
}
/** One role as the accepted policy has it, tried without a grant: does its cloud let us in? */
export interface CheckInput<K extends Kind = Kind> {
  readonly role: Extract<Role, { readonly kind: K }>;
  /** The one that every grant of the role has: it is what the trust names. */
  readonly subject: string;
  /** aws only: the target's. */
  readonly region?: string | undefined;
  readonly access: { readonly id: RepositoryId; readonly ownerId: OwnerId };
  /** A UUID: shown in the cloud's own log, where it has a place for it, and the id of the entry in the ledger. */
  readonly check: string;
  readonly sign: MintInput["sign"];
  readonly signal: AbortSignal;
}
/** One per kind. Errors are CloudError with our code, the cure and whether a retry may help. */
export interface Broker {
  readonly kind: Kind;
  /** @throws CloudError `cloud_misconfigured` where the plan is of another kind */
  mint(input: MintInput): Promise<Minted>;
  /**
   * Tries a role's trust with the least that its cloud gives, which is dropped here: nothing of it is returned or kept. Absent where
   * there is no cloud to ask. @throws CloudError with what is missing
   */
  check?(input: CheckInput): Promise<void>;
  /** Resolves once the credentials open nothing any more; what is over already is fine. @throws CloudError */
  revoke?(secret: string): Promise<void>;
}
