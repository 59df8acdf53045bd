/**
 * Why a URL cannot be the issuer that clouds trust; undefined where it can. They compare it byte for byte with `iss`, fetch
 * `<issuer>/.well-known/openid-configuration`, and AWS takes no port (CLOUDS.md section 0). http is for the sandbox on this machine.
 */
export function issuerProblem(url: string): string | undefined {
  if (url.length > 255 || !/^[!-~]+$/.test(url)) return "it is not a URL";
  const local = /^http:\/\/(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?$/.test(
    url,
  );
  if (local) return undefined;
  if (!url.startsWith("https://")) return "it must begin with https://";
  if (url.endsWith("/")) return "it must not end in a slash";
  if (/[?#]/.test(url)) return "it must not have a query or fragment";
  if (/^https:\/\/[^/]*:/.test(url)) return "it must not have a port or a user: AWS refuses such issuers";
  const host = /^https:\/\/((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})(?:\/[A-Za-z0-9._~/-]+)?$/.exec(
    url,
  )?.[1];
  if (host === undefined) return "its host must be a full name in lower case, and its path plain";
  // `/a/../b` and `/a//b` are other spellings for whoever fetches.
  if (!URL.canParse(url) || ![url, `${url}/`].includes(new URL(url).href) || url.slice(8).includes("//"))
    return "it is not spelled as a client would fetch it";
  return undefined;
}

/** What AWS calls the provider: the URL without its scheme. */
export const withoutScheme = (url: string): string => url.replace(/^https?:\/\//, "");
