import { parseLine, type Report, suspicion } from "./codeowners-line.ts";
import { loopCost, type PathPattern } from "./codeowners-pattern.ts";
import { fileStart, finding, severityOf } from "./diagnostics.ts";
import { rememberPatterns } from "./owners-of.ts";
import { codeownersPlaces } from "./policy-paths.ts";
import type { Codeowners, CodeownersRule, Diagnostic, TreeFile } from "./types.ts";

type Text = Pick<TreeFile, "path" | "text"> | undefined;

// "Must be under 3 MB": of the two megabytes the smaller.
const maxBytes = 3_000_000;
// An outsider's pull request is enough to have a file of 3 MB looked up (CHECKLIST C15). With these, one path costs at most
// one comparison of a name for each byte of the file and segment of the path, and 20 000 steps for each of its characters.
const maxRules = 100_000;
const maxLoopCost = 20_000;
/** Of errors and of warnings each: 3 MB can earn a million. */
const maxFindings = 100;

/**
 * Parses the CODEOWNERS file in force: the first of `.github/`, the root, `docs/` (GitHub's order). Lines that GitHub would
 * skip are skipped and are errors; so are a missing, unreadable or over-long file: where GitHub then asks nobody, we ask
 * for the file to be mended (GITHUB.md section 2.1). At most 100 errors and 100 warnings are said. Never throws.
 */
export function parseCodeowners(places: readonly [Text, Text, Text]): Codeowners {
  const index = places.findIndex((file) => file !== undefined);
  const path = codeownersPlaces[index] ?? codeownersPlaces[0];
  const others = codeownersPlaces.filter((_, i) => index >= 0 && i > index && places[i] !== undefined);
  const notInForce = others.map((other) =>
    finding("CS3007", other, fileStart, `Not in force: GitHub reads ${path} only.`),
  );
  const text = places[index]?.text;
  const parsed =
    index < 0
      ? unusable("CS3001", "There is no CODEOWNERS file: GitHub would ask nobody.")
      : text === undefined
        ? unusable("CS1001", "CODEOWNERS is not readable text, whatever GitHub makes of it.")
        : isTooLarge(text)
          ? unusable("CS3002", "CODEOWNERS has 3 MB or more: GitHub does not load it and asks nobody.")
          : parseText(text, path);
  if (!("rules" in parsed)) {
    const { code, message } = parsed;
    return { path, rules: [], diagnostics: [finding(code, path, fileStart, message), ...notInForce] };
  }
  const { rules, patterns, diagnostics } = parsed;
  return rememberPatterns({ path, rules, diagnostics: [...diagnostics, ...notInForce] }, patterns);
}

const unusable = (code: "CS1001" | "CS3001" | "CS3002" | "CS3012", why: string) => ({
  code,
  message: `${why} Countersign denies everything until it is mended.`,
});

/** UTF-8 has one to three bytes for each UTF-16 unit, so most texts need no count. */
const isTooLarge = (text: string): boolean =>
  text.length >= maxBytes || (text.length * 3 >= maxBytes && new TextEncoder().encode(text).length >= maxBytes);

function parseText(text: string, file: string) {
  const clean = text.replaceAll("\r\n", "\n");
  const suspect = suspicion(clean);
  const rules: CodeownersRule[] = [];
  const patterns: PathPattern[] = [];
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const report: Report = (code, at, message, more) => {
    const list = severityOf(code) === "warning" ? warnings : errors;
    if (list.length < maxFindings) list.push(finding(code, file, at, message, more));
  };
  let cost = 0;
  let number = 0;
  for (let start = 0; start <= clean.length; ) {
    const newline = clean.indexOf("\n", start);
    const stop = newline < 0 ? clean.length : newline;
    const line = parseLine(clean.slice(start, stop), ++number, suspect, report);
    start = stop + 1;
    if (line === undefined) continue;
    rules.push(line.rule);
    patterns.push(line.pattern);
    cost += loopCost(line.pattern);
    if (rules.length > maxRules) return unusable("CS3012", "CODEOWNERS has more than 100 000 rules.");
    if (cost > maxLoopCost) {
      return unusable("CS3012", "CODEOWNERS has more than 20 000 characters in names with several wildcards.");
    }
  }
  const diagnostics = [...errors, ...warnings].sort((a, b) => a.line - b.line || a.column - b.column);
  return { rules, patterns, diagnostics };
}
