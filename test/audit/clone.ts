import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { batchPath, type Batch } from "../../src/ledger/index.ts";
import { at } from "../ledger/fixtures.ts";

/** A repository with a default branch and an orphan ledger branch, made with real git. */
export interface Clone {
  readonly dir: string;
  git(...args: readonly string[]): string;
  /** A commit with these files on the branch that is checked out; its id. */
  commit(files: Readonly<Record<string, string | Uint8Array>>, message?: string): string;
  /** Checks out the ledger branch, as an orphan the first time. */
  onLedger(): void;
  /** One commit per batch, each at its own path. */
  add(...batches: readonly Batch[]): void;
  remove(): void;
}

export function newClone(): Clone {
  const dir = mkdtempSync(join(tmpdir(), "countersign-audit-"));
  const env = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: "1", HOME: dir };
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.com", ...args], {
      cwd: dir,
      env,
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  git("init", "-q", "-b", "main");
  const commit: Clone["commit"] = (files, message = "commit") => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), content);
      git("add", "--", path);
    }
    git("commit", "-q", "--allow-empty", "-m", message);
    return git("rev-parse", "HEAD");
  };
  let started = false;
  return {
    dir,
    git,
    commit,
    onLedger: () => {
      if (started) git("checkout", "-q", "countersign-ledger");
      else {
        git("checkout", "-q", "--orphan", "countersign-ledger");
        git("rm", "-rfq", "--ignore-unmatch", ".");
      }
      started = true;
    },
    add: (...batches) => {
      for (const batch of batches) commit({ [batchPath(new Date(at), batch.header.batch)]: batch.text });
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
