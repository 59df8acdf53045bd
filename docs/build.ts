import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { jsonSchemas } from "../src/access-repo/index.ts";
import { checklistPage } from "./checklist-page.ts";
import { diagnosticsPage } from "./diagnostics-page.ts";
import { filesReference } from "./reference.ts";

// What is committed but follows from the code: `npm run build:docs` writes it, `--check` proves that it is current.

/** Path below docs/ to text. */
async function generated(): Promise<ReadonlyMap<string, string>> {
  const schemas = Object.entries(jsonSchemas()).map(
    ([name, schema]) => [`schemas/${name}.json`, `${JSON.stringify(schema, null, 2)}\n`] as const,
  );
  return new Map([
    ...schemas,
    ["files.md", filesReference()],
    ["diagnostics.md", await diagnosticsPage()],
    ["checklist.md", await checklistPage()],
  ]);
}

/** Paths of generated files that are missing or differ from what the code yields now. */
export async function outdated(): Promise<readonly string[]> {
  const differing: string[] = [];
  for (const [path, text] of await generated()) {
    const committed = await readFile(new URL(path, import.meta.url), "utf8").catch(() => undefined);
    if (committed?.replaceAll("\r\n", "\n") !== text) differing.push(path);
  }
  return differing;
}

async function write(): Promise<void> {
  for (const [path, text] of await generated()) {
    const file = fileURLToPath(new URL(path, import.meta.url));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  if (values.check) {
    const differing = await outdated();
    if (differing.length > 0) {
      console.error(`docs/{${differing.join(",")}}: not what the code says. Run \`npm run build:docs\` and commit.`);
      process.exitCode = 1;
    }
  } else await write();
}
