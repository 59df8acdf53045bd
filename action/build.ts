import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

// GitHub runs what is committed, so action/dist is in git; `--check` proves that it was built from action/src.
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const here = fileURLToPath(new URL(".", import.meta.url));

const { outputFiles = [] } = await build({
  absWorkingDir: here,
  entryPoints: ["src/main.ts", "src/post.ts", "src/credential-process.ts"],
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  charset: "utf8",
  legalComments: "none",
  banner: { js: "// Built from action/src by `npm run build:action`. Do not edit." },
  write: !values.check,
  metafile: true,
  logLevel: "warning",
});

if (values.check) {
  const differing: string[] = [];
  for (const file of outputFiles) {
    const committed = await readFile(file.path, "utf8").catch(() => undefined);
    if (committed?.replaceAll("\r\n", "\n") !== file.text) differing.push(relative(process.cwd(), file.path));
  }
  if (differing.length > 0) {
    console.error(
      `${differing.join(", ")}: not what action/src builds to. Run \`npm run build:action\` and commit the result.`,
    );
    process.exitCode = 1;
  }
}
