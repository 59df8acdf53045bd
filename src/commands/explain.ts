import { Command } from "commander";
import { codeExamples } from "../access-repo/code-examples.ts";
import { allCodes, codeGroups, groupsOfCodes, titleOfGroup } from "../access-repo/code-groups.ts";
import { type Code, codes } from "../access-repo/codes.ts";
import { describeExample, type ExampleBlock } from "../access-repo/describe-example.ts";
import { severityOf } from "../access-repo/diagnostics.ts";
import { nearest } from "../access-repo/suggest.ts";
import { forJson, forTerminal } from "../base/text.ts";
import type { ExitCode, Io } from "./io.ts";
import { processIo } from "./process-io.ts";

interface ExplainOptions {
  readonly json?: boolean;
}

export function explainCommand(): Command {
  return new Command("explain")
    .description("What a code of a finding means, an example that earns it, and the way out")
    .argument("[code]", "such as CS1007; without one, all codes are listed")
    .option("--json", "one JSON object; without a code, an array")
    .exitOverride()
    .addHelpText(
      "after",
      `
Exit code: 0 fine; 2 no such code. The same as a page: docs/diagnostics.md.
Examples:
  countersign explain CS1007
  countersign explain --json | jq -r '.[] | "\\(.code) \\(.title)"'`,
    )
    .action((code: string | undefined, options: ExplainOptions) => {
      process.exitCode = explain(code, options, processIo());
    });
}

/** `countersign explain` (issue 3), after `rustc --explain`: prints, and returns the exit code. Never throws. */
export function explain(given: string | undefined, options: ExplainOptions, io: Io): ExitCode {
  if (given === undefined) {
    io.out(options.json ? `${forJson(allCodes.map(summary))}\n` : list());
    return 0;
  }
  const wanted = given.trim().toUpperCase();
  const code = allCodes.find((known) => known === wanted);
  if (code === undefined) {
    const meant = nearest(wanted, allCodes);
    const near = allCodes.find((known) => known === meant);
    const way =
      near === undefined ? "`countersign explain` lists all codes." : `Did you mean ${near}, "${codes[near].title}"?`;
    io.err(`There is no code ${forTerminal(JSON.stringify(given.slice(0, 60)))}. ${way}\n`);
    return 2;
  }
  io.out(options.json ? `${forJson(asJson(code))}\n` : explained(code));
  return 0;
}

interface Summary {
  readonly code: Code;
  readonly title: string;
  readonly group: string;
  readonly severity: "error" | "warning";
}

function summary(code: Code): Summary {
  return { code, title: codes[code].title, group: titleOfGroup(code), severity: severityOf(code) };
}

/** What of a block a program can use. */
const jsonBlock = ({ path, words, text }: ExampleBlock) => ({
  ...(path === undefined ? {} : { path }),
  ...(words === "" ? {} : { words }),
  ...(text === undefined ? {} : { text }),
});

function asJson(code: Code) {
  const { cause, cure } = codes[code];
  const { example, mended } = describeExample(codeExamples[code]);
  return { ...summary(code), cause, cure, example: example.map(jsonBlock), mended: mended.map(jsonBlock) };
}

const list = (): string =>
  groupsOfCodes
    .map(([group, all]) => [
      `${group} ${codeGroups[group].title}`,
      ...all.map((code) => `  ${code}  ${codes[code].title}`),
      "",
    ])
    .concat([["`countersign explain CS1007` says what one means."]])
    .flat()
    .join("\n")
    .concat("\n");

function explained(code: Code): string {
  const { title, cause, cure } = codes[code];
  const { example, mended } = describeExample(codeExamples[code]);
  return [
    `${code}: ${title}${severityOf(code) === "warning" ? " (a warning)" : ""}`,
    wrapped(cause),
    wrapped(cure),
    ...example.map((block) => shownBlock("Example", block)),
    ...mended.map((block) => shownBlock("Mended", block)),
  ]
    .join("\n\n")
    .concat("\n");
}

function shownBlock(label: string, { path, words, text, mark }: ExampleBlock): string {
  const caption = `${label}: ${[path ?? "", words].filter((part) => part !== "").join(" ")}`;
  if (text === undefined) return caption;
  const lines = text.trimEnd().split("\n");
  if (mark !== undefined) lines.splice(mark.line, 0, " ".repeat(mark.column - 1) + "^".repeat(mark.length));
  return [caption, "", ...lines.map((line) => (line === "" ? "" : `    ${line}`))].join("\n");
}

/** At words, in lines of at most 80 characters: prose is read best so, in windows of any width. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= 80) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}
