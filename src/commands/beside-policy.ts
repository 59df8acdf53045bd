import { isPolicyTestPath, parsePolicyTests } from "../access-repo/index.ts";
import { listDeep } from "./folders.ts";
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
  /** CATALOG.md; undefined where there is none. */
  readonly catalogue: string | undefined;
}

export const catalogueFile = "CATALOG.md";
const maxTests = 64 * 1024;
const maxCatalogue = 4_000_000;
const mostFiles = 200;

/** Reads what stands beside the policy. Links and what is no plain file are not read: nothing depends on them. Never throws. */
export async function readBesidePolicy(root: string): Promise<BesidePolicy> {
  const entries = (await listDeep(root, "tests")).filter(({ kind, path }) => kind === "leaf" && isPolicyTestPath(path));
  const read = await mapLimited(entries.slice(0, mostFiles), 8, async ({ path }): Promise<PolicyTests> => {
    const text = await textOf(root, path, maxTests);
    const parsed = parsePolicyTests(text, path);
    return { path, text, parsed, tests: parsed.ok ? parsed.value.tests.length : 0 };
  });
  return { tests: read, catalogue: await textOf(root, catalogueFile, maxCatalogue) };
}

async function textOf(root: string, path: string, max: number): Promise<string | undefined> {
  const file = await readOnDisk(root, path, max);
  if (file.kind !== "file") return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(file.bytes);
  } catch {
    return undefined;
  }
}
