import { isAboutWholeFile } from "../access-repo/index.ts";
import type { Diagnostic } from "../access-repo/types.ts";
import { forLogLine, forTerminal } from "../base/text.ts";
import { mergedSummary, type Report, split, summary } from "./report.ts";
import { excerpt } from "./source-excerpt.ts";

/** How a word is coloured; plain where there is no terminal, or NO_COLOR is set (no-color.org). */
export type Paint = (text: string, as: keyof typeof sgr) => string;
const sgr = { error: "1;31", warning: "1;33", gutter: "1;34", help: "36", fix: "32", strong: "1" } as const;
export const plain: Paint = (text) => text;
export const colours: Paint = (text, as) => (text === "" ? "" : `\u001b[${sgr[as]}m${text}\u001b[0m`);

/** Every finding as a compiler would show it, then a count. Lines end in `\n`. */
export function renderText(report: Report, all: boolean, paint: Paint): string {
  const { shown, counted } = split(report, all);
  const lines = new Lines(report.source);
  const blocks = shown.map((diagnostic) => renderOne(diagnostic, lines, paint));
  const fixed = report.fixed.map(({ file, line, column, code, from, to }) =>
    forLogLine(
      `${forTerminal(file)}:${line}:${column}: fixed ${code}: ${forTerminal(from, 100)} -> ${forTerminal(to, 100)}`,
    ),
  );
  const end: string[] = [];
  const merged = mergedSummary(counted);
  if (merged !== undefined) end.push(merged);
  if (!report.policyChecked && report.requests > 0)
    end.push("Requests were not checked against the policy, because the policy has errors.");
  end.push(paint(summary(shown, report), "strong"));
  const codes = [...new Set(shown.map((d) => d.code))];
  if (codes.length > 0)
    end.push(`More about ${codes.length > 1 ? "a code" : "it"}: countersign explain ${codes[0] ?? ""}`);
  const parts = [fixed.length > 0 ? `${fixed.join("\n")}\n` : "", ...blocks, `${end.join("\n")}\n`];
  return parts.filter((part) => part !== "").join("\n");
}

/** One finding, with the line of its file. */
export const renderFinding = (d: Diagnostic, source: Report["source"]): string =>
  renderOne(d, new Lines(source), plain);

function renderOne(d: Diagnostic, lines: Lines, paint: Paint): string {
  const place = forLogLine(`${forTerminal(d.file)}:${d.line}:${d.column}:`);
  const head = `${paint(place, "strong")} ${paint(`${d.severity} ${d.code}`, d.severity)}: ${forLogLine(forTerminal(d.message))}`;
  const out = [head];
  const line = isAboutWholeFile(d) ? undefined : lines.at(d.file, d.line);
  const number = String(d.line).padStart(3);
  const blank = " ".repeat(number.length);
  const gutter = (left: string, sign: string): string => paint(`${left} ${sign}`, "gutter");
  if (line !== undefined) {
    const { line: text, carets } = excerpt(line, d.column, d.length);
    const bars = carets.length - carets.trimStart().length;
    out.push(gutter(blank, "|"));
    out.push(forLogLine(`${gutter(number, "|")} ${text}`).trimEnd());
    out.push(`${gutter(blank, "|")} ${carets.slice(0, bars)}${paint(carets.slice(bars), d.severity)}`);
  }
  if (d.hint !== "") out.push(`${gutter(blank, "=")} ${paint("help:", "help")} ${forLogLine(forTerminal(d.hint))}`);
  if (d.fix !== undefined && line !== undefined) {
    const mended = `${line.slice(0, d.column - 1)}${d.fix}${line.slice(d.column - 1 + d.length)}`;
    const text = excerpt(mended, d.column, d.fix.length).line;
    out.push(forLogLine(`${gutter(number, "+")} ${paint(text, "fix")}`));
  }
  return `${out.join("\n")}\n`;
}

/** Lines of files by number, split once a file. */
class Lines {
  readonly #source: Report["source"];
  readonly #split = new Map<string, readonly string[]>();
  constructor(source: Report["source"]) {
    this.#source = source;
  }
  at(file: string, line: number): string | undefined {
    let lines = this.#split.get(file);
    if (lines === undefined) {
      // As positions are counted (access-repo/positions.ts): at `\n` only.
      lines = (this.#source(file) ?? "").split("\n");
      this.#split.set(file, lines);
    }
    return lines[line - 1]?.replace(/\r$/, "");
  }
}
