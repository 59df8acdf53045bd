/** Where an access repo is, for links. */
export interface RepositoryPlace {
  /** `https://github.com` or that of an own host, without a slash at the end. */
  readonly host: string;
  /** owner/name */
  readonly fullName: string;
  readonly defaultBranch: string;
}

// GitHub's servers answer 414 to a request line of 8 KiB and more; the rest is room for what proxies add.
const longest = 7500;

/**
 * GitHub's page for a new file with path and text filled in; there the person reads it, and proposes it as a pull request
 * (GITHUB.md section 6: the parameters are in wide public use and undocumented). Undefined where it would be too long for a
 * link. The one place that makes such links.
 */
export function newFileLink(place: RepositoryPlace, path: string, text: string): string | undefined {
  const segments = (name: string): string => name.split("/").map(encodeURIComponent).join("/");
  const part = (value: string): string => encodeURIComponent(value.toWellFormed());
  const query = `filename=${part(path)}&value=${part(text)}`;
  const link = `${place.host}/${segments(place.fullName)}/new/${segments(place.defaultBranch)}?${query}`;
  return link.length <= longest ? link : undefined;
}
