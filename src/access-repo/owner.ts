/** `@login`, `@org/team`, or an e-mail address as CODEOWNERS and policy spell owners. Names as written; compared without case. */
export type Owner =
  | { readonly kind: "user"; readonly login: string }
  | { readonly kind: "team"; readonly org: string; readonly slug: string }
  | { readonly kind: "email"; readonly address: string };

// Enterprise-managed users have an underscore before the enterprise's short code: mona_acme. Accounts older than GitHub's
// present rule may end in a hyphen or have two in a row. A name that nobody has matches nobody.
const login = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const slug = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,99})$/;
const address = /^[^\s@<>(),;:\\"[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250})$/;

/** `@login`, `@org/team` or an e-mail address, as CODEOWNERS and policy files spell owners. Undefined for anything else. */
export function parseOwner(text: string): Owner | undefined {
  if (text.length > 320) return undefined;
  if (!text.startsWith("@")) return address.test(text) ? { kind: "email", address: text } : undefined;
  const [first = "", second, ...rest] = text.slice(1).split("/");
  if (!login.test(first) || rest.length > 0) return undefined;
  if (second === undefined) return { kind: "user", login: first };
  return slug.test(second) ? { kind: "team", org: first, slug: second } : undefined;
}

/** As CODEOWNERS spells it: `@login`, `@org/team`, or the address. The inverse of `parseOwner`. */
export function ownerText(owner: Owner): string {
  if (owner.kind === "email") return owner.address;
  return owner.kind === "team" ? `@${owner.org}/${owner.slug}` : `@${owner.login}`;
}
