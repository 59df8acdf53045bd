import { sessionSeconds } from "../../plan/index.ts";
import { brokerOf } from "../broker.ts";
import { signAssertion, windowEnded } from "../sign.ts";
import type { Broker, Minted, MintInput } from "../types.ts";

/**
 * The assertion itself, for one relying party: the plan's audience and claims, and an end that is never after the window's. There
 * is no cloud to ask; what the issuer refuses (audiences and claims that are not a target's to choose, C61) is refused here.
 */
export const oidcBroker = (): Broker => brokerOf("oidc", mint);

async function mint({ plan, window, now, sign, signal }: MintInput<"oidc">): Promise<Minted> {
  signal.throwIfAborted();
  const { subject, audience, claims } = plan;
  const lifetime = sessionSeconds(plan, window, now);
  if (lifetime < 1) throw windowEnded();
  const token = await signAssertion(sign, { subject, audience, lifetime, notAfter: window.expiresAt, extra: claims });
  return {
    response: {
      access_token: token.jwt,
      issued_token_type: "urn:ietf:params:oauth:token-type:jwt",
      // It proves something to the relying party and opens nothing by itself (RFC 8693 section 2.2.1).
      token_type: "N_A",
      expires_in: token.lifetime,
      oidc_audience: audience,
    },
    identifiers: { assertion_id: token.id, audience },
    expiresAt: token.expiresAt,
  };
}
