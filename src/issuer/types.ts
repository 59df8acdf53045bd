import type { KeyObject } from "node:crypto";

/** What a broker asks the issuer to sign. `iss`, `iat`, `nbf`, `exp` and `jti` are fixed here; `extra` holds a cloud's own claims. */
export interface AssertionRequest {
  /** `repository:<access repo id>:<kind>:<target>:<role>`, at most 126 bytes. */
  readonly subject: string;
  /** One audience: AWS lets `azp` replace `aud` as soon as there are two. */
  readonly audience: string;
  /** Seconds from now: the table in lifetimes.ts where the assertion stays here, else the plan's `sessionSeconds`. */
  readonly lifetime: number;
  /**
   * `exp` is never later, whatever `lifetime` says: the end of the window, where somebody else gets the assertion. A cloud may be
   * asked between the moment for which the lifetime was counted and the signature.
   */
  readonly notAfter?: Date;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Exactly these members: AWS rejects a key with `key_ops`, GCP one with unknown members (CLOUDS.md section 0). */
export interface PublicJwk {
  readonly kty: "RSA";
  readonly n: string;
  readonly e: string;
  readonly kid: string;
  readonly alg: "RS256";
  readonly use: "sig";
}

/** Signs batches. `sign` takes the bytes of `signedBytes` and gives base64url of the Ed25519 signature. */
export interface LedgerSigner {
  readonly kid: string;
  /** SPKI DER, base64url without padding. */
  readonly publicKey: string;
  sign(bytes: Uint8Array): Promise<string>;
}

/** What `countersign keys export` prints. Holds private keys in the clear: for a safe, not for a disk. */
export interface ExportedKeys {
  readonly v: 1;
  readonly keys: readonly {
    readonly purpose: "issuer" | "ledger";
    /** PKCS #8 PEM; null for a ledger key of which only the public half is known. */
    readonly private_key: string | null;
    /** SPKI DER, base64url without padding. */
    readonly public_key: string;
    /** RFC 3339. */
    readonly active_from: string;
    readonly retired_at: string | null;
  }[];
}

/** The server's signing keys, as this process holds them; `KeyAdmin` changes them. */
export interface Keys {
  /**
   * The published key set: next, current and recently retired issuer keys. Read again when it is older than 5 s, so that a
   * key that another replica added or revoked is seen; answers from memory while the database is down.
   */
  jwks(): Promise<{ readonly keys: readonly PublicJwk[] }>;
  /**
   * A signed JWT, by a key that was not revoked 5 s ago, whichever replica revoked it.
   * @throws IssuerError `assertion_refused`, `assertion_too_late`, `no_signing_key`; RetryLater where the table cannot be read
   */
  signAssertion(request: AssertionRequest & { readonly now: Date }): Promise<string>;
  /** The newest ledger key: what a new ledger's genesis and first batch use. */
  readonly ledger: LedgerSigner;
  /**
   * The signer of one ledger key that we hold, also one that was rotated away: each ledger goes on with the key that
   * `nextKid(last batch)` names until its own `key_rotated` entry is written.
   */
  ledgerSigner(kid: string): LedgerSigner | undefined;
  /** A ledger key that we hold or were given, to verify with; never one from a branch (C70). */
  ledgerKeyOf(kid: string): KeyObject | undefined;
  /** Reads the table again: another replica rotated, or an operator imported. On an error the keys in memory stay. */
  refresh(): Promise<void>;
}
