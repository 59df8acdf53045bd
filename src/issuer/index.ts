// Our own OIDC issuer and the keys of the server (DESIGN.md section 4, No cloud secrets).
export { assertionClaims } from "./claims.ts";
export { discovery, type Discovery } from "./discovery.ts";
export { type IssuerErrorCode } from "./errors.ts";
export { type ImportReport, type KeyAdmin, keyAdmin, type KeyInfo } from "./key-admin.ts";
export type { ImportStep, Kept } from "./key-import.ts";
export { type KeyState } from "./key-state.ts";
export { openKeys, type OpenKeysOptions } from "./keys.ts";
export { type Revocation } from "./rotation.ts";
export { assertionLifetimes } from "./lifetimes.ts";
export { sealer, type SealedFor, type Sealer } from "./sealing.ts";
export type { AssertionRequest, ExportedKeys, Keys, LedgerSigner, PublicJwk } from "./types.ts";
