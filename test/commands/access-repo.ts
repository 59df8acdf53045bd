import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Io } from "../../src/commands/io.ts";
import { validate, type ValidateOptions } from "../../src/commands/validate.ts";
import { codeownersText, requestText, settingsText, targetText } from "../access-repo/examples.ts";

/** A request that is fine under the policy of the examples, at any time. */
export const fine = requestText.replace(/^start:.*\n/m, "");
const policyTexts = {
  ".github/countersign.yml": settingsText,
  ".github/CODEOWNERS": codeownersText,
  "targets/aws-prod.yml": targetText,
} as const;
/** `requests/aws-prod/2026-11/<name>.yml` */
export const at = (name: string): string => `requests/aws-prod/2026-11/${name}.yml`;

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A temporary folder with an access repo. Its own name has a space, as people's folders do. */
export interface Folder {
  readonly dir: string;
  write(files: Readonly<Record<string, string | Uint8Array>>): void;
  read(path: string): string;
  git(...args: readonly string[]): string;
  /** Writes, adds and commits. */
  commit(files: Readonly<Record<string, string | Uint8Array>>): void;
  validate(options?: Partial<ValidateOptions>, io?: Partial<Io>): Promise<Run>;
  /** `validate --json`: exit code, `file:line:column CODE severity` of each finding, and the whole. */
  findings(options?: Partial<ValidateOptions>): Promise<{ code: number; found: string[]; json: Json }>;
  remove(): void;
}

export interface Json {
  readonly ok: boolean;
  readonly diagnostics: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly length: number;
    readonly severity: string;
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly fix: string | null;
    readonly merged: boolean;
  }[];
  readonly fixed: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  readonly history: string;
  readonly base: string | null;
  readonly requests: number;
  readonly policy_checked: boolean;
  readonly policy_digest: string | null;
}

const now = new Date("2026-11-23T12:00:00Z");

/** No commit here is worth that git looks for garbage after it, in a process of its own. */
const settings = ["user.name=x", "user.email=x@example.com", "maintenance.auto=false"].flatMap((one) => ["-c", one]);

/** With the policy of the examples, unless `empty`. */
export function newFolder({ empty = false } = {}): Folder {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), "countersign-commands-")));
  const dir = join(parent, "access repo");
  mkdirSync(dir);
  const env = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: devNull, GIT_CONFIG_NOSYSTEM: "1", HOME: parent };
  const git = (...args: readonly string[]): string =>
    execFileSync("git", [...settings, ...args], {
      cwd: dir,
      env,
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  const write: Folder["write"] = (files) => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), content);
    }
  };
  if (!empty) write(policyTexts);
  const run: Folder["validate"] = async (options = {}, io = {}) => {
    let out = "";
    let err = "";
    const code = await validate(
      { files: [], ...options },
      {
        out: (text) => void (out += text),
        err: (text) => void (err += text),
        cwd: dir,
        env: {},
        now: () => now,
        tty: false,
        ...io,
      },
    );
    return { code, out, err };
  };
  return {
    dir,
    write,
    git,
    read: (path) => readFileSync(join(dir, path), "utf8"),
    commit: (files) => {
      write(files);
      git("add", "--all");
      git("commit", "-q", "--allow-empty", "-m", "x");
    },
    validate: run,
    findings: async (options = {}) => {
      const { code, out } = await run({ ...options, json: true });
      const json = JSON.parse(out) as Json;
      const found = json.diagnostics.map((d) => `${d.file}:${d.line}:${d.column} ${d.code} ${d.severity}`);
      return { code, found, json };
    },
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}
