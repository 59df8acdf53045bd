// What an `oidc` role may not sign (DESIGN.md section 4; CHECKLIST C61). A token for a cloud's audience could be traded there,
// past plan, duration and session policy; registered claims and AWS's own are what relying parties decide by.

/** Whatever an endpoint or issuer of a cloud is under, in every partition and national cloud that the brokers know, and GitHub. */
const reservedHosts = [
  "amazonaws.com",
  "amazonaws.com.cn",
  "amazonaws.eu",
  "amazon.com",
  "c2s.ic.gov",
  "sc2s.sgov.gov",
  "cloud.adc-e.uk",
  "csp.hci.ic.gov",
  "googleapis.com",
  "google.com",
  "github.com",
  "ghe.com",
  "githubusercontent.com",
  "microsoftonline.com",
  "microsoftonline.us",
  "microsoftonline.cn",
  "chinacloudapi.cn",
  "usgovcloudapi.net",
  "azure.com",
  "azure.net",
  "azure.us",
  "azure.cn",
  "microsoft.com",
  "microsoft.us",
  "windows.net",
];

/**
 * The hosts that an audience may be read as naming, with the port where it names one. Spelled with and without scheme: what
 * stands before a colon may be either a scheme or a host. The URL parser takes care of case, percent signs, backslashes,
 * user names and addresses in other notations, as it does for whoever compares audiences by URL.
 */
function placesOf(audience: string): Places {
  const known = places.get(audience);
  if (known) return known;
  const found = [audience, audience.replace(/^[a-z][a-z0-9+.-]*:/i, "")].flatMap((text) => {
    const slashes = /^[/\\]*/.exec(text)?.[0].length ?? 0;
    // The port is read by hand: the parser drops one that is the scheme's own.
    const port = /^[^/\\?#]*:(\d{1,5})(?:[/\\?#]|$)/.exec(text.slice(slashes))?.[1] ?? "";
    const url = URL.parse(`https://${text.slice(slashes)}`);
    return url === null ? [] : [{ host: url.hostname.replace(/\.+$/, ""), port }];
  });
  if (places.size >= 100) places.clear();
  places.set(audience, found);
  return found;
}

type Places = readonly { readonly host: string; readonly port: string }[];
/** Those of a target are asked for at each of its assertions. */
const places = new Map<string, Places>();

/** True for an audience that a cloud or GitHub trusts, in any spelling of case, scheme, port or trailing slash. */
export function isReservedAudience(audience: string): boolean {
  // Entra's, for each of its clouds; the host of `api:` is no host of the network.
  if (audience.toLowerCase().includes("azureadtokenexchange")) return true;
  if (/^api:/i.test(audience)) return false;
  return placesOf(audience).some(({ host }) =>
    reservedHosts.some((reserved) => host === reserved || host.endsWith(`.${reserved}`)),
  );
}

/**
 * True for an audience at the host of one of `urls`, in any spelling: `urls` are this server's and its GitHub's own addresses,
 * which a target file cannot know. Another port that the audience names is another service on that host.
 */
export function isAudienceAt(audience: string, urls: readonly string[]): boolean {
  const places = placesOf(audience);
  return urls.some((text) => {
    const url = URL.parse(text);
    if (url === null) return true; // an address that cannot be read keeps nothing apart: closed
    const port = url.port || (url.protocol === "http:" ? "80" : "443");
    const host = url.hostname.replace(/\.+$/, "");
    return places.some((place) => place.host === host && (place.port === "" || Number(place.port) === Number(port)));
  });
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
