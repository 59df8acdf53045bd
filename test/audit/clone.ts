import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

/** Nothing of these is worth a collection of garbage, which git would look for after each commit. */
const settings = ["user.name=x", "user.email=x@example.com", "maintenance.auto=false"].flatMap((one) => ["-c", one]);

/** @param from is copied as it stands: cheaper than to make the same again. */
export function newClone(from?: Clone): Clone {
  const dir = mkdtempSync(join(tmpdir(), "countersign-audit-"));
  const env = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: "1", HOME: dir };
  const git = (...args: readonly string[]): string =>
    execFileSync("git", [...settings, ...args], {
      cwd: dir,
      env,
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  if (from) cpSync(from.dir, dir, { recursive: true });
  else git("init", "-q", "--template=", "-b", "main");
  const commit: Clone["commit"] = (files, message = "commit") => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), content);
    }
    // One process of ours for three of git: a fork of a test's process costs more than git.
    const script = `git add -- "$@" && git commit -q --allow-empty -m "$MESSAGE" && git rev-parse HEAD`;
    return execFileSync(
      "sh",
      ["-c", script.replaceAll("git ", `git ${settings.join(" ")} `), "sh", ...Object.keys(files)],
      {
        cwd: dir,
        env: { ...env, MESSAGE: message },
        encoding: "utf8",
        stdio: "pipe",
      },
    ).trim();
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
