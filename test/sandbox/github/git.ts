import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import path from "node:path";

import { run } from "../processes/index.ts";
import { type FileChange, readDiff } from "./git-diff.ts";
import { type Commit, type GitObject, parseCommit, parseTree, type Signature, type TreeEntry } from "./git-objects.ts";

export type { FileChange } from "./git-diff.ts";
export type { Commit, Signature, TreeEntry } from "./git-objects.ts";

export const ZERO = "0".repeat(40);

/** Hermetic: the machine's own git configuration must not decide how the simulator merges, renames or signs. */
export function gitEnv(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: home,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
}

export class GitError extends Error {
  readonly code: number;
  readonly stdout: string;
  constructor(args: readonly string[], code: number, stdout: string, stderr: string) {
    super(`git ${args.join(" ")}: ${stderr.trim() || `exit ${code}`}`);
    this.name = "GitError";
    this.code = code;
    this.stdout = stdout;
  }
}

export interface TreeChange {
  readonly path: string;
  readonly mode: string;
  /** null removes the path. */
  readonly oid: string | null;
}

/** One bare repository, by plumbing commands only. Objects are read through one long-lived `cat-file --batch`. */
export class Git {
  readonly dir: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #objects = new Map<string, GitObject>();
  readonly #answers = new Map<string, unknown>();
  #batch: ChildProcessWithoutNullStreams | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  readonly #waiting: { resolve: (o: GitObject | null) => void; reject: (e: Error) => void }[] = [];

  constructor(dir: string) {
    this.dir = dir;
    this.#env = gitEnv(path.dirname(dir));
  }

  async run(
    args: readonly string[],
    o: { input?: string | Buffer; env?: NodeJS.ProcessEnv; ok?: readonly number[] } = {},
  ): Promise<string> {
    return (await this.raw(args, o)).toString("utf8");
  }

  async raw(
    args: readonly string[],
    o: { input?: string | Buffer; env?: NodeJS.ProcessEnv; ok?: readonly number[] } = {},
  ): Promise<Buffer> {
    const { code, stdout, stderr } = await run({
      command: "git",
      args: ["--git-dir", this.dir, ...args],
      env: { ...this.#env, ...o.env },
      ...(o.input !== undefined && { input: o.input }),
    });
    if (code === 0 || (code !== null && o.ok?.includes(code))) return stdout;
    throw new GitError(args, code ?? -1, stdout.toString("utf8"), stderr);
  }

  /** The object that a revision names (`main:path`, `refs/heads/x^{commit}`, an oid), or null. */
  async object(revision: string): Promise<GitObject | null> {
    const known = this.#objects.get(revision);
    if (known) return known;
    if (/[\n\r\0]/.test(revision) || revision.startsWith("-") || revision === "") return null;
    const found = await new Promise<GitObject | null>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#reader().stdin.write(`${revision}\n`);
    });
    if (found && found.content.length < 1_000_000) {
      if (this.#objects.size > 5000) this.#objects.clear();
      this.#objects.set(found.oid, found);
    }
    return found;
  }

