/** What is wrong with YAML's syntax, for people who do not know its words. No hint: that of the code. */
export interface YamlTrouble {
  readonly message: string;
  readonly hint?: string;
}

// The library's reasons that people meet. It names what it could not go on with, which is often not what was meant: a colon
// inside a sentence is "bad indentation" to it.
const reasons: readonly (readonly [start: string, message: string, hint?: string])[] = [
  ["tab characters", "a tab stands in the indentation", "Indent with spaces."],
  [
    "deficient indentation",
    "a quote or bracket above is not closed",
    "Close it, or indent the lines that continue it.",
  ],
  ["unexpected end of the", "a quote or bracket is not closed", "Close it."],
  [
    "can not read a block",
    "the line above has no colon",
    "Write it as `key: value`, or indent it as part of the value above.",
  ],
  ["name of an alias", "a value cannot begin with *", 'Put it in quotes, for example "*".'],
  ["name of an anchor", "a value cannot begin with &", "Put it in quotes."],
  ["missed comma", "a comma is missing", "Put commas between the entries of [ ] and { }."],
  ["expected the node content", "an entry is missing", "Remove the comma, or write an entry before it."],
  ["unknown escape", "a backslash means something in double quotes", "Write it twice, or use single quotes."],
  ["nesting exceeded", "lists and mappings are nested too deeply", "Nest them less."],
];

/** So much of a line is looked at: it may be as long as the file. */
const sight = 500;

/** @param offset where the library stopped, in UTF-16 units */
export function yamlTrouble(reason: string, text: string, offset: number): YamlTrouble {
  if (reason.startsWith("bad indentation")) return inLine(text, offset);
  const [, message, hint] = reasons.find(([start]) => reason.startsWith(start)) ?? [reason, reason];
  return { message: `Not YAML: ${message}.`, ...(hint === undefined ? {} : { hint }) };
}

/** The library says "bad indentation" of anything that it finds where a line should have ended. */
function inLine(text: string, offset: number): YamlTrouble {
  const found = text[offset] ?? "";
  const before = text.slice(Math.max(text.lastIndexOf("\n", offset - 1) + 1, offset - sight), offset);
  if (found === ":" && before.includes(": "))
    return {
      message: "Not YAML: the value holds another colon.",
      hint: 'Put the value in quotes, as in `reason: "Clean up: logs"`.',
    };
  if (/["'][ \t]*$/.test(before) || /["']$/.test(before))
    return {
      message: "Not YAML: text follows a closing quote.",
      hint: 'Put the whole value in quotes; around an apostrophe, in double ones: "it\'s".',
    };
  if (/[:,[-][ \t]+$/.test(before) && /[@`%]/.test(found))
    return { message: `Not YAML: a value cannot begin with ${found}.`, hint: "Put it in quotes." };
  return {
    message: "Not YAML: the indentation fits no line above.",
    hint: "Indent the keys of one mapping alike, and those inside it by two spaces more.",
  };
}
