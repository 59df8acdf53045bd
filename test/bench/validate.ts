import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { against, measure, type Row } from "./measure.ts";
import { codeownersText, requestText, settingsText, targetText } from "../access-repo/examples.ts";

const cli = join(import.meta.dirname, "../../src/cli.ts");

/** Requests over the month folders of five years, all fine under the policy of the examples. */
function* requests(count: number): Generator<readonly [string, string]> {
  const text = requestText.replace(/^start:.*\n/m, "");
  for (let i = 0; i < count; i++) {
    const month = `${2026 + Math.floor((i % 60) / 12)}-${String((i % 12) + 1).padStart(2, "0")}`;
    yield [`requests/aws-prod/${month}/delete-logs-${i}.yml`, text.replace("OPS-1423", `OPS-${i + 1}`)];
  }
}
const policy: readonly (readonly [string, string])[] = [
  [".github/countersign.yml", settingsText],
  [".github/CODEOWNERS", codeownersText],
  ["targets/aws-prod.yml", targetText],
];

/** A repository in which `main` has one commit for the policy and one for each request, checked out. */
function build(dir: string, count: number): void {
  const env = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: "1", HOME: dir };
  const git = (args: readonly string[], input?: string): void =>
    void execFileSync("git", args, {
      cwd: dir,
      env,
      stdio: [input === undefined ? "ignore" : "pipe", "ignore", "pipe"],
      input,
    });
  const commit = (files: Iterable<readonly [string, string]>, time: number): string => {
    const changes = [...files].map(
      ([path, text]) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
    );
    return `commit refs/heads/main\ncommitter x <x@example.com> ${time} +0000\ndata 1\nx\n${changes.join("")}\n`;
  };
  git(["init", "-q", "-b", "main"]);
  const each = [...requests(count)].map((file, i) => commit([file], 1_700_000_060 + i));
  git(["fast-import", "--quiet"], commit(policy, 1_700_000_000) + each.join(""));
  git(["reset", "-q", "--hard"]);
}

function write(dir: string, files: Iterable<readonly [string, string]>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
}

function run(dir: string, ...args: readonly string[]): { readonly seconds: number; readonly peak: number } {
  const started = performance.now();
  const report = "process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))";
  const preload = `data:text/javascript,${encodeURIComponent(report)}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", preload, cli, "validate", "--repo", dir, ...args],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  );
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`validate ended with ${status}: ${stdout.slice(0, 1000)}${stderr.slice(0, 1000)}`);
  return { seconds, peak: Number(/peak ([0-9]+)/.exec(stderr)?.[1]) / 1024 };
}

/** How long `countersign validate` takes, as a process, on an access repo of 10 000 requests. */
export function validate(count = 10_000): readonly Row[] {
  const dir = mkdtempSync(join(tmpdir(), "countersign-bench-"));
  try {
    const bare = join(dir, "files");
    const repo = join(dir, "repo");
    mkdirSync(repo);
    write(bare, [...policy, ...requests(count)]);
    build(repo, count);
    const added = "requests/aws-prod/2026-11/new.yml";
    write(repo, [[added, requestText.replace(/^start:.*\n/m, "")]]);
    const row = (what: string, folder: string, ...args: readonly string[]): Row => {
      const [first, second] = [run(folder, ...args), run(folder, ...args)];
      const peak = Math.round(Math.max(first.peak, second.peak));
      return { what: `${what}, peak ${peak} MB`, first: first.seconds * 1000, median: second.seconds * 1000 };
    };
    const log = measure(
      "git log --raw --all of that repo",
      () => {
        execFileSync("git", ["-C", repo, "log", "--raw", "--all"], { stdio: ["ignore", "ignore", "ignore"] });
      },
      2,
    );
    const history = row(`${count} requests, each merged by a commit of its own, and one new`, repo);
    return [
      row(`${count} requests in a folder without git, each judged anew`, bare),
      { ...against(history, log), goal: "a few seconds" },
      row("one file of that repo, as an editor or a hook asks", repo, added),
      log,
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