  #reader(): ChildProcessWithoutNullStreams {
    if (this.#batch) return this.#batch;
    const child = spawn("git", ["--git-dir", this.dir, "cat-file", "--batch"], { env: this.#env });
    this.#batch = child;
    this.#buffer = Buffer.alloc(0);
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (d: Buffer) => {
      this.#buffer = this.#buffer.length === 0 ? d : Buffer.concat([this.#buffer, d]);
      this.#drain();
    });
    child.on("close", () => {
      if (this.#batch === child) this.#batch = undefined;
      for (const w of this.#waiting.splice(0)) w.reject(new Error("git cat-file ended"));
    });
    return child;
  }

  #drain(): void {
    for (;;) {
      const eol = this.#buffer.indexOf(10);
      if (eol < 0) return;
      const head = this.#buffer.subarray(0, eol).toString("utf8");
      const match = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec(head);
      if (!match) {
        this.#buffer = this.#buffer.subarray(eol + 1);
        this.#waiting.shift()?.resolve(null); // "<rev> missing" or "ambiguous"
        continue;
      }
      const size = Number(match[3]);
      if (this.#buffer.length < eol + 1 + size + 1) return;
      const content = Buffer.from(this.#buffer.subarray(eol + 1, eol + 1 + size));
      this.#buffer = this.#buffer.subarray(eol + 1 + size + 1);
      this.#waiting.shift()?.resolve({ oid: match[1] as string, type: match[2] as string, content });
    }
  }

  async resolve(revision: string): Promise<string | null> {
    return (await this.object(revision))?.oid ?? null;
  }

  async commit(revision: string): Promise<Commit | null> {
    const o = await this.object(`${revision}^{commit}`);
    return o ? parseCommit(o) : null;
  }

  async mustCommit(revision: string): Promise<Commit> {
    const c = await this.commit(revision);
    if (!c) throw new Error(`no commit ${revision} in ${this.dir}`);
    return c;
  }

  async tree(revision: string): Promise<readonly TreeEntry[] | null> {
    // `rev:path^{tree}` would look for a path that ends in `^{tree}`.
    const o = await this.object(revision.includes(":") ? revision : `${revision}^{tree}`);
    return o?.type === "tree" ? parseTree(o.content) : null;
  }

  /** The entry at a path below a tree-ish, with its mode, which `rev:path` alone does not tell. */
  async entry(revision: string, file: string): Promise<TreeEntry | null> {
    const parts = file.split("/");
    let at = await this.tree(revision);
    for (const [i, part] of parts.entries()) {
      const found = at?.find((e) => e.name === part);
      if (!found) return null;
      if (i === parts.length - 1) return found;
      if (found.type !== "tree") return null;
      at = await this.tree(found.oid);
    }
    return null;
  }

  /** Read from the files: no process per look. Nothing here packs refs, but a file of packed ones is honoured. */
  async refs(prefix: string): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const packed = await readFile(path.join(this.dir, "packed-refs"), "utf8").catch(() => "");
    for (const m of packed.matchAll(/^([0-9a-f]{40}) (refs\/\S+)$/gm)) found.set(m[2] ?? "", m[1] ?? "");
    const files = await readdir(path.join(this.dir, "refs"), { recursive: true, withFileTypes: true });
    await Promise.all(
      files
        .filter((f) => f.isFile() && !f.name.endsWith(".lock"))
        .map(async (f) => {
          const file = path.join(f.parentPath, f.name);
          const oid = await readFile(file, "utf8").catch(() => "");
          if (/^[0-9a-f]{40}\n$/.test(oid)) found.set(path.relative(this.dir, file), oid.trim());
        }),
    );
    const wanted = [...found].filter(([r]) => r.startsWith(prefix));
    return new Map(wanted.sort(([x], [y]) => (x < y ? -1 : 1)));
  }

  /** Compare-and-swap; `old` ZERO means it must not exist, `next` ZERO deletes. */
  async updateRef(ref: string, next: string, old: string): Promise<void> {
    await this.run(next === ZERO ? ["update-ref", "-d", ref, old] : ["update-ref", ref, next, old]);
  }

  /** Answers about commits by id never change. */
  async #once<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#answers.has(key)) return this.#answers.get(key) as T;
    const value = await work();
    if (this.#answers.size > 5000) this.#answers.clear();
    this.#answers.set(key, value);
    return value;
  }

  mergeBase(a: string, b: string): Promise<string | null> {
    return this.#once(`base ${a} ${b}`, () => this.#mergeBase(a, b));
  }

  async #mergeBase(a: string, b: string): Promise<string | null> {
    const out = await this.run(["merge-base", a, b], { ok: [1] });
    return out.trim() === "" ? null : out.trim();
  }

  async isAncestor(a: string, b: string): Promise<boolean> {
    if (a === b || (await this.commit(b))?.parents.includes(a)) return true;
    return this.#once(`ancestor ${a} ${b}`, () => this.#isAncestor(a, b));
  }

  async #isAncestor(a: string, b: string): Promise<boolean> {
    try {
      await this.run(["merge-base", "--is-ancestor", a, b]);
      return true;
    } catch (e) {
      if (e instanceof GitError && e.code === 1) return false;
      throw e;
    }
  }

  async list(args: readonly string[]): Promise<string[]> {
    const fixed = args.every((a) =>
      /^(\^?[0-9a-f]{40}(\.\.[0-9a-f]{40})?|--(reverse|topo-order|first-parent|ancestry-path|max-count=\d+))$/.test(a),
    );
    return fixed ? this.#once(`list ${args.join(" ")}`, () => this.#list(args)) : this.#list(args);
  }

  async #list(args: readonly string[]): Promise<string[]> {
    const out = await this.run(["rev-list", ...args]);
    return out.split("\n").filter((l) => l !== "");
  }

  /** Changes from tree-ish a to b, renames found as GitHub does (similarity of half). */
  diff(a: string, b: string): Promise<readonly FileChange[]> {
    return this.#once(`diff ${a} ${b}`, () => readDiff((args) => this.run(args), a, b, true));
  }

  /** The same files without counts and patches: one process instead of three. */
  changes(a: string, b: string): Promise<readonly FileChange[]> {
    return this.#once(`changes ${a} ${b}`, () => readDiff((args) => this.run(args), a, b, false));
  }

