import { jsonSchemas } from "../../access-repo/index.ts";
import type { NewAccessRepo } from "./repo.ts";

const filesOf = {
  request: "requests/**/*.yml",
  target: "targets/*.yml",
  settings: ".github/countersign.yml",
  test: "tests/**/*.yml",
} as const satisfies Record<keyof ReturnType<typeof jsonSchemas>, string>;

/**
 * Settings that map the folders to the schemas, so that editors complete and check: to those that the server serves where it is
 * known, else to copies in the repository. Path and text.
 */
export function editorFiles({ url }: NewAccessRepo): readonly (readonly [string, string])[] {
  const base = url === null ? "./.vscode/schemas" : `${url}/schemas`;
  const schemas = Object.fromEntries(Object.entries(filesOf).map(([name, files]) => [`${base}/${name}.json`, files]));
  const copies = url === null ? Object.entries(jsonSchemas()) : [];
  return [
    [".vscode/settings.json", json({ "yaml.schemas": schemas, "yaml.format.enable": false })],
    [".vscode/extensions.json", json({ recommendations: ["redhat.vscode-yaml"] })],
    ...copies.map(([name, schema]) => [`.vscode/schemas/${name}.json`, json(schema)] as const),
  ];
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
