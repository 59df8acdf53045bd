/** A line of a file as a terminal can show it, and below it the spaces and carets that put the finger on a place. */
export interface Excerpt {
  readonly line: string;
  readonly carets: string;
}

/** Terminal cells for source text. */
const width = 100;
/** Cells kept before the place where a line is cut. */
const lead = 40;
/** UTF-16 units looked at on either side: a line may be megabytes long. */
const sight = 400;
const tabStop = 4;

/** One character as it is shown, with the cells of the terminal that it takes. */
interface Cell {
  readonly shown: string;
  readonly cells: number;
}
const widthOf = (cells: readonly Cell[]): number => cells.reduce((sum, cell) => sum + cell.cells, 0);
const shownOf = (cells: readonly Cell[]): string => cells.map((cell) => cell.shown).join("");

/**
 * The part of a line around a place. `column` counts from 1, `length` from it, both in UTF-16 units, and both may lie past the
 * end. Tabs become spaces, wide characters count two cells and combining ones none; what a terminal would obey or hide, and
 * what a runner would take for a command, is shown so that it is neither.
 */
export function excerpt(line: string, column: number, length: number): Excerpt {
  const from = wholeCharacter(line, Math.min(column - 1, line.length));
  const to = Math.min(from + Math.max(1, length), line.length);
  const low = wholeCharacter(line, Math.max(0, from - sight));
  const end = Math.min(to, from + sight);
  const high = wholeCharacter(line, Math.min(line.length, end + sight));
  const cells = cellsOf(line.slice(low, high));
  const index = (unit: number): number => cells.findIndex((cell) => cell.at >= unit - low);
  const first = index(from) < 0 ? cells.length : index(from);
  const after = Math.max(first, index(end) < 0 ? cells.length : index(end));
  let left: readonly Cell[] = cells.slice(0, first);
  let place: readonly Cell[] = cells.slice(first, after);
  let right: readonly Cell[] = cells.slice(after);
  let cutLeft = low > 0;
  let cutRight = high < line.length;
  const rest = widthOf(place) + widthOf(right);
  while (widthOf(left) > lead && widthOf(left) + rest > width) {
    left = left.slice(1);
    cutLeft = true;
  }
  const room = width - widthOf(left);
  const fitting = (wanted: readonly Cell[], most: number): readonly Cell[] => {
    let used = 0;
    const tooMany = wanted.findIndex((cell) => (used += cell.cells) > most);
    if (tooMany >= 0) cutRight = true;
    return tooMany < 0 ? wanted : wanted.slice(0, tooMany);
  };
  place = fitting(place, room);
  right = fitting(right, room - widthOf(place));
  const mark = cutLeft ? "…" : "";
  return {
    line: `${mark}${shownOf([...left, ...place, ...right])}${cutRight ? "…" : ""}`,
    carets: " ".repeat(mark.length + widthOf(left)) + "^".repeat(Math.max(1, widthOf(place))),
  };
}

/** Not between the two halves of a character. */
const wholeCharacter = (line: string, unit: number): number =>
  unit > 0 && /^[\ud800-\udbff][\udc00-\udfff]$/.test(line.slice(unit - 1, unit + 1)) ? unit - 1 : unit;

const unseen = /^[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]$/u;
const combining = /^[\p{Mn}\p{Me}]$/u;
// Unicode's East_Asian_Width W and F, as far as properties of regular expressions reach.
const wide =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;

/** Characters with what is shown for them. `at` is where each begins, in UTF-16 units. */
function cellsOf(text: string): readonly (Cell & { readonly at: number })[] {
  const cells: (Cell & { at: number })[] = [];
  let at = 0;
  let column = 0;
  let marks = 0;
  for (const character of text) {
    marks = combining.test(character) ? marks + 1 : 0;
    const cell = shown(character, column, marks, text.slice(at - 2, at));
    cells.push({ ...cell, at });
    at += character.length;
    column += cell.cells;
  }
  return cells;
}

function shown(character: string, column: number, marks: number, before: string): Cell {
  if (character === "\t")
    return { shown: " ".repeat(tabStop - (column % tabStop)), cells: tabStop - (column % tabStop) };
  // A few marks make a letter; a tower of them paints over the lines around.
  if (unseen.test(character) || marks > 3 || (marks === 1 && column === 0)) {
    const name = `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
    return { shown: name, cells: name.length };
  }
  if (marks > 0) return { shown: character, cells: 0 };
  // See `forLogLine`; done here as well, where the carets can move along.
  if (character === "[" && before === "##") return { shown: " [", cells: 2 };
  return { shown: character, cells: wide.test(character) ? 2 : 1 };
}
