import { codePoint } from "./diagnostics.ts";
import type { Span } from "./types.ts";

/** The text of an example (code-example.ts) as a file has it, and what in it is underlined. */
export interface ExampleText {
  readonly text: string;
  readonly mark?: Span;
}

/** Takes `«` and `»` out; ranges stay as they are written, since that is how they are shown. */
export function unmarked(text: string): ExampleText {
  const start = text.indexOf("«");
  if (start < 0) return { text };
  const end = text.indexOf("»", start);
  const before = text.slice(0, start);
  const inside = text.slice(start + 1, end);
  const line = before.split("\n").length;
  const mark = { line, column: start - before.lastIndexOf("\n"), length: inside.length };
  return { text: `${before}${inside}${text.slice(end + 1)}`, mark };
}

/** Hidden characters by their names: an example of one has to be seen. */
export const visible = (text: string): string => text.replace(/[^\P{C}\n\t]/gu, (c) => `<${codePoint(c)}>`);

const range = /\{([0-9]+)\.\.([0-9]+)\}/;

/** The lines that a line with `{001..120}` stands for: 120, with leading zeros as in a shell. */
export function allLines(text: string): string {
  const lines = text.split("\n").flatMap((line) => {
    const [, first = "", last = ""] = range.exec(line) ?? [];
    if (first === "") return [line];
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) =>
      line.replace(range, String(Number(first) + i).padStart(first.length, "0")),
    );
  });
  return lines.join("\n");
}
