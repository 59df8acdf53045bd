import { checkRequest, finding, parseRequest, parseRequestPath } from "../access-repo/index.ts";
import type { Diagnostic, Locate, Policy, RequestFile, RequestPath, ResolvedRequest } from "../access-repo/types.ts";
import { requestOversize } from "../plan/index.ts";
import { gitMode } from "./git-objects.ts";
import type { History } from "./history.ts";
import type { FileOnDisk } from "./place-reader.ts";

/**
 * `merged`: the base has this very file. `changed`: it has another under this name. `perhaps`: committed, and nothing tells
 * whether it is merged. `new` otherwise.
 */
export type RequestState = "merged" | "changed" | "perhaps" | "new";

/** One request file with what is wrong with it, and what it asks for where nothing is. */
export interface JudgedRequest {
  readonly file: FileOnDisk;
  readonly state: RequestState;
  readonly diagnostics: readonly Diagnostic[];
  /** Of requests that are not merged and parse: for checks that need no policy, or another part of it. */
  readonly parsed?: { readonly file: RequestFile; readonly at: Locate; readonly path: RequestPath };
  /** Of requests that are not merged: with the positions of their parts, for checks of several together. */
  readonly resolved?: { readonly request: ResolvedRequest; readonly at: Locate };
}

const start = { line: 1, column: 1, length: 1 };

function stateOf({ path, oids, mode }: FileOnDisk, { merged, committed }: History): RequestState {
  const base = merged?.get(path);
  if (base !== undefined) return oids.some((oid) => base.has(`${mode.toString(8)} ${oid}`)) ? "merged" : "changed";
  return committed?.has(path) === true ? "perhaps" : "new";
}

/**
 * Judges one request as the check run does, as far as that needs no GitHub: the named workflow, the requester's permissions
 * and the owner's id are not known here. Without a policy only the file itself is judged. Never throws.
 */
export function judgeRequest(file: FileOnDisk, history: History, policy: Policy | undefined, now: Date): JudgedRequest {
  const state = stateOf(file, history);
  const judged = (diagnostics: readonly Diagnostic[]): JudgedRequest => ({ file, state, diagnostics });
  const path = parseRequestPath(file.path);
  if (path === undefined || file.mode !== gitMode.plainFile) {
    const message = `A request is a plain file; this is ${modeName(file.mode)}.`;
    return judged([finding("CS2001", file.path, start, message)]);
  }
  if (state === "changed") {
    const message = `${history.base ?? "The default branch"} has another version of this file.`;
    return judged([finding("CS4002", file.path, start, message)]);
  }
  const found: Diagnostic[] = [];
  if (state !== "merged" && history.used?.has(file.path)) found.push(usedBefore(file.path, history));
  const parsed = parseRequest(file.text, file.path);
  found.push(...parsed.diagnostics);
  if (!parsed.ok || policy === undefined) return judged(found);
  const { at } = parsed;
  const merged = state === "merged";
  const known = merged ? {} : { parsed: { file: parsed.value, at, path } };
  const checked = checkRequest({ file: parsed.value, path, at, policy, now, merged });
  found.push(...checked.diagnostics);
  if (!checked.ok) return { ...judged(found), ...known };
  const tooLong = requestOversize(checked.value);
  if (tooLong !== undefined) found.push(finding("CS2030", file.path, at(["role"]), tooLong));
  return merged ? judged(found) : { ...judged(found), ...known, resolved: { request: checked.value, at } };
}

/** C33: the path names the request in grants and records, so a revoked or ended one is not asked for again under its name. */
function usedBefore(path: string, { base, used }: History): Diagnostic {
  const numbered = (number: number): string => path.replace(/\.yml$/, `-${number}.yml`);
  let number = 2;
  while (used?.has(numbered(number))) number++;
  const free = numbered(number);
  const hint = parseRequestPath(free) === undefined ? undefined : `Rename it, for example to ${free}.`;
  return finding("CS2026", path, start, `${base} has had a file of this name before.`, { hint });
}

function modeName(mode: number): string {
  if (mode === gitMode.link) return "a symbolic link, which is not followed";
  if (mode === gitMode.executable) return "executable (git mode 100755)";
  if (mode === gitMode.submodule) return "another git repository";
  return `of git mode ${mode.toString(8)}`;
}
