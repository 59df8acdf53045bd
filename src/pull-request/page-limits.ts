import { forHtml, forMarkdown } from "../base/text.ts";

/** A folded part of a page. */
export interface Fold {
  /** One line, not escaped. */
  readonly title: string;
  /** Markdown lines. */
  readonly lines: readonly string[];
  /** What an approval stands on: it is shown, or nothing is approved. */
  readonly needed: boolean;
}
export type FittedPage =
  | { readonly ok: true; readonly summary: string; readonly text?: string }
  /** What an approval stands on is longer than GitHub shows. */
  | { readonly ok: false };

// GitHub takes at most 65 535 characters in each of `summary` and `text` (REST reference, Create a check run). It does not say
// whether it counts characters or bytes, so these are bytes.
const most = 65_000;
/** Room for the word about what was left out. */
const reserve = 1000;

const bytes = (text: string): number => Buffer.byteLength(text);
const folded = ({ title, lines }: Fold): string =>
  [`<details><summary>${forHtml(title)}</summary>`, "", ...lines, "", "</details>", ""].join("\n");

/**
 * Puts a page into the two fields that GitHub has for one: what is read first, then the folds in their order. What an approval
 * stands on is never cut: where it does not fit, there is no page. Other folds that do not fit are left out whole, with a word.
 */
export function fitPage(first: readonly string[], folds: readonly Fold[]): FittedPage {
  const fields = [first.join("\n"), ""];
  let at = 0;
  const add = (part: string, room: number): boolean => {
    for (let i = at; i < fields.length; i++) {
      if (bytes(fields[i] ?? "") + bytes(part) + 1 > most - room) continue;
      fields[i] = `${fields[i]}\n${part}`;
      at = i; // what follows stays behind it
      return true;
    }
    return false;
  };
  if (bytes(fields[0] ?? "") > most - reserve) return { ok: false };
  const left: string[] = [];
  // Needed ones first, so that no other takes their room.
  for (const fold of folds.toSorted((a, b) => Number(b.needed) - Number(a.needed))) {
    if (add(folded(fold), reserve)) continue;
    if (fold.needed) return { ok: false };
    left.push(fold.title);
  }
  if (left.length > 0) add(leftOut(left), 0);
  const [summary = "", text = ""] = fields;
  return { ok: true, summary, ...(text === "" ? {} : { text }) };
}

function leftOut(titles: readonly string[]): string {
  const named = titles.slice(0, 5).map((title) => forMarkdown(title, 120));
  const more = titles.length > named.length ? ` and ${titles.length - named.length} more` : "";
  return `Left out, since GitHub shows at most 64 KB here: ${named.join("; ")}${more}.`;
}
