import { cpSync, rmSync } from "node:fs";
import type { Io } from "../../src/commands/io.ts";
import { type Folder, newFolder, type Run } from "./access-repo.ts";
import { commandsIn } from "./run.ts";

export interface Repo extends Folder, Omit<ReturnType<typeof commandsIn>, "validate"> {
  readonly validate: ReturnType<typeof commandsIn>["validate"];
  /** What `init` printed. */
  readonly made: Run;
}

async function make(): Promise<{ readonly folder: Folder; readonly made: Run }> {
  const folder = newFolder({ empty: true });
  folder.git("init", "-q", "-b", "main");
  folder.git("remote", "add", "origin", "https://github.com/acme/access.git");
  const made = await commandsIn(folder.dir).init(".", { owners: ["@acme/platform"] });
  if (made.code !== 0) throw new Error(made.err);
  folder.commit({});
  process.once("exit", folder.remove);
  return { folder, made };
}
let pattern: ReturnType<typeof make> | undefined;

/** What `init` writes, in a clone of `acme/access` with a commit: five kinds of target, one role each. */
export async function newRepo(io: Partial<Io> = {}): Promise<Repo> {
  // Made once for each file of tests, and copied: the commit costs more than most tests.
  pattern ??= make();
  const { folder: from, made } = await pattern;
  const folder = newFolder({ empty: true });
  rmSync(folder.dir, { recursive: true });
  cpSync(from.dir, folder.dir, { recursive: true });
  return { ...folder, ...commandsIn(folder.dir, io), made };
}

/** Flags for a request of each role that `init` writes. */
export const asks = {
  "hello/reader": { draft: { reason: "Read the repository once" } },
  "aws-example/operator": {
    draft: {
      reason: "Delete the old log bucket",
      ticket: "OPS-1",
      actions: ["s3:DeleteBucket"],
      resources: ["arn:aws:s3:::example-old-logs"],
    },
  },
  "gcp-example/deployer": {
    draft: { reason: "Look for the lost log file", buckets: ["gs://example-logs=roles/storage.objectViewer"] },
  },
  "azure-example/contributor": { draft: { reason: "Move the subscription's network" } },
  "oidc-example/platform": { draft: { reason: "Renew the certificates in Vault" } },
} as const;
export const workflow = { file: ".github/workflows/run.yml" } as const;
