import type { Code } from "./codes.ts";
import { codePoint, fileStart, finding, inOrder, quote } from "./diagnostics.ts";
import { codeownersPlaces, isPolicyPath, settingsPath } from "./policy-paths.ts";
import { likelyRequestPath, parseRequestPath } from "./request-path.ts";
import type { Diagnostic } from "./types.ts";

/** One file of a pull request, as GitHub lists it. `status` is text, since GitHub may add to its own list. */
export interface Change {
  readonly path: string;
  readonly status: "added" | "removed" | "modified" | "renamed" | "copied" | "changed" | "unchanged" | (string & {});
  readonly previousPath?: string | undefined;
}

/** What a pull request is (DESIGN.md section 3, What a pull request may hold). `paths` are all that it touches. */
export type ChangeKind =
  | { readonly kind: "request"; readonly paths: readonly string[] }
  | { readonly kind: "revocation"; readonly paths: readonly string[] }
  | { readonly kind: "policy"; readonly paths: readonly string[] }
  | { readonly kind: "other" }
  | { readonly kind: "refused"; readonly diagnostics: readonly Diagnostic[] };

type Refuse = (code: Code, path: string, message: string, hint?: string) => void;

const maxRequests = 100;
const longestPath = 1024;
// GitHub's list of files ends here without saying that there are more (CHECKLIST C09).
const listEnds = 3000;
const known = new Set(["added", "removed", "modified", "renamed", "copied", "changed", "unchanged"]);
const underRequests = (path: string): boolean => path === "requests" || path.startsWith("requests/");
const isPlain = (path: string): boolean => /^[ -~]*$/.test(path);
/** How a file system without case or with Unicode composition sees a path. */
const folded = (path: string): string =>
  isPlain(path) ? path.toLowerCase() : path.normalize("NFKC").toLowerCase().normalize("NFC");
/**
 * So much of a path tells whether it imitates one of ours: nothing that folds to ASCII is longer than what it folds to. Folding
 * is slow, and one character can become eighteen.
 */
const sight = 64;
/** Characters that the paths of one pull request may fold to, plain ASCII apart: 300 for each file of the longest list. */
const mostFolded = 1_000_000;

/** Sorts a pull request by what it changes; anything that is not plainly one thing is refused with the way out. */
export function classifyChanges(changes: readonly Change[]): ChangeKind {
  const refusals: Diagnostic[] = [];
  const refuse: Refuse = (code, path, message, hint) =>
    void refusals.push(finding(code, path, fileStart, message, { hint }));
  if (changes.length >= listEnds) {
    refuse("CS4009", changes[0]?.path ?? "", `This pull request changes ${listEnds} files or more.`);
    return { kind: "refused", diagnostics: refusals };
  }
  const touched = changes.filter((change) => change.status !== "unchanged");
  const both = (change: Change) =>
    change.previousPath === undefined ? [change.path] : [change.path, change.previousPath];
  const paths = [...new Set(touched.flatMap(both))];
  for (const path of paths) {
    const why = oddity(path);
    const read = why === undefined ? imitated(path) : undefined;
    if (why !== undefined) refuse("CS4007", path, `The path ${quote(path, 200)} ${why}.`);
    else if (read !== undefined)
      refuse(
        "CS4005",
        path,
        `${quote(path, 200)} is nearly, but not quite, a path that Countersign reads.`,
        `Rename it to ${quote(read, 200)} if that is meant, else to something less like it.`,
      );
  }
  const { pairs, notCompared } = collisions(paths.filter((path) => path.length <= longestPath));
  for (const [a, b] of pairs) refuse("CS4005", a, `${quote(a, 200)} and ${quote(b, 200)} differ by spelling only.`);
  if (notCompared !== undefined) {
    const hint = "Use shorter names of ASCII characters, or split the pull request.";
    refuse("CS4005", notCompared, "The paths hold too many unusual characters to tell them apart.", hint);
  }
  for (const { path, status } of touched) {
    if (!known.has(status)) refuse("CS4008", path, `GitHub reports ${quote(status)} for ${quote(path, 200)}.`);
  }
  const requests = touched.filter((change) => both(change).some(underRequests));
  const others = touched.filter((change) => !both(change).some(underRequests));
  if (requests.length > 0) refuseRequests(requests, others, refuse);
  if (refusals.length > 0) return { kind: "refused", diagnostics: inOrder(refusals) };
  if (requests.length > 0) return { kind: requests[0]?.status === "added" ? "request" : "revocation", paths };
  return paths.some(isPolicyPath) ? { kind: "policy", paths } : { kind: "other" };
}

