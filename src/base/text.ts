// Text is data (DESIGN.md section 4): one function per sink escapes what people wrote. Nothing else may put text of
// people into a commit message, Markdown, a runner command, HTML or a terminal (CHECKLIST C62).

// C0, DEL, C1, and the characters that reorder or hide text (Trojan Source, CVE-2021-42574), plus line separators.
const invisible =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/** True where a string holds a control, bidi or zero-width character. */
export const hasInvisible = (text: string): boolean => text.search(invisible) >= 0;

/** One line without control, bidi or zero-width characters, at most `max` characters. */
export function oneLine(text: string, max = 500): string {
  const line = text.replace(invisible, " ").replace(/ {2,}/g, " ").trim();
  const points = [...line];
  return points.length <= max ? line : `${points.slice(0, max - 1).join("")}…`;
}

// What GitHub makes a link of by itself (GitHub Flavored Markdown section 6.9).
const autolinked = /(https?|ftp|www)(:|\.)/gi;

/**
 * For Markdown on GitHub: punctuation that starts markup, a mention (`@`), an issue reference (`#`), HTML or a link is
 * escaped or broken, so that a reason cannot ping a team, close an issue or draw a fake table.
 */
export const forMarkdown = (text: string, max = 500): string =>
  forMarkdownNames(text, max)
    .replace(/@/g, "@\u200c") // no mention; ZERO WIDTH NON-JOINER is ours, not the writer's
    .replace(autolinked, "$1\u200c$2");

/** As `forMarkdown`, for sentences of ours that name people, teams, paths and refs: those may be mentioned, and found by search. */
export const forMarkdownNames = (text: string, max = 500): string =>
  oneLine(text, max)
    .replace(/[\\`*_{}[\]()<>#!|~$]/g, (c) => (c === "<" ? "&lt;" : c === ">" ? "&gt;" : `\\${c}`))
    .replace(/^([-+]|\d+\.)/, "\\$1") // a list, only at the start of a line
    .replace(/&(?!lt;|gt;)/g, "&amp;");

/**
 * As `forMarkdownNames`, for a Markdown file: a mention tells nobody there, so names may be copied as they are; but an address
 * becomes no link.
 */
export const forMarkdownFile = (text: string, max = 500): string =>
  forMarkdownNames(text, max).replace(autolinked, "$1\u200c$2");

/** Inside a Markdown code span: back-ticks become apostrophes, so that the span cannot be left. */
export const forMarkdownCode = (text: string, max = 500): string =>
  `\`${oneLine(text, max).replaceAll("`", "'") || " "}\``;

/** A fenced block that its content cannot close: the fence is longer than any run of back-ticks inside. */
export function forMarkdownBlock(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A trailer or subject of a commit message: one line; the key comes from our code, never from people. */
export const forTrailer = (text: string, max = 500): string => oneLine(text, max);

/**
 * Text of people inside a commit message of a merge that we make: GitHub tells whom it mentions, and closes the issues that
 * it says it fixes, also of other repositories, by our power and not by the writer's. A blank breaks both, where one can see it.
 */
export const withoutCommands = (text: string): string =>
  text
    .replace(/(?<![a-z0-9])@(?=[a-z0-9])/gi, "@ ")
    .replace(/#(?=\d)/g, "# ")
    .replace(/\bGH-(?=\d)/gi, "GH- ")
    .replace(autolinked, "$1 $2");

/** Body text of a commit message: one line that git cannot read as a trailer (`Approved-by: mallory`) or a comment. */
export const forCommitBody = (text: string, max = 500): string => `  ${oneLine(text, max)}`;

/** Plain ASCII for RFC 6749 section 5.2 `error_description` (%x20-21 / %x23-5B / %x5D-7E): no quote, no backslash. */
export const forErrorDescription = (text: string, max = 500): string =>
  oneLine(text, max)
    .replace(/["\\]/g, "'")
    .replace(/[^\x20-\x7e]/g, "?");

/** Text between tags or inside a quoted attribute. */
export const forHtml = (text: string, max = 500): string =>
  oneLine(text, max).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

// What a terminal acts on (ESC, C1, CR, backspace) or does not show as what it is: format characters, lone surrogates.
const actsOrHides = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/**
 * For a terminal: text of people inside a line of ours. Tabs become one space, and every other character that a terminal
 * acts on or hides becomes one U+FFFD: no escape sequence, no second line, and columns stay where they are.
 */
export function forTerminal(text: string, max = 500): string {
  const points = Array.from(
    text
      .slice(0, 2 * max + 2)
      .replaceAll("\t", " ")
      .replace(actsOrHides, "\ufffd"),
  );
  return points.length <= max ? points.join("") : `${points.slice(0, max - 1).join("")}…`;
}

// Runner commands. The runner undoes these escapes and no others (actions/toolkit, packages/core/src/command.ts).

/** The text behind `::error …::`, one line of it. */
export const forRunnerData = (text: string, max = 1000): string => oneLine(text, max).replaceAll("%", "%25");

/** The value of a property, such as `title=` or `file=`. Not shortened and not trimmed, since a path must stay what it is. */
export const forRunnerProperty = (text: string): string =>
  text.replace(
    /[%\r\n:,\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (c) => ({ "%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C" })[c] ?? "?",
  );

/**
 * A whole line of output that may end up in the log of a job: the runner takes `::` at its start, and `##[` anywhere in it, for
 * a command (actions/runner, src/Runner.Common/ActionCommand.cs, TryParseV2 and TryParse). Broken by a space that one can see:
 * the runner compares by culture, which may ignore what has no width.
 */
export const forLogLine = (line: string): string => line.replaceAll("##[", "## [").replace(/^(\s*:)(?=:)/, "$1 ");

/**
 * A value as one line of JSON with the same value for every parser, in which neither a terminal nor a runner finds a command:
 * hidden characters and `##[` are written as escapes.
 */
export const forJson = (value: unknown): string =>
  JSON.stringify(value)
    .replace(actsOrHides, (c) =>
      Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
    )
    .replaceAll("##[", "#\\u0023[");