  /** Writes a loose object, as `hash-object -w` would, without a process. */
  async #write(type: string, content: Buffer): Promise<string> {
    const whole = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
    const oid = createHash("sha1").update(whole).digest("hex");
    const file = path.join(this.dir, "objects", oid.slice(0, 2), oid.slice(2));
    const temporary = path.join(this.dir, "objects", `tmp_obj_${randomUUID()}`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(temporary, await squeeze(whole), { mode: 0o444 });
    await rename(temporary, file);
    return oid;
  }

  writeBlob(content: Buffer | string): Promise<string> {
    return this.#write("blob", Buffer.from(content as string));
  }

  /** One file's change, the usual case, tree by tree; null where the index must sort it out. */
  async #putOne(base: string | null, change: TreeChange): Promise<string | null> {
    if (change.oid === null || change.mode === "040000") return null;
    const put = async (tree: string | null, parts: readonly string[]): Promise<string | null> => {
      const entries = tree === null ? [] : await this.tree(tree);
      const [name = "", ...rest] = parts;
      const old = entries?.find((e) => e.name === name);
      if (!entries || (old && (old.type === "tree") !== rest.length > 0)) return null;
      const oid = rest.length === 0 ? change.oid : await put(old?.oid ?? null, rest);
      if (oid === null) return null;
      const mode = rest.length === 0 ? change.mode : "040000";
      const next = [...entries.filter((e) => e !== old), { name, oid, mode, type: "blob" as const }];
      // git sorts bytes, and a folder as if its name ended in a slash.
      const key = (e: { name: string; mode: string }) => Buffer.from(e.mode === "040000" ? `${e.name}/` : e.name);
      next.sort((x, y) => Buffer.compare(key(x), key(y)));
      const line = (e: { name: string; mode: string; oid: string }) =>
        Buffer.concat([Buffer.from(`${e.mode.replace(/^0/, "")} ${e.name}\0`), Buffer.from(e.oid, "hex")]);
      return this.#write("tree", Buffer.concat(next.map(line)));
    };
    return put(base, change.path.split("/"));
  }

  async writeTree(base: string | null, changes: readonly TreeChange[]): Promise<string> {
    const quick = changes.length === 1 && changes[0] ? await this.#putOne(base, changes[0]) : null;
    if (quick !== null) return quick;
    const index = path.join(path.dirname(this.dir), `index-${randomUUID()}`);
    const env = { GIT_INDEX_FILE: index };
    try {
      if (base) await this.run(["read-tree", base], { env });
      const lines = changes.map((c) => (c.oid === null ? `0 ${ZERO}\t${c.path}\0` : `${c.mode} ${c.oid}\t${c.path}\0`));
      await this.run(["update-index", "-z", "--add", "--replace", "--index-info"], { env, input: lines.join("") });
      return (await this.run(["write-tree"], { env })).trim();
    } finally {
      rmSync(index, { force: true });
    }
  }

  commitTree(o: {
    tree: string;
    parents: readonly string[];
    message: string;
    author: Signature;
    committer: Signature;
  }): Promise<string> {
    const person = (p: Signature) =>
      // Angle brackets and line ends would forge headers; git drops them too.
      `${clean(p.name)} <${clean(p.email)}> ${Math.floor(p.date.getTime() / 1000)} +0000`;
    const lines = [
      `tree ${o.tree}`,
      ...o.parents.map((p) => `parent ${p}`),
      `author ${person(o.author)}`,
      `committer ${person(o.committer)}`,
      "",
      o.message.endsWith("\n") ? o.message : `${o.message}\n`,
    ];
    return this.#write("commit", Buffer.from(lines.join("\n")));
  }

  /** The tree of merging `theirs` into `ours`, or null on a conflict. */
  mergeTree(ours: string, theirs: string): Promise<string | null> {
    return this.#once(`merge ${ours} ${theirs}`, () => this.#mergeTree(ours, theirs));
  }

  async #mergeTree(ours: string, theirs: string): Promise<string | null> {
    try {
      const out = await this.run(["merge-tree", "--write-tree", "--no-messages", ours, theirs]);
      return out.split("\n")[0] ?? null;
    } catch (e) {
      if (e instanceof GitError && e.code === 1) return null;
      throw e;
    }
  }

  async close(): Promise<void> {
    const child = this.#batch;
    if (!child) return;
    await new Promise<void>((done) => {
      child.on("close", () => done());
      child.stdin.end();
    });
  }
}

const squeeze = promisify(deflate);

function clean(text: string): string {
  return text.replaceAll(/[<>\r\n\0]/g, "").trim();
}
