import { parseRequestPath } from "../../access-repo/index.ts";
import { oneLine } from "../../base/text.ts";

/** What a comment asks of us: the word behind `/countersign`, and the rest of that line. */
export interface Command {
  /** Lower case as it was written, at most 32 characters; empty where nothing stands behind `/countersign`. */
  readonly name: string;
  /** One line without hidden characters; empty where there is no more. */
  readonly rest: string;
}

const prefix = "/countersign";

/**
 * The command of a comment: its first line, and only where that line begins with exactly `/countersign`. In a quote, a list, a
 * code block or a code span it is text that shows a command, and null; so is everything that is not on the first line, or an
 * answer below a quoted command would be one. Lines end as GitHub's pages and its API send them: CRLF, LF, CR.
 */
export function readCommand(body: string): Command | null {
  const [first = ""] = body.split(/\r\n|\r|\n/, 1);
  // Four columns make a code block (CommonMark 4.4), and a tab is worth four.
  if (/^ {0,3}\t| {4}/.test(first.slice(0, 4))) return null;
  const line = first.trim();
  if (!line.startsWith(prefix)) return null;
  const behind = line.slice(prefix.length);
  if (behind !== "" && !/^\s/.test(behind)) return null; // /countersigned
  const [, name = "", rest = ""] = /^\s*(\S*)\s*([^]*)$/.exec(behind) ?? [];
  return { name: oneLine(name, 32), rest: oneLine(rest, maxRest) };
}

/** A path, a space, a reason. */
const maxRest = 200 + 1 + 500;

/** `[path] <reason>`; `path`: where the first word is one under `requests/`, a request's or not. */
export interface RevokeArguments {
  readonly path: string | null;
  /** One line, at most 500 characters; longer is cut, for to end something must not fail on its length. Empty: none given. */
  readonly reason: string;
}

/** What stands behind `/countersign revoke`. Back-ticks around the path, as people write paths, are left out. */
export function parseRevoke(rest: string): RevokeArguments {
  const [, first = "", more = ""] = /^(\S*)\s*([^]*)$/.exec(rest) ?? [];
  const word = first.replace(/^`(.*)`$/, "$1");
  const path = word.startsWith("requests/") || parseRequestPath(word) ? word : null;
  return { path, reason: oneLine(path === null ? rest : more, 500) };
}
