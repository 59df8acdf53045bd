/** Where an access repo is, for links. */
export interface RepositoryPlace {
  /** `https://github.com` or that of an own host, without a slash at the end. */
  readonly host: string;
  /** owner/name */
  readonly fullName: string;
  readonly defaultBranch: string;
}

// GitHub's servers answer 414 to a request line of 8 KiB and more. The limit is on the query alone, with room for host, names and
// branch, so that which roles have a link does not depend on where the repository is.
const longest = 6800;

/**
 * GitHub's page for a new file with path and text filled in; there the person reads it, and proposes it as a pull request
 * (GITHUB.md section 6: the parameters are in wide public use and undocumented). Undefined where it would be too long for a
 * link. The one place that makes such links.
 */
export function newFileLink(place: RepositoryPlace, path: string, text: string): string | undefined {
  const query = `filename=${part(path)}&value=${part(text)}`;
  if (query.length > longest) return undefined;
  const segments = (name: string): string => name.split("/").map(part).join("/");
  return `${place.host}/${segments(place.fullName)}/new/${segments(place.defaultBranch)}?${query}`;
}

/**
 * Leaves letters, digits and `-_.~`, the unreserved characters of RFC 3986 section 2.3. `encodeURIComponent` leaves `!'()*` too:
 * a bracket in an environment's name would end the link of the catalogue, and what follows would be Markdown (CHECKLIST C62).
 */
const part = (value: string): string =>
  encodeURIComponent(value.toWellFormed()).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
