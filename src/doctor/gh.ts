import { forJson } from "../base/text.ts";
import { word } from "../setup/shell.ts";
import type { ApiCall } from "./finding.ts";

/**
 * The command that sends a call with the person's own token, to paste into a POSIX shell. The body is JSON in a quoted here-document, in
 * which the shell expands nothing; it is one line that begins with a brace, so that no name in it can end the document (CHECKLIST C62).
 */
export function ghCommand({ method, path, body }: ApiCall, host: string): string {
  const words = ["gh", "api", "--method", method, ...(host === "github.com" ? [] : ["--hostname", host]), path];
  const line = words.map(word).join(" ");
  return body === undefined ? line : `${line} --input - <<'JSON'\n${forJson(body)}\nJSON`;
}