/** Only additions of request files, or only deletions of them, and nothing else beside. */
function refuseRequests(requests: readonly Change[], others: readonly Change[], refuse: Refuse): void {
  const first = requests[0]?.path ?? "";
  const [other, ...more] = others;
  if (other !== undefined) {
    const rest = more.length === 0 ? "" : ` and ${more.length} more`;
    const hint = "Keep the requests in this pull request, and make another for the rest.";
    refuse("CS4001", first, `This request is changed together with ${quote(other.path, 200)}${rest}.`, hint);
  }
  const statuses = new Set(requests.map((change) => change.status));
  if (statuses.has("added") && statuses.has("removed"))
    refuse(
      "CS4001",
      first,
      "Requests are added and deleted together.",
      "Delete the requests in a pull request of its own.",
    );
  for (const { path, status } of requests) {
    if (status === "modified" || status === "changed") refuse("CS4002", path, "A request file is changed.");
    else if (status === "renamed" || status === "copied") refuse("CS4003", path, `A request file is ${status}.`);
    else if (parseRequestPath(path) === undefined) {
      const likely = status === "added" ? likelyRequestPath(path) : undefined;
      const hint = likely === undefined ? undefined : `Rename it to ${likely}.`;
      refuse("CS4004", path, `${quote(path, 200)} is not the path of a request.`, hint);
    }
  }
  if (requests.length > maxRequests)
    refuse("CS4006", first, `${requests.length} request files are changed, of at most ${maxRequests}.`);
}

/** What reviewers, other systems or GitHub's own pages show or read differently (CHECKLIST C13); undefined: nothing. */
function oddity(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.length > longestPath) return `is longer than ${longestPath} characters`;
  if (path.includes("\\")) return "holds a backslash, which only Windows takes for a slash";
  const [hidden] = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\ufffd]/u.exec(path) ?? [];
  if (hidden !== undefined) return `holds the hidden character ${codePoint(hidden)}`;
  const odd = path.split("/").find((part) => part === "" || /^\.{1,2}$|[. ]$|^ |^\.git$|^git~/i.test(part));
  return odd === undefined ? undefined : `holds the part "${odd.slice(0, 80)}"`;
}

/** `Requests/`, `.github/codeowners`: not what we read, but what some systems would put in its place. What that is. */
function imitated(path: string): string | undefined {
  const plain = folded(path.slice(0, sight));
  for (const folder of ["requests", "targets"]) {
    const under = (text: string): boolean => text === folder || text.startsWith(`${folder}/`);
    if (under(plain)) return under(path) ? undefined : folded(path.slice(0, 200));
  }
  return [settingsPath, ...codeownersPlaces].find((policy) => folded(policy) === plain && policy !== path);
}

/** Paths that fold to one; and the first that was not compared, where all together are too much. */
function collisions(paths: readonly string[]) {
  const seen = new Map<string, string>();
  const pairs: (readonly [string, string])[] = [];
  let left = mostFolded;
  for (const path of paths) {
    const plain = folded(path);
    if (!isPlain(path)) left -= plain.length;
    if (left < 0) return { pairs, notCompared: path };
    const other = seen.get(plain);
    if (other === undefined) seen.set(plain, path);
    else pairs.push([path, other]);
  }
  return { pairs, notCompared: undefined };
}
