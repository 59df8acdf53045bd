import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { LedgerError } from "./errors.ts";

/** A ledger key as readers see it. */
export interface LedgerKey {
  /** RFC 7638 thumbprint of the public JWK: the name follows from the key, so that no entry can give a key another's name. */
  readonly kid: string;
  readonly key: KeyObject;
}

/** RFC 7638 (and RFC 8037 appendix A.3) thumbprint of an Ed25519 public key, base64url. @throws LedgerError `ledger_bad_key` */
export function ledgerKid(key: KeyObject): string {
  if (key.type !== "public" || key.asymmetricKeyType !== "ed25519") {
    throw new LedgerError("ledger_bad_key", "A ledger key must be an Ed25519 public key.");
  }
  const { x } = key.export({ format: "jwk" });
  return createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
}

/** The text form of a public key in entries, the key table and `--key`: SPKI DER, base64url without padding. */
export const ledgerKeyText = (key: KeyObject): string =>
  key.export({ format: "der", type: "spki" }).toString("base64url");

/** Reads `ledgerKeyText`, in exactly that spelling. @throws LedgerError `ledger_bad_key` */
export function ledgerKey(text: string): LedgerKey {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(text, "base64url"), format: "der", type: "spki" });
  } catch (cause) {
    throw new LedgerError("ledger_bad_key", "Not a public key: expected base64url of an SPKI structure.", { cause });
  }
  const kid = ledgerKid(key);
  if (ledgerKeyText(key) !== text)
    throw new LedgerError("ledger_bad_key", "The public key is not in its canonical spelling.");
  return { kid, key };
}
