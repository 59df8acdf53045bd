import type { CodeExample, ExampleFile, FilesExample, Given, PolicyCommits } from "./code-example.ts";
import { paths } from "./code-example-texts.ts";
import { unmarked, visible } from "./example-text.ts";
import type { Span } from "./types.ts";

/** A piece of an example as people are shown it. */
export interface ExampleBlock {
  /** What the text is, or a sentence where there is none. A path stands in `path`. */
  readonly words: string;
  readonly path?: string;
  readonly text?: string;
  readonly language?: "yaml" | "diff" | "text";
  /** What the finding underlines. */
  readonly mark?: Span;
}
export interface DescribedExample {
  readonly example: readonly ExampleBlock[];
  /** What to change. Empty where no text mends it. */
  readonly mended: readonly ExampleBlock[];
}

export function describeExample(example: CodeExample): DescribedExample {
  switch (example.kind) {
    case "files":
      return { example: filesBlocks(example), mended: mendedFiles(example) };
    case "changes":
      return {
        example: [changesBlock("The pull request changes", example.changes)],
        mended: example.mended === undefined ? [] : [changesBlock("changes that may be merged", example.mended)],
      };
    case "commits":
      return {
        example: [commitsBlock(example.commits)],
        mended: example.mended ? [commitsBlock({ ...example.commits, ...example.mended })] : [],
      };
  }
}

const languageOf = (path: string): "yaml" | "text" => (path.endsWith(".yml") ? "yaml" : "text");
const plain = (text: string): string => unmarked(visible(text)).text;

function filesBlocks({ files, without = [], given }: FilesExample): readonly ExampleBlock[] {
  return [
    ...without.map((path) => ({ words: "does not exist", path })),
    ...files.map(fileBlock),
    ...(given === undefined ? [] : [givenBlock(given)]),
  ];
}

const fileBlock = ({ path, text, saved }: ExampleFile): ExampleBlock => ({
  words: saved === undefined ? "" : `saved ${saved}`,
  path,
  language: languageOf(path),
  ...unmarked(visible(text)),
});

function givenBlock(given: Given): ExampleBlock {
  switch (given.kind) {
    case "workflow":
      return { words: "in acme/infra", path: ".github/workflows/clean-up.yml", language: "yaml", text: given.text };
    case "no_workflow":
      return { words: "does not exist in acme/infra", path: given.file };
    case "not_installed":
      return { words: `The app is not installed on ${given.repository}.` };
    case "may_only_read":
      return { words: `${given.login}, who opened the pull request, may read acme/infra and not write to it.` };
    case "issues_for":
      return { words: `The server issues for ${given.kinds.join(", ")} only.` };
    case "repository_id":
      return { words: `GitHub's id of the access repo is ${given.id}.` };
    case "history":
      return changesBlock("The default branch has seen", given.changes);
  }
}

const changesBlock = (words: string, changes: string): ExampleBlock => ({
  words,
  language: "text",
  text: changes.replaceAll("\t", "    "),
});

function commitsBlock({ accepted, base, tip, head }: PolicyCommits): ExampleBlock {
  const rows = [
    ["The policy in force", accepted],
    ["The default branch when yours started", base],
    ["The default branch now", tip],
    ["Your branch", head],
  ] as const;
  const text = rows.map(([where, settings]) => `# ${where}\n${settings}`).join("\n");
  return { words: "in four commits", path: paths.settings, language: "yaml", text };
}

/** Of files that stay, only the lines that change. */
function mendedFiles({ files, given, mended }: FilesExample): readonly ExampleBlock[] {
  if (mended === undefined) return [];
  const blocks: ExampleBlock[] = [];
  const gone = new Set(mended.without);
  for (const file of mended.files ?? []) {
    const before = files.find(({ path }) => path === file.path);
    const renamed = files.find(({ path, text }) => gone.has(path) && plain(text) === plain(file.text));
    if (renamed && gone.delete(renamed.path)) blocks.push({ words: `renamed to ${file.path}`, path: renamed.path });
    else if (before === undefined) blocks.push(fileBlock(file));
    else if (plain(before.text) !== plain(file.text)) blocks.push(changeBlock(file.path, "", before.text, file.text));
    else blocks.push({ words: before.saved === "in Latin-1" ? "saved in UTF-8" : "as a plain file", path: file.path });
  }
  for (const path of gone) blocks.push({ words: "deleted", path });
  if (mended.given?.kind === "workflow" && given?.kind === "workflow")
    blocks.push(changeBlock(".github/workflows/clean-up.yml", "in acme/infra", given.text, mended.given.text));
  return blocks;
}

const changeBlock = (path: string, words: string, before: string, after: string): ExampleBlock => ({
  path,
  words,
  language: "diff",
  text: difference(plain(before), plain(after)),
});

/** Without the lines that both begin and end with. */
function difference(before: string, after: string): string {
  const [old, young] = [before.split("\n"), after.split("\n")];
  const least = Math.min(old.length, young.length);
  let start = 0;
  while (start < least && old[start] === young[start]) start++;
  let end = 0;
  while (end < least - start && old.at(-1 - end) === young.at(-1 - end)) end++;
  const cut = (lines: readonly string[], sign: string): string =>
    lines
      .slice(start, lines.length - end)
      .map((line) => `${sign} ${line}\n`)
      .join("");
  return cut(old, "-") + cut(young, "+");
}
