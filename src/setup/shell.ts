// Bash, as far as we write it. Values come from policy files: no value may be more than one word (C62).

/** A word of our own making that the shell shall read: `"$PROJECT"`. */
export interface ShellSource {
  readonly source: string;
}
export type Word = string | ShellSource;

/**
 * One word whose text is exactly this. Plain names stay as they are; printable ASCII stands in single quotes, where nothing has a
 * meaning; everything else in ANSI-C quotes, by its bytes. No command takes a NUL.
 */
export function word(text: string): string {
  if (/^[A-Za-z0-9_./:@=,+-]+$/.test(text) && !/^[~=]/.test(text)) return text;
  if (/^[ -~\n]*$/.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const bytes = [...Buffer.from(text.replaceAll("\0", "\ufffd"), "utf8")];
  return `$'${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}'`;
}

/** Words of our own, which stand in the code and have a blank between them. */
export const fixed = (words: string): readonly string[] => words.split(" ");

const text = (each: Word): string => (typeof each === "string" ? word(each) : each.source);

/** One command on one line, as for `$(…)`. */
export const inline = (...words: readonly Word[]): string => words.map(text).join(" ");

/** One command. What begins with `--` begins a line of its own, so that a long one can be read. */
export function command(...words: readonly Word[]): string {
  const lines: string[] = [];
  for (const each of words.map(text)) {
    if (lines.length === 0 || (each.startsWith("--") && each !== "--")) lines.push(each);
    else lines.push(`${lines.pop() ?? ""} ${each}`);
  }
  const whole = lines.join(" ");
  return whole.length <= 100 && !whole.includes("\n") ? whole : lines.join(" \\\n  ");
}

/** The whole of a command, commented out. */
export const commentedOut = (text: string): string =>
  text
    .split("\n")
    .map((line) => `# ${line}`)
    .join("\n");

/** Stops where a question about the account that is signed in to has another answer. */
export const guard = (question: readonly Word[], answer: string, otherwise: string): string =>
  `test "$(${inline(...question)})" = ${word(answer)} || { echo ${word(otherwise)} >&2; exit 1; }`;

/** First lines of a script that stops at the first command that fails. */
export const shebang = "#!/usr/bin/env bash\nset -eu";
