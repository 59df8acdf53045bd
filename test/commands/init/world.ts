import type { TreeFile } from "../../../src/access-repo/types.ts";
import { objectId } from "../../../src/base/ids.ts";
import { describeRepo, type InitOptions } from "../../../src/commands/init/describe.ts";
import { accessRepoFiles } from "../../../src/commands/init/files.ts";

export const now = new Date("2026-11-24T09:00:00Z");
export const acme = { repository: "acme/access", owners: ["@acme/platform"] };

/** The files for some options, and the policy that they are. */
export async function filesFor(options: InitOptions, dir = "/nowhere/access") {
  const files = accessRepoFiles(await describeRepo(dir, options), now);
  const file = (path: string): TreeFile => ({
    path,
    text: files.get(path),
    mode: 0o100644,
    oid: objectId("a".repeat(40)),
  });
  const policyFiles = {
    settings: file(".github/countersign.yml"),
    targetsTree: objectId("b".repeat(40)),
    targets: [...files.keys()].filter((path) => path.startsWith("targets/")).map(file),
    codeowners: [file(".github/CODEOWNERS"), undefined, undefined] as const,
  };
  return { files, policyFiles };
}
