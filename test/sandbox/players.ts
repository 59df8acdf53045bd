import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Octokit } from "@octokit/rest";
import { run } from "./processes/index.ts";

/** git as a person's machine has it, without this machine's own settings. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run({
    command: "git",
    args,
    cwd,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: cwd,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
    },
  });
  if (code !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.trim() || `exit ${code}`}`);
  return stdout.toString("utf8").trim();
}

/** One of the local GitHub's accounts, with a clone of the access repo and an API client, and nothing that a person has not. */
export class Player {
  readonly login: string;
  readonly api: Octokit;
  readonly #cloneUrl: string;
  readonly #dir: string;

  constructor(o: { login: string; id: number; token: string; apiUrl: string; cloneUrl: string; dir: string }) {
    this.login = o.login;
    this.api = new Octokit({ auth: o.token, baseUrl: o.apiUrl, log: { debug() {}, info() {}, warn() {}, error() {} } });
    const url = new URL(o.cloneUrl);
    url.username = o.login;
    url.password = o.token;
    this.#cloneUrl = url.href;
    this.#dir = path.join(o.dir, o.login);
    this.email = `${o.id}+${o.login}@users.noreply.github.com`;
  }
  readonly email: string;

  /** The person's clone, made at first use and brought up to date with main. */
  async clone(): Promise<string> {
    await mkdir(path.dirname(this.#dir), { recursive: true });
    try {
      await git(this.#dir, "fetch", "-q", "origin");
    } catch {
      await git(path.dirname(this.#dir), "clone", "-q", this.#cloneUrl, this.#dir);
      await git(this.#dir, "config", "user.name", this.login);
      await git(this.#dir, "config", "user.email", this.email);
    }
    return this.#dir;
  }

  /** Commits files (null deletes) on a branch and pushes it. `from`: start the branch there; absent: go on with the branch. */
  async push(
    branch: string,
    files: Readonly<Record<string, string | null>>,
    options: { from?: string; message?: string; author?: { name: string; email: string } } = {},
  ): Promise<string> {
    const dir = await this.clone();
    await git(
      dir,
      "checkout",
      "-q",
      ...(options.from ? ["-B", branch, options.from] : ["-B", branch, `origin/${branch}`]),
    );
    for (const [file, content] of Object.entries(files)) {
      const full = path.join(dir, file);
      if (content === null) await git(dir, "rm", "-q", file);
      else {
        await mkdir(path.dirname(full), { recursive: true });
        await writeFile(full, content);
        await git(dir, "add", file);
      }
    }
    const author = options.author ? ["--author", `${options.author.name} <${options.author.email}>`] : [];
    await git(dir, "commit", "-q", "-m", options.message ?? `Change ${Object.keys(files).join(", ")}`, ...author);
    await git(dir, "push", "-q", "--force-with-lease", "origin", branch);
    return git(dir, "rev-parse", "HEAD");
  }
}
