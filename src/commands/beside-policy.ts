import { finding, isPolicyTestPath, parsePolicyTests } from "../access-repo/index.ts";
import type { Diagnostic } from "../access-repo/types.ts";
import { catalogueFile } from "./catalogue.ts";
import { type Entry, isNoise, listDeep, listFolder } from "./folders.ts";
import { mapLimited } from "./map-limited.ts";
import { readOnDisk } from "./plain-file.ts";

export interface PolicyTests {
  readonly path: string;
  readonly text: string | undefined;
  readonly parsed: ReturnType<typeof parsePolicyTests>;
  /** How many there are; 0 where they cannot be read. */
  readonly tests: number;
}

/** What stands beside the policy in an access repo and says what it should be: tests and the generated catalogue. */
export interface BesidePolicy {
  /** `tests/**.yml` with their text; undefined where it is not readable text. */
  readonly tests: readonly PolicyTests[];
  /** What looks like a test and does not run: a test that nobody runs would be believed all the same. */
  readonly findings: readonly Diagnostic[];
  /** CATALOG.md; undefined where there is none. */
  readonly catalogue: string | undefined;
}

const maxTests = 64 * 1024;
const maxCatalogue = 4_000_000;
const mostFiles = 200;
const start = { line: 1, column: 1, length: 1 };

/**
 * Reads what stands beside the policy, never through a link. Never throws.
 * @param wanted false leaves a file of tests unread
 */
export async function readBesidePolicy(root: string, wanted: (path: string) => boolean): Promise<BesidePolicy> {
  const entries = (await testEntries(root)).filter(({ name, path }) => !isNoise(name) && wanted(path));
  const files = entries.filter(runs);
  const tests = await mapLimited(files.slice(0, mostFiles), 8, async ({ path }): Promise<PolicyTests> => {
    const text = await textOf(root, path, maxTests);
    const parsed = parsePolicyTests(text, path);
    return { path, text, parsed, tests: parsed.ok ? parsed.value.tests.length : 0 };
  });
  return { tests, findings: idleTests(entries), catalogue: await textOf(root, catalogueFile, maxCatalogue) };
}

const runs = (entry: Entry): boolean => entry.kind === "leaf" && isPolicyTestPath(entry.path);

/** CS6003: what looks like a test and does not run. */
export function idleTests(entries: readonly Entry[]): readonly Diagnostic[] {
  const idle = [
    ...entries
      .filter((entry) => !runs(entry) && looksLikeTests(entry))
      .map((entry) => [entry.path, why(entry)] as const),
    ...entries
      .filter(runs)
      .slice(mostFiles)
      .map(({ path }) => [path, `It is beyond the first ${mostFiles} files.`] as const),
  ];
  return idle.map(([path, message]) => finding("CS6003", path, start, message));
}

async function testEntries(root: string): Promise<readonly Entry[]> {
  const folder = (await listFolder(root, "")).find(({ name }) => name === "tests");
  if (folder === undefined) return [];
  return folder.kind === "folder" ? await listDeep(root, "tests") : [folder];
}

/** Anything but what has another ending: a README may stand beside the tests. */
const looksLikeTests = ({ kind, name, path }: Entry): boolean =>
  kind !== "leaf" || path === "tests" || /\.ya?ml$/i.test(name);

function why({ kind, path, why }: Entry): string {
  switch (kind) {
    case "link":
      return "It is a symbolic link, which is not followed.";
    case "submodule":
      return "It is another git repository.";
    case "unreadable":
      return `It cannot be read: ${why ?? "the system says no"}.`;
    case "folder":
    case "leaf":
      if (path === "tests") return "It is no folder.";
      return path.endsWith(".yml") ? "Its name or folder is not a test's." : "The ending of tests is .yml.";
  }
}

async function textOf(root: string, path: string, max: number): Promise<string | undefined> {
  const file = await readOnDisk(root, path, max);
  if (file.kind !== "file") return undefined;
  try {
    // Of a file that was cut, the last character may be in two; the parser then says that it is too large.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(file.bytes, { stream: !file.whole });
  } catch {
    return undefined;
  }
}
