import type { Minted } from "../cloud/index.ts";
import type { SealedFor } from "../issuer/index.ts";
import type { ExchangeDeps } from "./types.ts";

/** Bound to its own exchange: in another row, or as another kind of secret, it does not open. */
export const sealedFor = (exchange: string): SealedFor => ({ kid: exchange, purpose: "token" });

/** The columns of an exchange that keep what can be revoked. Nothing for what ends only by itself. */
export const sealedColumns = (
  deps: Pick<ExchangeDeps, "sealer">,
  exchange: string,
  { revocable }: Minted,
): { readonly sealed_token?: string; readonly sealed_until?: Date } =>
  revocable
    ? {
        sealed_token: deps.sealer.seal(sealedFor(exchange), Buffer.from(revocable.secret, "utf8")),
        sealed_until: revocable.until,
      }
    : {};
