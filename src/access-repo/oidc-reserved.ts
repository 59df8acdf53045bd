// What an `oidc` role may not sign (DESIGN.md section 4; CHECKLIST C61). A token for a cloud's audience could be traded there,
// past plan, duration and session policy; registered claims and AWS's own are what relying parties decide by.

const reservedHosts = [
  "amazonaws.com",
  "amazonaws.com.cn",
  "amazonaws.eu",
  "amazon.com",
  "googleapis.com",
  "github.com",
  "ghe.com",
  "githubusercontent.com",
  "microsoftonline.com",
  "microsoftonline.us",
  "chinacloudapi.cn",
  "azure.com",
  "azure.net",
  "windows.net",
];

/** True for an audience that a cloud or GitHub trusts, in any spelling of case, scheme, port or trailing slash. */
export function isReservedAudience(audience: string): boolean {
  const text = audience.toLowerCase();
  if (text.startsWith("api:")) return text.includes("azureadtokenexchange");
  const [, authority = ""] = /^(?:[a-z][a-z0-9+.-]*:)?(?:\/\/)?([^/?#]*)/.exec(text) ?? [];
  const host = (authority.split("@").at(-1) ?? "").replace(/:\d*$/, "").replace(/\.+$/, "");
  return reservedHosts.some((reserved) => host === reserved || host.endsWith(`.${reserved}`));
}

// RFC 7519, RFC 8693, RFC 7800, OpenID Connect Core, and those of IANA's registry that products map to identity.
const reservedClaims = new Set(
  `iss sub aud exp nbf iat jti azp nonce auth_time at_hash c_hash s_hash acr amr sub_jwk cnf sid sub_id act may_act scope
  client_id events toe txn typ alg kid entitlements groups roles orig dest vc vp htm htu ath nfv uid oid tid upn appid
  authorization_details token_introspection active username name given_name family_name middle_name nickname
  preferred_username profile picture website email email_verified gender birthdate zoneinfo locale phone_number
  phone_number_verified address updated_at _claim_names _claim_sources`.split(/\s+/),
);

/** True for a claim that only Countersign sets, or that a cloud reads. */
export const isReservedClaim = (name: string): boolean =>
  reservedClaims.has(name.toLowerCase()) || /^(?:https?:)?\/\/(?:[a-z0-9-]+\.)*(?:amazon|amazonaws)\.com/i.test(name);
